// Verdicts as a table for a spreadsheet.

export const HEAD = row(['line', 'name', 'verdict', 'p', 'ln_p', 'tokens', 'counted', 'score', 'profile', 'key', 'scheme', 'tokenizer', 'not read']);

/** The row of a text. */
export function verdictRow(number, evidence, p) {
  const { id, verdict, ln_p: lnP, tokens, scored, score, profile, key_id: key, scheme, tokenizer } = evidence;
  return row([number, id, verdict.replaceAll('_', ' '), p, lnP, tokens, scored, score, profile ?? '', key, scheme, tokenizer?.name ?? '', '']);
}

/** The row of a line that could not be read. */
export const errorRow = (number, error) => row([number, '', '', '', '', '', '', '', '', '', '', '', error]);

function row(cells) {
  return `${cells.map(cell).join(',')}\r\n`;
}

function cell(value) {
  if (typeof value === 'number') return String(value);
  // A spreadsheet takes a text that begins so for a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
