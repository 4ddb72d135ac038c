// JSON Lines as `greenmark detect` reads them: one object a line with `text` or `tokens`, and
// perhaps `id`.

import { invalidFrom } from './utf8.js';

export const MAX_LINE = 10_000_000;

/**
 * The lines of a stream of bytes that are not blank: { number, start, end, bytes }, `bytes` being null where a line is too long to be
 * kept. Offsets are of bytes in the stream.
 */
export async function* splitLines(stream, max = MAX_LINE) {
  const reader = stream.getReader();
  let number = 1;
  let start = 0;
  let position = 0;
  let parts = [];
  let kept = 0;
  let tooLong = false;
  const take = part => {
    kept += part.length;
    if (kept > max) {
      tooLong = true;
      parts = [];
    } else if (part.length > 0) parts.push(part);
  };
  const line = end => {
    const bytes = tooLong ? null : join(parts, kept);
    const whole = { number, start, end, bytes };
    number += 1;
    parts = [];
    kept = 0;
    tooLong = false;
    return whole;
  };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      let from = 0;
      for (let newline = value.indexOf(10); newline !== -1; newline = value.indexOf(10, from)) {
        take(value.subarray(from, newline));
        const whole = line(position + newline);
        from = newline + 1;
        start = position + from;
        if (!isBlank(whole.bytes)) yield whole;
      }
      // A copy: the rest of a chunk must not keep the chunk.
      take(value.slice(from));
      position += value.length;
    }
    if (kept > 0) {
      const whole = line(position);
      if (!isBlank(whole.bytes)) yield whole;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function join(parts, length) {
  if (parts.length === 1) return parts[0];
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const isBlank = bytes => bytes !== null && bytes.every(byte => byte === 32 || (byte >= 9 && byte <= 13));

/** The text of a line: { id, text } or { id, ids }. Throws an Error that says what is wrong with it. */
export function parseLine({ number, bytes }, max = MAX_LINE) {
  if (bytes === null) throw new Error(`longer than ${(max / 1e6).toLocaleString('en-GB')} MB`);
  let line;
  try {
    line = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error(`not valid UTF-8 from byte ${invalidFrom(bytes)} of the line on`);
  }
  if (line.startsWith('\ufeff')) throw new Error('begins with a byte-order mark (BOM): save the file as UTF-8 without one');
  if (!line.trimStart().startsWith('{')) throw new Error('not a JSON object');
  let object;
  try {
    object = JSON.parse(line);
  } catch (error) {
    throw new Error(`not valid JSON: ${shorten(error.message)}`);
  }
  // A document of a list that the page made, and could not read.
  if (typeof object.unread === 'string') throw new Error(object.unread);
  const id = idOf(object.id ?? null, number);
  const text = object.text ?? null;
  const ids = object.tokens ?? null;
  if (text !== null && typeof text !== 'string') throw new Error('`text` must be a string');
  if (ids !== null && !(Array.isArray(ids) && ids.every(isTokenId))) {
    throw new Error('`tokens` must be a list of token ids from 0 to 4294967295');
  }
  if (text !== null) return { id, text };
  if (ids !== null) return { id, ids: Uint32Array.from(ids) };
  throw new Error('neither `text` nor `tokens`');
}

function idOf(id, number) {
  if (id === null) return String(number);
  if (typeof id === 'string') return id;
  if (!Number.isInteger(id) || id < 0) throw new Error('`id` must be a string or a whole number');
  if (!Number.isSafeInteger(id)) throw new Error('`id` is too large a number to be read exactly: write it as a string');
  return String(id);
}

// JSON.parse makes one number of 1, 1.0 and 1e0, so those are taken here; the command refuses what
// is not written as a whole number.
const isTokenId = id => Number.isInteger(id) && id >= 0 && id <= 0xffffffff;

// What a message quotes may be long.
const shorten = message => (message.length > 160 ? `${message.slice(0, 80)} … ${message.slice(-79)}` : message);

/** Whether a text that came without a name is JSON Lines by its first line. */
export function looksLikeLines(text) {
  const first = text.trimStart().slice(0, 100_000).split('\n', 1)[0];
  if (!first.startsWith('{')) return false;
  try {
    const { text, tokens } = JSON.parse(first);
    return typeof text === 'string' || Array.isArray(tokens);
  } catch {
    return false;
  }
}
