import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConsumerDay,
  LEDGER_GRID,
  ledgerBucketOf,
  mergeConsumerDays,
  utcDayOf,
  type Who,
} from '../../../src/consumers/ledger/consumer-day.ts';
import { answeredBy, ownerIn, pastsOf } from '../../../src/consumers/ledger/past.ts';
import { bucketOn } from '../../../src/stats/latency/latency-grid.ts';

const acme = { name: 'acme', keyHash: 'a1' };
const globex = { name: 'globex', keyHash: 'b2' };

const WHO: fc.Arbitrary<Who> = fc.oneof(
  fc.record({
    kind: fc.constant('listed' as const),
    name: fc.constantFrom('acme', 'gone'),
    keyHash: fc.constantFrom('a1', 'c3'),
  }),
  fc.record({ kind: fc.constant('unlisted' as const), keyHash: fc.constantFrom('a1', 'd4') }),
  fc.constantFrom<Who>({ kind: 'unlisted-others' }, { kind: 'none' }),
);
const DAY: fc.Arbitrary<ConsumerDay> = fc.record({
  route: fc.constantFrom('one', 'two'),
  who: WHO,
  version: fc.constantFrom('v1', 'v2'),
  day: fc.constantFrom('2027-03-01', '2027-03-02'),
  requests: fc.nat(1_000),
  errors: fc.nat(1_000),
  clientErrors: fc.nat(1_000),
  latency: fc.dictionary(fc.integer({ min: -58, max: 148 }).map(String), fc.nat(50)),
  firstAt: fc.nat(),
  lastAt: fc.nat(),
});

describe('the rows of the ledger', () => {
  it('are merged without losing or making up an answer, in whatever order', () => {
    fc.assert(
      fc.property(fc.array(DAY, { maxLength: 60 }), (days) => {
        const totals = (rows: readonly ConsumerDay[]) => ({
          counts: ['v1', 'v2'].map((version) => answeredBy(version, rows)),
          first: Math.min(...rows.map(({ firstAt }) => firstAt)),
          last: Math.max(...rows.map(({ lastAt }) => lastAt)),
        });
        const merged = mergeConsumerDays(days);
        expect(totals(merged)).toEqual(totals(days));
        expect(mergeConsumerDays(merged)).toEqual(merged);
        expect(new Set(mergeConsumerDays(days.toReversed()))).toEqual(new Set(merged));
      }),
    );
  });

  it('belong to the name first and to the credential then', () => {
    const owner = ownerIn([acme, globex]);
    expect(owner({ kind: 'listed', name: 'acme', keyHash: 'b2' })).toBe(acme);
    expect(owner({ kind: 'listed', name: 'former name', keyHash: 'b2' })).toBe(globex);
    expect(owner({ kind: 'unlisted', keyHash: 'a1' })).toBe(acme);
    for (const who of [{ kind: 'unlisted', keyHash: 'z9' }, { kind: 'unlisted-others' }, { kind: 'none' }] as const) {
      expect(owner(who)).toBeNull();
    }
  });

  it('give each consumer of a list its past, and to those who never asked an empty one', () => {
    const counts = { requests: 1, errors: 0, clientErrors: 0, latency: {}, firstAt: 0, lastAt: 0 };
    const row = { route: 'one', version: 'v1', day: '2027-03-01', ...counts };
    const days: readonly ConsumerDay[] = [
      { ...row, who: { kind: 'listed', ...acme } },
      { ...row, who: { kind: 'none' } },
    ];
    const pasts = pastsOf([acme, globex], days);
    expect([pasts.get('acme'), pasts.get('globex'), pasts.size]).toEqual([[days[0]], [], 2]);
  });

  it('have latencies on a grid that others can read', () => {
    for (const ms of [0, 0.001, 0.01, 0.5, 0.99, 1, 1.01, 7, 100, 1_234.5, 119_999, 120_000, 1e9]) {
      expect(Object.is(ledgerBucketOf(ms), -0)).toBe(false);
      expect(ledgerBucketOf(ms), `${ms} ms`).toBe(bucketOn(ms, LEDGER_GRID));
    }
    expect(utcDayOf(Date.UTC(2027, 2, 1, 23, 59, 59, 999))).toBe('2027-03-01');
  });
});
