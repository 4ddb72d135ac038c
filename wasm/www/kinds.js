// What an opened file is: told by its first bytes, and by its name where these are not enough.

/** Bytes in which a file's kind shows. */
const START = 4096;

/** The kind of a file: `profile`, `key`, `tokenizer`, `lines` or `document`. */
export async function kindOf(file) {
  const start = await startOf(file);
  if (/\.profile\.json$/i.test(file.name) || /^\s*\{[^]*"greenmark"\s*:\s*"profile\//.test(start)) return 'profile';
  if (/\.key$/i.test(file.name) || /^\s*gmk1[0-9a-f]{20}/i.test(start)) return 'key';
  if (/\.gguf$/i.test(file.name) || start.startsWith('GGUF')) return 'tokenizer';
  if (/tokenizer.*\.json$/i.test(file.name) || /^\s*\{[^]*"(added_tokens|pre_tokenizer)"\s*:/.test(start)) return 'tokenizer';
  return /\.(jsonl|ndjson)$/i.test(file.name) ? 'lines' : 'document';
}

/** The first characters; none where the file cannot be read, which is said when it is read whole. */
async function startOf(file) {
  try {
    return new TextDecoder().decode(await file.slice(0, START).arrayBuffer());
  } catch {
    return '';
  }
}
