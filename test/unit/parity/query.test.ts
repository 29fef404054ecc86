import { describe, expect, it } from 'vitest';
import {
  logQueryHarm,
  logQueryHold,
  observeQueries,
  openQueries,
  type QuerySpan,
  queryOf,
  queryStateOf,
  restartQueries,
  whyUnheard,
} from '../../../src/parity/queries/query.ts';
import { queryFinding } from '../../../src/parity/queries/query-finding.ts';
import type { QueryCheck } from '../../../src/policy/checks/query-check.ts';
import type { SeriesPoint } from '../../../src/stats/block.ts';
import { type QueryDocument, queryPolicy } from '../../support/query-policy.ts';

const SPAN: QuerySpan = {
  asks: 'both',
  splitSince: 0,
  assignment: 'per-request',
  bet: { cap: 10, parity: 'counted', parityCeiling: 10 },
};
const CONTEXT = { budgetWeight: 0.05, logParityThreshold: Math.log(20) };
const THRESHOLDS = { harm: Math.log(1_000), hold: Math.log(20) };

function checkOf(parts: Partial<QueryDocument> = {}): QueryCheck {
  const check = queryOf(queryPolicy({ interval: '60s', ...parts }).spec.checks, 'query:cpu');
  if (check === null) throw new Error('the policy has the check');
  return check;
}

/** Blocks of 5 s, each with the point that its second has, if any. */
function after(check: QueryCheck, points: Readonly<Record<number, SeriesPoint>>, until: number, span = SPAN, from = 0) {
  let states = openQueries({ cpu: check });
  for (let second = from; second < until; second += 5) {
    const point = points[second + 5];
    const block = {
      startedAt: second * 1_000,
      durationMs: 5_000,
      ...(point === undefined ? {} : { series: { cpu: point } }),
    };
    states = observeQueries({ cpu: check }, states, block, span);
  }
  return queryStateOf(states, 'query:cpu');
}

const saysOf = (check: QueryCheck, state: ReturnType<typeof after>, budgetWeight = CONTEXT.budgetWeight) =>
  queryFinding(check, 'query:cpu', state, { ...CONTEXT, budgetWeight }, THRESHOLDS).says;
const everyMinute = (canary: number, stable: number, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [60 * (at + 1), { canary: canary + at / 1e4, stable }]));

describe('an interval', () => {
  const check = checkOf();

  it('counts in the block in which it ends', () => {
    expect(after(check, everyMinute(0.5, 0.4, 3), 180)).toMatchObject({
      countedAt: 180_000,
      step: { canary: { count: 3 } },
    });
  });

  it('that began under another split compares nothing', () => {
    const begun = { ...SPAN, splitSince: 30_000 };
    expect(after(check, everyMinute(0.5, 0.4, 1), 60, begun)).toMatchObject({
      countedAt: null,
      heardAt: null,
      missing: null,
    });
    expect(after(check, everyMinute(0.5, 0.4, 2), 120, begun).countedAt).toBe(120_000);
  });

  it('that overlaps the last one by more than a block is no news', () => {
    const points = {
      60: { canary: 1, stable: 0.5 },
      90: { canary: 1.1, stable: 0.5 },
      115: { canary: 1.2, stable: 0.5 },
    };
    expect(after(check, points, 90).countedAt).toBe(60_000);
    expect(after(check, points, 115).countedAt).toBe(115_000);
  });
});

describe('a missing value', () => {
  const check = checkOf();
  const pointOf = (point: SeriesPoint) => after(check, { ...everyMinute(0.5, 0.4, 1), 120: point }, 120);
  const why = (state: ReturnType<typeof after>, second: number) => whyUnheard(check, 'cpu', state, second * 1_000);

  it.each([
    ['the canary', { canary: null, stable: 0.4 }],
    ['the stable', { canary: 0.4, stable: null }],
    ['either version', { canary: null, stable: null }],
  ])('of %s is missing until the next one comes, and no evidence', (whose, point) => {
    const state = pointOf(point);
    expect(why(state, 120)).toBe(`query cpu gave no usable value for ${whose}`);
    expect(state.series).toEqual(after(check, everyMinute(0.5, 0.4, 1), 60).series);
    expect(why(after(check, { ...everyMinute(0.5, 0.4, 3), 120: point }, 180), 180)).toBeNull();
  });

  it('is nothing for two intervals, too, counted from when values are due', () => {
    const state = after(check, everyMinute(0.5, 0.4, 1), 185);
    expect(why(state, 180)).toBeNull();
    expect(why(state, 181)).toBe('query cpu has given no value for 2 min');
    expect(why(after(check, {}, 125), 125)).toBe('query cpu has given no value for 2 min');
    expect(why(after(check, {}, 125, { ...SPAN, asks: 'none' }), 125)).toBeNull();
  });

  it('is asked for anew in a new stage', () => {
    const states = restartQueries({ cpu: pointOf({ canary: null, stable: null }) });
    expect(why(queryStateOf(states, 'query:cpu'), 1_000)).toBeNull();
  });
});

/** The same for both versions, every minute. */
const moving = (count: number, at: (interval: number) => number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index): [number, SeriesPoint] => {
      const value = at(index);
      return [60 * (index + 1), { canary: value, stable: value }];
    }),
  );

describe('one series that is asked for twice', () => {
  const check = checkOf();
  const why = (state: ReturnType<typeof after>, until: number) => whyUnheard(check, 'cpu', state, 1_000 * until);

  const twin = /^query cpu: both queries return one series: 10 times in a row the value moved, and was the same/;

  it('is noticed where ten moving values are the same to the last bit, and clears with the first that differs', () => {
    const points = moving(10, (at) => 0.1 + at / 7);
    expect(
      why(
        after(
          check,
          moving(9, (at) => 0.1 + at / 7),
          540,
        ),
        540,
      ),
    ).toBeNull();
    const state = after(check, points, 600);
    expect(why(state, 600)).toMatch(twin);
    expect(saysOf(check, state)).toMatch(twin);
    expect(why(after(check, { ...points, 660: { canary: 0.3, stable: 0.31 } }, 660), 660)).toBeNull();
    expect(why(queryStateOf(restartQueries({ cpu: state }), 'query:cpu'), 600)).toBeNull();
  });

  it.each<[string, (at: number) => number]>([
    ['constant', () => 0.25],
    ['whole', (at) => at],
  ])('is not suspected of %s values', (_, at) => {
    expect(why(after(check, moving(30, at), 1_800), 1_800)).toBeNull();
  });
});

describe('a limit', () => {
  it('looks at the canary alone, on its bad side', () => {
    const over = checkOf({ limit: 0.9 });
    const under = checkOf({ limit: 0.9, worse: 'lower' });
    const state = after(over, everyMinute(0.95, 0.95, 4), 240);
    expect(state.limit.bets).toBe(4);
    expect(logQueryHold(over, state)).toBeGreaterThan(Math.log(1_000));
    expect(logQueryHold(under, after(under, everyMinute(0.95, 0.95, 4), 240))).toBeLessThan(0);
    const mean = after(over, { 60: { canary: [0.8, 0.9], stable: null } }, 60);
    expect(mean).toMatchObject({ limit: { bets: 1 }, missing: 'stable' });
  });

  it('is what is left where there is no stable beside the canary', () => {
    const span = { ...SPAN, asks: 'canary' } as const;
    const limited = checkOf({ limit: 0.9 });
    const state = after(limited, { 60: { canary: 0.95, stable: null } }, 60, span);
    expect(state).toMatchObject({ limit: { bets: 1 }, missing: null, series: { form: null } });
    expect(saysOf(limited, state)).toBe(
      'query cpu 0.95 over 1 interval (margin 5 %, limit 0.9, parity 10 %): a hold takes at least 2 intervals in all',
    );
    expect(after(checkOf(), { 60: { canary: 0.95, stable: null } }, 60, span).awaitedSince).toBeNull();
  });

  it('shares the evidence with the comparison of equal arms, and is alone what may roll back of others', () => {
    const points = everyMinute(0.5, 0.4, 8);
    const [equal, guarded] = [
      checkOf({ limit: 0.9, action: 'rollback' }),
      checkOf({ limit: 0.9, action: 'rollback', comparable: false }),
    ];
    expect(logQueryHarm(equal, after(equal, points, 480))).toBeGreaterThan(Math.log(20));
    expect(logQueryHold(equal, after(equal, points, 480))).toBeNull();
    expect(logQueryHarm(guarded, after(guarded, points, 480))).toBeLessThan(0);
    expect(logQueryHold(guarded, after(guarded, points, 480))).toBeGreaterThan(0);
  });
});

describe('what it says', () => {
  it.each<[string, Partial<QueryDocument>, Readonly<Record<number, SeriesPoint>>, number, string]>([
    ['nothing yet', {}, {}, 60, 'query cpu: no value in this step yet'],
    [
      'a missing value',
      {},
      { 60: { canary: null, stable: 1 } },
      60,
      'query cpu: no usable value for the canary in the last interval',
    ],
    [
      'an open parity and the ceilings',
      { action: 'rollback' },
      everyMinute(0.44, 0.41, 2),
      120,
      'query cpu 0.44 against 0.41 over 2 intervals (margin 5 %, parity 10 %): parity takes at least 3 intervals more of 60 s; a rollback takes at least 15 intervals in all',
    ],
    [
      'parity',
      {},
      everyMinute(0.4, 0.41, 12),
      720,
      'query cpu 0.4005 against 0.41 over 12 intervals (margin 5 %, parity 10 %): inside the parity margin; a hold takes at least 5 intervals in all',
    ],
    [
      'a guard',
      { comparable: false, rollback: { relative: '5%', absolute: 0.02 } },
      everyMinute(-3, -2, 2),
      120,
      'query cpu -3 against -2 over 2 intervals (margin 5 % or 0.02): a hold takes at least 8 intervals in all',
    ],
    [
      'equal values',
      {},
      { 60: { canary: 7, stable: 7 }, 120: { canary: 7, stable: 7 } },
      120,
      'query cpu 7 against 7 over 2 intervals (margin 5 %, parity 10 %): parity takes at least 3 intervals more of 60 s; a hold takes at least 5 intervals in all',
    ],
    [
      'a stable at 0',
      {},
      moving(12, () => 0),
      720,
      'query cpu 0 against 0 over 12 intervals (margin 5 %, parity 10 %): parity needs an absolute margin, because 10 % of 0 is 0; a hold takes at least 5 intervals in all',
    ],
    [
      'no margin at all',
      { rollback: { relative: '0%' }, parity: { relative: '0%' } },
      moving(2, () => 7),
      120,
      'query cpu 7 against 7 over 2 intervals (margin 0 %, parity 0 %): equal in every one, which tells nothing without a margin; a hold takes at least 5 intervals in all',
    ],
  ])('%s', (_, parts, points, until, says) => {
    const check = checkOf(parts);
    expect(saysOf(check, after(check, points, until))).toBe(says);
  });

  it('ends where ten intervals are the least for a rollback that has the whole budget', () => {
    const check = checkOf({ action: 'rollback' });
    expect(saysOf(check, after(check, everyMinute(0.44, 0.41, 1), 60), 1)).toMatch(
      /[;:] a rollback takes at least 10 intervals in all$/,
    );
  });

  it('has the figures in the unit of the query', () => {
    const check = checkOf({ rollback: { relative: '0%', absolute: 5 } });
    const finding = queryFinding(check, 'query:cpu', after(check, everyMinute(-12, -10, 2), 120), CONTEXT, THRESHOLDS);
    expect(finding).toMatchObject({
      unit: 'value',
      stable: -10,
      rollbackMargin: '5, which holds',
      intervals: { counted: 2, least: 5 },
    });
    expect(finding.canary).toBeCloseTo(-11.99995, 10);
  });
});
