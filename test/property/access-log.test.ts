import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccessEnd, AccessLog, type AccessNote } from '../../src/gateway/measure/access-log.ts';
import { noFaults } from '../support/gateway.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary-ascii' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) }),
);
const plain = fc.constantFrom('GET', 'POST', 'M-SEARCH');

const note: fc.Arbitrary<AccessNote> = fc.record({
  route: text,
  version: text,
  method: plain,
  path: fc.oneof(
    text,
    text.map((part) => part.repeat(3_000)),
  ),
  requestId: text,
  client: fc.constantFrom('127.0.0.1', '2001:db8::1'),
});

const end: fc.Arbitrary<AccessEnd> = fc.record({
  outcome: fc.constantFrom('complete', 'unanswered', 'client-gone', 'refused'),
  track: fc.constantFrom('stable', 'canary'),
  by: fc.constantFrom('weight', 'force', 'consumer'),
  status: fc.integer({ min: 0, max: 999 }),
  ms: fc.double({ min: 0, max: 1e7, noNaN: true }),
});

describe('the access log', () => {
  it('says in JSON exactly what it was told, whatever that was', () => {
    const requests = fc.array(fc.tuple(note, end, fc.integer({ min: 0, max: 4e12 })), { maxLength: 20 });
    fc.assert(
      fc.property(requests, (told) => {
        const batches: Uint8Array[] = [];
        let now = 0;
        const log = new AccessLog({ write: (lines) => void batches.push(lines), sample: 1 }, () => now, noFaults);
        for (const [asked, ended, at] of told) {
          now = at;
          log.add(asked, ended);
        }
        log.flush();
        for (const batch of batches) expect(batch.at(-1)).toBe(0x0a);
        const lines = Buffer.concat(batches).toString().split('\n').slice(0, -1);
        expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
          told.map(([asked, ended, at]) => ({
            time: new Date(at).toISOString(),
            ...asked,
            ...ended,
            ms: Math.round(ended.ms * 100) / 100,
          })),
        );
      }),
      { seed: 20261123, numRuns: 300 },
    );
  });
});
