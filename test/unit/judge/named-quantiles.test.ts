import { describe, expect, it } from 'vitest';
import { budgetOf, stakesOf } from '../../../src/judge/budget.ts';
import { openJudgement } from '../../../src/judge/judge.ts';
import { levelOf } from '../../../src/policy/names.ts';
import { type Policy, policySchema } from '../../../src/policy/schema.ts';
import { bucketOf } from '../../../src/stats/latency/log-histogram.ts';
import { blockOf, lookRepeatedly, tallyOf } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { classicTally } from '../../support/prometheus-tallies.ts';

const JUDGE = { block: '1s', minStep: '3s', warmUp: '0s' } as const;
/** Only the named quantiles count for latency. */
function policyWith(quantiles: Record<string, { dryRun?: boolean; weight?: number; parity?: string }>): Policy {
  const reported = { dryRun: true };
  return judgePolicy({
    checks: {
      errors: { parity: { relative: '25%', absolute: '1pp' } },
      latency: { p50: reported, p95: reported, p99: reported, dominance: reported, classic: reported, quantiles },
    },
    judge: JUDGE,
  });
}

/** 8 of 100 answers of the canary at 100 ms: its p90 is nearly twice what it was, and its p50 as good as the same. */
const tailed = () => {
  const { latency, ...rest } = tallyOf(92);
  return { ...rest, requests: 100, latency: { ...latency, [bucketOf(100)]: 8 } };
};

function verdictOf(policy: Policy, canary = tallyOf(100, { clientErrors: 1 }), count = 60) {
  return lookRepeatedly(policy, openJudgement(policy), { from: 0, count }, (startedAt) =>
    blockOf({ startedAt, canary }),
  );
}

describe('a quantile by name', () => {
  it.each([
    ['p90', 0.9],
    ['p99.9', 0.999],
    ['p1', 0.01],
    ['p99.99', 0.9999],
  ])('%s is the level %d', (name, level) => {
    expect(levelOf(name)).toBe(level);
    expect(Object.keys(policyWith({ [name]: {} }).spec.checks.latency.quantiles)).toEqual([name]);
  });

  it.each(['p50', 'p95', 'p99', 'p0', 'p100', 'p90.0', 'p99.999', 'p05', 'P90', '90'])('%s is refused', (name) => {
    const { spec, ...head } = policyWith({});
    const text = { steps: [{ weight: '10%', dwell: '1m' }], checks: { latency: { quantiles: { [name]: {} } } } };
    expect(spec.checks.latency.quantiles).toEqual({});
    expect(policySchema.safeParse({ ...head, spec: text }).success).toBe(false);
  });

  it('rolls back for what it alone sees, with its own share of the budget', () => {
    const policy = policyWith({ p90: { weight: 0.1 } });
    expect(budgetOf(policy, 'p90')).toBe(0.1);
    const { verdict, state } = verdictOf(policy, tailed());
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'p90' });
    expect(verdict.reason).toMatch(/^canary p90 69.3 ms against 39 ms \(margin 10.4 %\), /);
    expect(stakesOf(policy, state, []).reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
  });

  it('has to show parity, and is among what is shown', () => {
    const shown = verdictOf(policyWith({ p75: {} })).verdict;
    expect(shown.name).toBe('at-parity');
    expect(shown.reason).toContain('p75 within');
    // After 5 s too few answers of the stable are beyond its p99.9.
    const waits = verdictOf(policyWith({ 'p99.9': {} }), undefined, 5).verdict;
    expect(waits).toMatchObject({ name: 'undecided', worst: 'p99.9' });
    expect(waits.reason).toMatch(/^p99\.9: waits for about .* more answers of the stable$/);
  });

  it('only reports with dryRun, and is only told between the boundaries of a classic histogram', () => {
    const policy = policyWith({ p90: { dryRun: true } });
    const { verdict } = verdictOf(policy, tailed());
    expect(verdict.name).toBe('at-parity');
    const finding = verdict.findings.find(({ check }) => check === 'p90');
    expect(finding).toMatchObject({ dryRun: true, budgetWeight: 0, quantile: 'p90' });
    expect(finding?.logHarm).toBeGreaterThan(Math.log(1_000));
    const counted = policyWith({ p90: {} });
    const classic = lookRepeatedly(counted, openJudgement(counted), { from: 0, count: 20 }, (startedAt) =>
      blockOf({ startedAt, stable: classicTally(900), canary: classicTally(100, { medianMs: 60 }) }),
    );
    expect(classic.verdict.findings.find(({ check }) => check === 'p90')).toMatchObject({
      figures: 'interpolated',
      logHarm: 0,
      logParity: null,
    });
  });

  it('makes an open request wait for the slowest of its thresholds', () => {
    const without = verdictOf(policyWith({}));
    expect(verdictOf(policyWith({ 'p99.9': {} })).slowAfterMs).toBeGreaterThan(without.slowAfterMs);
  });
});
