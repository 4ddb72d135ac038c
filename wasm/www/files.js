// Files in and out: limits, choosing, dropping, saving.

import { el } from './dom.js';

export const LIMITS = {
  text: { bytes: 10_000_000, said: '10 MB', thing: 'a text' },
  document: { bytes: 100_000_000, said: '100 MB', thing: 'a document' },
  key: { bytes: 4_000, said: '4 kB', thing: 'a key file' },
  profile: { bytes: 100_000, said: '100 kB', thing: 'a profile' },
};

/** Paths of the files that came in a dropped folder. */
const paths = new WeakMap();

/** The name of a file, with its path if it came in a folder. */
export const nameOf = file => paths.get(file) ?? (file.webkitRelativePath || file.name);

/** Throws an Error that names the limit, if a file is beyond it. */
export function checkSize(file, { bytes, said, thing }) {
  if (file.size <= bytes) return;
  // Where it is over by little, rounding would have it at the limit.
  const size = sizeOf(file.size) === sizeOf(bytes) ? `${file.size.toLocaleString('en-GB')} bytes` : sizeOf(file.size);
  throw new Error(`${nameOf(file)} has ${size}; the limit for ${thing} is ${said}`);
}

export async function bytesOf(file) {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Error(`${nameOf(file)} cannot be read: it was moved or changed since, or is no file`);
  }
}

/** What was dropped, with the files in dropped folders, in the order of their paths. Hidden files are left out. */
export async function filesOf(transfer) {
  // The entries are there only until the first pause.
  const entries = [...transfer.items].flatMap(item => item.webkitGetAsEntry?.() ?? []);
  if (!entries.some(entry => entry.isDirectory)) return [...transfer.files];
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

async function walk(entry, found) {
  if (entry.name.startsWith('.')) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    paths.set(file, entry.fullPath.replace(/^\//, ''));
    found.push(file);
    return;
  }
  const reader = entry.createReader();
  // A reader gives a hundred at a time, and none at the end.
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const inner of some) await walk(inner, found);
  }
}

export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(bytes < 1e5 ? 1 : 0)} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
}

/** Lets `button` open files through the hidden `input`; `take` gets the list of them. */
export function acceptFiles({ button, input, take }) {
  button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const files = [...input.files];
    // The same file may be chosen again, after a change.
    input.value = '';
    if (files.length > 0) take(files);
  });
}

/** Takes what is dropped anywhere on the page, which must not be left for it; `zone` shows that it may be. */
export function acceptDrops(zone, take) {
  let depth = 0;
  const show = event => {
    const isFiles = event.dataTransfer?.types.includes('Files');
    depth = event.type === 'drop' || !isFiles ? 0 : Math.max(0, depth + (event.type === 'dragenter' ? 1 : -1));
    zone.classList.toggle('dropping', depth > 0);
  };
  for (const name of ['dragenter', 'dragleave']) addEventListener(name, show);
  addEventListener('dragover', event => event.preventDefault());
  addEventListener('drop', async event => {
    event.preventDefault();
    show(event);
    const files = event.dataTransfer ? await filesOf(event.dataTransfer) : [];
    if (files.length > 0) take(files);
  });
}

/** Offers a Blob as a download. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = el('a', { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Puts text on the clipboard; false where the browser does not let us. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

// Without a secure context there is no clipboard but the old way.
function copyBySelection(text) {
  const area = el('textarea', { value: text, class: 'unseen', 'aria-hidden': 'true' });
  document.body.append(area);
  const focused = document.activeElement;
  area.select();
  const isDone = document.execCommand('copy');
  area.remove();
  focused?.focus?.();
  return isDone;
}
