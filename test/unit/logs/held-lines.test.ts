import { describe, expect, it } from 'vitest';
import { LogBook } from '../../../src/logs/counting/log-book.ts';
import { ndjson } from '../../../src/logs/ways/ndjson.ts';
import { textFiles } from '../../../src/logs/ways/text.ts';
import { heapBytes } from '../../support/held-bytes.ts';

const T0 = 1_800_000_000_000;
const WATCHED = { stable: 'v1', canary: 'v2', epoch: 1, since: T0 - 60_000 };
const LINES = 500;
const LINE_BYTES = 60_000;

/** Words that no other line has, none of which is masked. */
function wordsOf(at: number): string {
  const letters = Array.from(String(at), (digit) => String.fromCharCode(97 + Number(digit))).join('');
  return ['first', 'second', 'third'].map((word) => `${letters}withalong${word}word`).join(' ');
}

/** Lines of 60 KB: a message that long, and a short one beside a field that long. */
const WAYS = [
  [
    'JSON',
    ndjson,
    (words: string) => JSON.stringify({ level: 'error', message: words.padEnd(LINE_BYTES, ' and so on,') }),
  ],
  ['text', textFiles, (words: string) => `level=error msg="${words}" rest=${'x'.repeat(LINE_BYTES)}`],
] as const;

describe('what outlives long lines', () => {
  it.each(WAYS)('of %s is their templates and examples, and nothing of the rest', (_, way, lineWith) => {
    const book = new LogBook();
    book.begin({ route: 'shop', watched: WATCHED }, T0);
    const before = heapBytes();
    let counted = 0;
    for (let at = 0; at < LINES; at++) {
      way.read(Buffer.from(lineWith(wordsOf(at))), {
        wants: () => true,
        unread: () => {},
        line: (line) => {
          if (book.add('shop', line, 'v1', T0).outcome === 'counted') counted += 1;
        },
        fault: () => {},
      });
    }
    expect(counted).toBe(LINES);
    expect(heapBytes() - before).toBeLessThan((LINES * LINE_BYTES) / 5);
    expect(book.isWatched('shop', T0)).toBe(true);
  });
});
