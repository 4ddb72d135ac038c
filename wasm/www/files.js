// Files in and out: limits, choosing, dropping, saving.

import { el } from './dom.js';

export const LIMITS = {
  text: { bytes: 10_000_000, said: '10 MB', thing: 'a text' },
  tokenizer: { bytes: 100_000_000, said: '100 MB', thing: 'a tokenizer.json' },
  key: { bytes: 4_000, said: '4 kB', thing: 'a key file' },
  profile: { bytes: 100_000, said: '100 kB', thing: 'a profile' },
};

/** Profiles are known by their names, wherever they are dropped. */
export const isProfile = file => /\.profile\.json$/i.test(file.name);

/** Throws an Error that names the limit, if a file is beyond it. */
export function checkSize(file, { bytes, said, thing }) {
  if (file.size <= bytes) return;
  // Where it is over by little, rounding would have it at the limit.
  const size = sizeOf(file.size) === sizeOf(bytes) ? `${file.size.toLocaleString('en-GB')} bytes` : sizeOf(file.size);
  throw new Error(`${file.name} has ${size}; the limit for ${thing} is ${said}`);
}

export async function bytesOf(file) {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Error(`${file.name} cannot be read: it is a folder, or was moved or changed since`);
  }
}

export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(bytes < 1e5 ? 1 : 0)} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
}

/** Lets `button` open files through the hidden `input`, and `zone` take dropped ones; `take` gets the list of them. */
export function acceptFiles({ button, input, zone, take }) {
  button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const files = [...input.files];
    // The same file may be chosen again, after a change.
    input.value = '';
    if (files.length > 0) take(files);
  });
  if (!zone) return;
  let depth = 0;
  const isFiles = event => event.dataTransfer?.types.includes('Files');
  zone.addEventListener('dragenter', event => {
    if (!isFiles(event)) return;
    event.preventDefault();
    depth += 1;
    zone.classList.add('dropping');
  });
  zone.addEventListener('dragover', event => {
    if (!isFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
  });
  zone.addEventListener('dragleave', event => {
    if (!isFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (depth === 0) zone.classList.remove('dropping');
  });
  zone.addEventListener('drop', event => {
    depth = 0;
    zone.classList.remove('dropping');
    if (!isFiles(event)) return;
    event.preventDefault();
    const files = [...event.dataTransfer.files];
    // With a profile come the files that belong to it: the page sorts them.
    if (files.some(isProfile)) return;
    event.stopPropagation();
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
