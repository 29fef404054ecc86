import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  extendTrail,
  lengthenRows,
  MOST_TRAIL_CHECKS,
  MOST_TRAIL_ROWS,
  mergeRows,
  type PlacedRow,
  type TrailEnd,
  type TrailRow,
  type TrailTrack,
  trailChange,
} from '../../src/rollout/so-far/trail.ts';
import { trailRowOf } from '../support/trail-rows.ts';

const logE = fc.option(fc.integer({ min: -5_000, max: 50_000 }).map((value) => value / 1_000));
const ms = fc.integer({ min: 10, max: 10_000_000 }).map((value) => value / 1_000);
const track: fc.Arbitrary<TrailTrack | null> = fc.option(
  fc
    .record({ n: fc.nat(5_000), x: fc.nat(100), p50: ms, p95: ms, p99: ms })
    .map(({ n, x, ...quantiles }) => ({ n: n + x, x, timed: n, ...quantiles }))
    .map((one) => (one.timed === 0 ? { ...one, p50: null, p95: null, p99: null } : one)),
);
const checks = fc.dictionary(fc.constantFrom('errors', 'p50', 'p95', 'p99', 'query:cpu', 'slices'), logE);
const many = fc.dictionary(
  fc.nat(70).map((at) => `query:q${at}`),
  logE,
  { minKeys: 30, maxKeys: 70 },
);
const row: fc.Arbitrary<TrailRow> = fc.record({
  at: fc.nat(),
  everyMs: fc.integer({ min: 0, max: 60_000 }),
  bps: fc.nat(10_000),
  logHarm: logE,
  logParityWeakest: logE,
  canary: track,
  stable: track,
  checks: fc.oneof(checks, many),
});
const two = [row, row] as const;

/** What the table holds after these looks: each change applied as the store does it. */
function stored(looks: readonly TrailRow[]): {
  readonly rows: readonly PlacedRow[];
  readonly end: TrailEnd | undefined;
} {
  let rows: readonly PlacedRow[] = [];
  let end: TrailEnd | undefined;
  for (const look of looks) {
    end = extendTrail(end, look);
    const { look: at, row: latest, rowLooks, doubles } = trailChange(end);
    if (doubles) rows = lengthenRows(rows, rowLooks);
    rows = [...rows.filter((placed) => placed.look !== at), { look: at, row: latest }];
  }
  return { rows, end };
}

const sum = (rows: readonly TrailRow[], of: (row: TrailRow) => number) => rows.reduce((all, one) => all + of(one), 0);
const highest = (rows: readonly TrailRow[], of: (row: TrailRow) => number | null | undefined) =>
  Math.max(Number.NEGATIVE_INFINITY, ...rows.flatMap((one) => of(one) ?? []));

/** Quantiles are rounded to the microsecond each time. */
function expectAlike(one: TrailRow, other: TrailRow): void {
  const bare = ({ canary, stable, ...rest }: TrailRow) => ({
    ...rest,
    canary: canary && { n: canary.n, x: canary.x, timed: canary.timed },
    stable: stable && { n: stable.n, x: stable.x, timed: stable.timed },
  });
  expect(bare(one)).toEqual(bare(other));
  for (const version of ['canary', 'stable'] as const) {
    for (const quantile of ['p50', 'p95', 'p99'] as const) {
      const [left, right] = [one[version]?.[quantile] ?? null, other[version]?.[quantile] ?? null];
      expect(left === null).toBe(right === null);
      expect(Math.abs((left ?? 0) - (right ?? 0))).toBeLessThan(0.003);
    }
  }
}

describe('merging rows', () => {
  it('keeps totals, the highest evidence, and quantiles between those of the parts', () => {
    fc.assert(
      fc.property(...two, (one, other) => {
        const merged = mergeRows(one, other);
        const parts = [one, other];
        expect(merged.everyMs).toBe(one.everyMs + other.everyMs);
        for (const version of ['canary', 'stable'] as const) {
          for (const figure of ['n', 'x', 'timed'] as const) {
            expect(merged[version]?.[figure] ?? 0).toBe(sum(parts, (part) => part[version]?.[figure] ?? 0));
          }
          expect(merged[version] === null).toBe(one[version] === null && other[version] === null);
          const known = parts.flatMap((part) => part[version]?.p95 ?? []);
          const { p95 = null } = merged[version] ?? {};
          expect(p95 === null).toBe(known.length === 0);
          if (p95 !== null) {
            expect(p95).toBeGreaterThanOrEqual(Math.min(...known) - 0.001);
            expect(p95).toBeLessThanOrEqual(Math.max(...known) + 0.001);
          }
        }
        expect(merged.logHarm ?? Number.NEGATIVE_INFINITY).toBe(highest(parts, (part) => part.logHarm));
        for (const [name, most] of Object.entries(merged.checks)) {
          expect(most ?? Number.NEGATIVE_INFINITY).toBe(highest(parts, (part) => part.checks[name]));
        }
        expect(Object.keys(merged.checks).length).toBeLessThanOrEqual(MOST_TRAIL_CHECKS);
      }),
      { seed: 20261201, numRuns: 200 },
    );
  });

  it('is one and the same in two merges and in one of four', () => {
    fc.assert(
      fc.property(...two, ...two, (a, b, c, d) => {
        const pairs = mergeRows(mergeRows(a, b), mergeRows(c, d));
        expectAlike(pairs, [b, c, d].reduce(mergeRows, a));
        expectAlike(pairs, mergeRows(a, mergeRows(b, mergeRows(c, d))));
        expect([pairs.at, pairs.bps]).toEqual([d.at, d.bps]);
      }),
      { seed: 20261202, numRuns: 100 },
    );
  });
});

describe('a trail of any number of looks', () => {
  it('has at most 720 rows, in order, of even length, and loses nothing', () => {
    for (const count of [1, 2, 719, 720, 721, 722, 1_440, 1_441, 2_879, 2_881, 3_333]) {
      const looks = Array.from({ length: count }, (_, at) =>
        trailRowOf({ at, logHarm: at === 5 ? 99 : null, checks: { errors: at === 7 ? 98 : -1 } }),
      );
      const { rows, end } = stored(looks);
      const { rowLooks } = trailChange(end as TrailEnd);
      expect(rows.length).toBe(Math.ceil(count / rowLooks));
      expect(rows.length).toBeLessThanOrEqual(MOST_TRAIL_ROWS);
      expect(rows.length).toBeGreaterThan(count > MOST_TRAIL_ROWS ? MOST_TRAIL_ROWS / 2 : count - 1);
      expect(rows.map(({ look }) => look)).toEqual(rows.map((_, at) => at * rowLooks));
      expect(rows.map(({ row: { at } }) => at)).toEqual(rows.map((_, at) => Math.min(count, (at + 1) * rowLooks) - 1));
      const all = rows.map((placed) => placed.row);
      expect(sum(all, ({ canary }) => canary?.n ?? 0)).toBe(284 * count);
      expect(sum(all, ({ stable }) => stable?.x ?? 0)).toBe(7 * count);
      expect(sum(all, ({ everyMs }) => everyMs)).toBe(5_000 * count);
      if (count > 7) {
        expect(highest(all, ({ logHarm }) => logHarm)).toBe(99);
        expect(highest(all, ({ checks: { errors } }) => errors)).toBe(98);
      }
    }
  });

  it('is lengthened once however often it is asked', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), fc.constantFrom(2, 4, 8), (looks, length) => {
        const placed = looks.map((one, look) => ({ look, row: one }));
        const once = lengthenRows(placed, length);
        expect(lengthenRows(once, length)).toEqual(once);
        expect(once).toHaveLength(Math.ceil(looks.length / length));
      }),
      { seed: 20261203, numRuns: 100 },
    );
  });
});
