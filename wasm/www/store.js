// Tokenizers that the reader opened, kept in this browser (IndexedDB). Keys are never kept.

const NAME = 'greenmark';
const STORE = 'tokenizers';

let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'fingerprint' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('another tab holds the store'));
  });
  // A failure may pass: the next call tries again.
  opened.catch(() => {
    opened = null;
  });
  return opened;
}

async function transact(mode, act) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, mode);
    const request = act(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error ?? new Error('no room'));
  });
}

/** [{ fingerprint, name, vocabSize, blob }], by name. */
export const remembered = async () =>
  (await transact('readonly', store => store.getAll())).sort((a, b) => a.name.localeCompare(b.name));
export const remember = tokenizer => transact('readwrite', store => store.put(tokenizer));
export const forget = fingerprint => transact('readwrite', store => store.delete(fingerprint));
