import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCursor, parseCursor } from '../../../src/metrics/queries/cursor.ts';

const CURSOR = { blocks: 'boot.7', checks: { cpu: { takenUpTo: 60_000, missing: null } } };

describe('the cursor of a source with queries', () => {
  it('comes back as it was written', () => {
    expect(parseCursor(formatCursor(CURSOR))).toEqual(CURSOR);
    expect(parseCursor(formatCursor({ blocks: null, checks: {} }))).toEqual({ blocks: null, checks: {} });
  });

  it.each([null, '', 'boot.7', '7', 'null', '[]', '{"format":"other"}', '{"blocks":"x"}'])(
    '%j is one of the source of the blocks',
    (text) => {
      expect(parseCursor(text)).toEqual({ blocks: text, checks: {} });
    },
  );

  it.each([
    ['{"format":"queries/1"}', {}],
    ['{"format":"queries/1","blocks":7,"checks":null}', {}],
    [
      '{"format":"queries/1","blocks":null,"checks":{"cpu":7,"queue":{"takenUpTo":60000,"missing":"why"}}}',
      {
        queue: { takenUpTo: 60_000, missing: 'why' },
      },
    ],
    ['{"format":"queries/1","checks":{"cpu":{"takenUpTo":1e400,"missing":null}}}', {}],
    ['{"format":"queries/1","checks":{"cpu":{"takenUpTo":60000}}}', {}],
  ])('of %s keeps what is legible', (text, checks) => {
    expect(parseCursor(text)).toEqual({ blocks: null, checks });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseCursor(text)).toHaveProperty('checks');
      }),
      { seed: 5_2_3, numRuns: 500 },
    );
  });
});
