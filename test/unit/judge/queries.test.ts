import { describe, expect, it } from 'vitest';
import { budgetOf, stakesOf } from '../../../src/judge/budget.ts';
import { type Look, look, openJudgement } from '../../../src/judge/judge.ts';
import type { CheckName } from '../../../src/judge/verdict.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import type { Block, SeriesPoint } from '../../../src/stats/block.ts';
import { blockOf, inputOf, lookRepeatedly, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { pointAt, queryPolicy, valued } from '../../support/query-policy.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';

function judged(policy: Policy, count: number, make: (startedAt: number) => Block, from?: Look, parts = {}): Look {
  const start = from?.state.measuredUntil ?? 0;
  return lookRepeatedly(policy, from?.state ?? openJudgement(policy), { from: start, count }, make, parts);
}

const alike = (startedAt: number) => valued(startedAt, pointAt(startedAt));
const worse = (startedAt: number) => valued(startedAt, pointAt(startedAt, 1.3));
const silent = (startedAt: number) => valued(startedAt, { stable: 0.4, canary: null });
const findingIn = ({ verdict }: Look, check: CheckName) => verdict.findings.find((finding) => finding.check === check);

const QUERY = { query: 'q', worse: 'higher', interval: '1s', comparable: true } as const;

describe('a query check that may only hold', () => {
  const policy = queryPolicy();

  it('has to show parity before a promotion, as every check has', () => {
    const few = judged(policy, 90, (startedAt) =>
      blockOf({ startedAt, ...(startedAt < 2_000 ? alike(startedAt) : {}) }),
    );
    expect(few.verdict).toMatchObject({ name: 'blind', worst: 'query:cpu' });
    const shown = judged(policy, 90, alike);
    expect(shown.verdict.name).toBe('at-parity');
    expect(shown.verdict.reason).toContain('query cpu within 10 %');
    const between = judged(policy, 90, (startedAt) => valued(startedAt, pointAt(startedAt, 1.1)));
    expect(between.verdict).toMatchObject({ name: 'undecided', worst: 'query:cpu' });
  });

  it('holds at E >= 20 and never rolls back, and says so in a later step, too', () => {
    const held = judged(policy, 200, worse);
    expect(held.verdict).toMatchObject({ name: 'undecided', worst: 'query:cpu' });
    expect(held.verdict.reason).toMatch(
      /^query cpu 0\.52\d* against 0\.\d+ over 200 intervals .* worse too often in this rollout to go on$/,
    );
    expect(findingIn(held, 'query:cpu')).toMatchObject({ budgetWeight: 0, unit: 'value' });
    expect(findingIn(held, 'query:cpu')?.logHarm).toBeGreaterThan(Math.log(20));
    expect(held.verdict.logEvidence).toBeLessThan(1);
    const later = judged(policy, 3, (startedAt) => ({ ...alike(startedAt), splitEpoch: 2 }), held, {
      step: weightStep({ index: 1, splitEpoch: 2 }),
    });
    expect(later.verdict).toMatchObject({ name: 'undecided', worst: 'query:cpu' });
  });

  it('is taken out of all that when a person skips it', () => {
    const skipping = { skippedChecks: ['query:cpu'] as const };
    expect(judged(policy, 90, worse, undefined, skipping).verdict.name).toBe('at-parity');
    expect(judged(policy, 90, silent, undefined, skipping).verdict.name).toBe('at-parity');
  });
});

describe('a query check of arms of different sizes', () => {
  const policy = queryPolicy({ comparable: false });

  it('claims no parity, and holds at E >= 20', () => {
    const well = judged(policy, 90, alike);
    expect(well.verdict.name).toBe('at-parity');
    expect(well.verdict.reason).not.toContain('query');
    expect(findingIn(well, 'query:cpu')).toMatchObject({ logParity: null, parityMargin: null });
    expect(judged(policy, 90, worse).verdict).toMatchObject({ name: 'undecided', worst: 'query:cpu' });
  });

  it('makes the judge blind like any other while its values are missing', () => {
    expect(judged(policy, 90, silent).verdict).toMatchObject({ name: 'blind', worst: 'query:cpu' });
  });
});

describe('a query check of equal arms where keys are sticky', () => {
  const byKey = (factor: number) => (startedAt: number) =>
    valued(startedAt, pointAt(startedAt, factor), { assignment: 'by-key' });
  const policy = queryPolicy({ action: 'rollback', weight: 0.2 });

  it('holds in the place of a rollback, shows no parity, and says why', () => {
    const held = judged(policy, 200, byKey(1.3));
    expect(held.verdict).toMatchObject({ name: 'undecided', worst: 'query:cpu' });
    expect(held.verdict.logEvidence).toBeLessThan(0);
    expect(held.verdict.reason).toMatch(
      /^query cpu 0\.52\d* against 0\.\d+ over 200 intervals \(margin 5 %\): it may only hold here and shows no parity, because keys are sticky: the versions have users of their own, and those alone may make the values differ; a hold takes at least \d+ intervals in all: worse too often/,
    );
    expect(findingIn(held, 'query:cpu')).toMatchObject({ logParity: null, rollbackMargin: '5 %, which holds' });
    // The same by request.
    expect(judged(policy, 40, worse).verdict.name).toBe('harmful');
  });

  it('lets versions that are alike pass, and claims no parity of them', () => {
    const { verdict } = judged(policy, 90, byKey(1));
    expect(verdict.worst).not.toBe('query:cpu');
    expect(verdict.findings.find(({ check }) => check === 'query:cpu')).toMatchObject({ logParity: null });
  });

  it.each([
    [true, /it may only hold here and shows no parity, because keys are sticky/],
    [
      false,
      /its limit holds here and does not roll back, because keys are sticky: one heavy key may be what is beyond it/,
    ],
  ])('holds beyond a limit, too, with comparable %s: one key may be all of it', (comparable, why) => {
    const limited = queryPolicy({ action: 'rollback', limit: 0.9, weight: 0.2, comparable });
    const over = judged(limited, 60, byKey(3));
    expect(over.verdict).toMatchObject({ name: 'undecided', worst: 'query:cpu', hold: { cause: 'worse:query:cpu' } });
    expect(over.verdict.reason).toMatch(why);
    expect(over.verdict.logEvidence).toBeLessThanOrEqual(0);
    // The same by request.
    const byRequest = judged(limited, 60, (startedAt) => valued(startedAt, pointAt(startedAt, 3)));
    expect(byRequest.verdict).toMatchObject({ name: 'harmful', worst: 'query:cpu' });
  });

  it('goes on with a memory from before, in which it could roll back', () => {
    const { verdict, state } = judged(policy, 8, byKey(1.3));
    const memory: typeof state = JSON.parse(
      JSON.stringify(state, (key, value) => (key === 'arms' ? undefined : value)),
    );
    const later = lookRepeatedly(policy, memory, { from: 8_000, count: 100 }, byKey(1.3));
    expect([verdict.name, later.verdict.name]).toEqual(['undecided', 'undecided']);
  });
});

describe('a query check that may roll back', () => {
  const policy = queryPolicy({ action: 'rollback', weight: 0.2 });

  it('takes its share of alpha and leaves the others theirs in proportion', () => {
    const names = ['errors', 'unanswered', 'dominance', 'p50', 'p95', 'p99'] as const;
    const plain = queryPolicy();
    expect(budgetOf(policy, 'query:cpu')).toBe(0.2);
    expect(budgetOf(plain, 'query:cpu')).toBe(0);
    for (const name of names) expect(budgetOf(policy, name)).toBeCloseTo(0.8 * budgetOf(plain, name), 12);
    const staked = stakesOf(policy, openJudgement(policy), []);
    expect(staked.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
  });

  it('rolls back alone, not before the ceiling of its share, and says by which values', () => {
    const { verdict, state } = judged(policy, 40, worse);
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'query:cpu' });
    expect(verdict.reason).toMatch(
      /^canary query cpu 0\.52\d* against 0\.\d+ \(margin 5 %\), \d+ intervals; odds of a false alarm < 1 in 1,000$/,
    );
    expect(state.checks.queries['cpu']?.step.canary.count).toBeGreaterThanOrEqual(Math.ceil(Math.log2(1_000 / 0.2)));
    expect(findingIn({ verdict, state, slowAfterMs: 0 }, 'query:cpu')?.says).toContain(
      'a rollback takes at least 13 intervals',
    );
  });

  it('holds with the limit beside it while only the limit may roll back', () => {
    const guarded = queryPolicy({ action: 'rollback', comparable: false, limit: 0.9 });
    const held = judged(guarded, 90, worse);
    expect(held.verdict).toMatchObject({ name: 'undecided', worst: 'query:cpu' });
    const over = judged(guarded, 40, (startedAt) => valued(startedAt, pointAt(startedAt, 3)));
    expect(over.verdict).toMatchObject({ name: 'harmful', worst: 'query:cpu' });
    expect(over.verdict.reason).toMatch(/^canary query cpu 1\.2\d* against 0\.4\S* \(limit 0\.9\), /);
  });

  it('keeps its limit in the bake, where there is no stable to compare with', () => {
    const limited = queryPolicy({ action: 'rollback', limit: 0.9 });
    const step = weightStep({ kind: 'bake', index: 3, position: 'last' });
    const baked = (canary: number | null) => (startedAt: number) =>
      valued(startedAt, { stable: null, canary }, { canaryBps: 10_000, stable: null });
    const well = judged(limited, 20, baked(0.5), undefined, { step });
    expect(well.verdict).toMatchObject({ name: 'undecided' });
    expect(well.verdict.findings.map(({ check }) => check)).toEqual(['query:cpu']);
    expect(judged(limited, 20, baked(null), undefined, { step }).verdict).toMatchObject({
      name: 'blind',
      worst: 'query:cpu',
    });
    expect(judged(limited, 20, baked(1.2), undefined, { step }).verdict).toMatchObject({ name: 'harmful' });
    const unlimited = judged(policy, 20, baked(null), undefined, { step });
    expect(unlimited.verdict).toMatchObject({ name: 'undecided', findings: [] });
  });
});

describe('a query check whose limit may only hold', () => {
  const policy = queryPolicy({ action: 'hold', limit: 0.9 });
  const broken = { cause: 'worse:query:cpu', check: 'query:cpu', urgency: 'after-max-hold' };

  it('holds the bake as well, and says so', () => {
    const step = weightStep({ kind: 'bake', index: 3, position: 'last' });
    const baked = (canary: number) => (startedAt: number) =>
      valued(startedAt, { stable: null, canary }, { canaryBps: 10_000, stable: null });
    expect(judged(policy, 20, baked(0.5), undefined, { step }).verdict.hold).toBeUndefined();
    const { verdict } = judged(policy, 20, baked(1.2), undefined, { step });
    expect(verdict).toMatchObject({ name: 'undecided', worst: 'query:cpu', hold: broken });
    expect(verdict.reason).toMatch(/^query cpu 1\.2 .*: worse too often in this rollout to go on$/);
  });

  it('is said in a consumer step, which a person is about to end', () => {
    const step = weightStep({ kind: 'consumers', index: 1 });
    const listed = (startedAt: number) =>
      valued(
        startedAt,
        { stable: 0.4, canary: 1.2 },
        { canaryBps: 0, ruled: { stable: NO_TALLY, canary: tallyOf(50) } },
      );
    expect(judged(policy, 20, listed, undefined, { step }).verdict).toMatchObject({ worst: 'query:cpu', hold: broken });
  });
});

describe('values that are none', () => {
  const policy = queryPolicy();
  const parity = judged(policy, 90, alike);

  it.each<[string, unknown, string]>([
    ['NaN', { stable: 0.4, canary: Number.NaN }, 'the canary'],
    ['Infinity', { stable: Number.POSITIVE_INFINITY, canary: 0.4 }, 'the stable'],
    ['a text', { stable: '0.4', canary: 0.4 }, 'the stable'],
    ['nothing', { canary: 0.4 }, 'the stable'],
    ['no pods', { stable: [], canary: [0.4] }, 'the stable'],
    ['a pod without a value', { stable: [0.4, null], canary: 0.4 }, 'the stable'],
    ['a number beyond measure', { stable: 0.4, canary: 1e300 }, 'the canary'],
    ['a point that is none', 'high', 'either version'],
  ])('%s is missing: blind, however well it was going, until a value comes', (_, point, whose) => {
    const broken = judged(policy, 1, (startedAt) => valued(startedAt, point as SeriesPoint), parity);
    expect(broken.verdict).toMatchObject({
      name: 'blind',
      worst: 'query:cpu',
      reason: `query cpu gave no usable value for ${whose}`,
    });
    expect(broken.verdict.logEvidence).toBeLessThan(1);
    expect(JSON.parse(JSON.stringify(broken.state))).toEqual(broken.state);
    expect(judged(policy, 1, alike, broken).verdict.name).toBe('at-parity');
  });

  it('are no news for two intervals, then blind', () => {
    const bare = (startedAt: number) => blockOf({ startedAt });
    expect(judged(policy, 2, bare, parity).verdict.name).toBe('at-parity');
    expect(judged(policy, 3, bare, parity).verdict).toMatchObject({
      name: 'blind',
      reason: 'query cpu has given no value for 3 s',
    });
  });

  it('make a block unusable where they are no points at all', () => {
    const { verdict } = look(policy, openJudgement(policy), inputOf([{ ...blockOf(), series: 7 } as unknown as Block]));
    expect(verdict.reason).toBe('a block of measurements is unusable: series is 7, not points by name');
    const routed = { ...blockOf(), routed: { stable: 1, canary: -1 } };
    expect(look(policy, openJudgement(policy), inputOf([routed])).verdict.reason).toBe(
      'a block of measurements is unusable: routed.canary is -1, not a count',
    );
  });

  it('may be negative, which is a value like any other', () => {
    const cold = queryPolicy({ worse: 'lower', rollback: { absolute: 1 }, parity: { relative: '0%', absolute: 2 } });
    const celsius = (by: number) => (startedAt: number) => {
      const at = startedAt / 1_000;
      return valued(startedAt, { stable: -20 + Math.sin(at), canary: -20 - by + Math.sin(at + 0.5) });
    };
    expect(judged(cold, 90, celsius(0)).verdict.name).toBe('at-parity');
    expect(judged(cold, 90, celsius(9)).verdict).toMatchObject({ name: 'undecided', worst: 'query:cpu' });
  });
});

describe('check names that every object has', () => {
  it('are ordinary names', () => {
    const policy = queryPolicy({}, { queries: { constructor: { ...QUERY } } });
    const bare = judged(policy, 4, (startedAt) => blockOf({ startedAt, series: {} }));
    expect(bare.verdict).toMatchObject({ name: 'blind', reason: 'query constructor has given no value for 4 s' });
  });
});
