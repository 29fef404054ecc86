import { LONGEST_LINE_BYTES } from '../lines/log-line.ts';

const NEWLINE = 0x0a;

/** How many lines a batch has, whatever is in them. */
export function linesIn(bytes: Buffer): number {
  let lines = bytes.length > 0 && bytes.at(-1) !== NEWLINE ? 1 : 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

/** The lines of a batch that are not blank, invalid UTF-8 replaced; null for one that is too long, which is not decoded. */
export function* textLines(bytes: Buffer): Generator<string | null> {
  let start = 0;
  while (start < bytes.length) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found < 0 ? bytes.length : found;
    if (end - start > LONGEST_LINE_BYTES) yield null;
    else if (end > start) {
      const text = bytes.toString('utf8', start, end).trimEnd();
      if (text !== '') yield text;
    }
    start = end + 1;
  }
}
