const COLON = 0x3a;
const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;

/** tchar of RFC 9110 section 5.6.2. */
const IN_NAME = tableOf("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

/**
 * Reads field lines (RFC 9112 section 5) from `at` to `end` of a latin1 text, each ended by CRLF, as names and values by
 * turns. Null for anything else: obs-fold, a bare CR or LF, space before the colon, a control character in a value.
 */
export function readFieldLines(text: string, at: number, end: number): string[] | null {
  const fields: string[] = [];
  for (let from = at; from < end; ) {
    let colon = from;
    while (IN_NAME[text.charCodeAt(colon)] === 1) colon++;
    if (colon === from || text.charCodeAt(colon) !== COLON) return null;
    let stop = colon + 1;
    let code = text.charCodeAt(stop);
    while ((code >= SPACE && code !== 0x7f) || code === TAB) code = text.charCodeAt(++stop);
    if (code !== CR || text.charCodeAt(stop + 1) !== LF || stop >= end) return null;
    fields.push(text.slice(from, colon), trimmed(text, colon + 1, stop));
    from = stop + 2;
  }
  return fields;
}

/** Without the optional white space around a value. */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
