import { LONGEST_LINE_BYTES } from '../lines/log-line.ts';

const NEWLINE = 0x0a;

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
