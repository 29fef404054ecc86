import { describe, expect, it } from 'vitest';
import { budgetOf } from '../../../src/judge/budget.ts';
import { readEvidence } from '../../../src/judge/evidence.ts';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import type { PolicyDocument } from '../../../src/policy/schema.ts';
import type { Block, ProbePair } from '../../../src/stats/block.ts';
import { blockOf, inputOf, lookRepeatedly, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { normal, seededRandom } from '../../support/random.ts';

type Probes = NonNullable<NonNullable<PolicyDocument['spec']['checks']>['probes']>;
const reported = { dryRun: true };
/** Probes alone have to show the latency. */
const policyWith = (probes: Partial<Probes> = {}) =>
  judgePolicy({
    checks: {
      errors: { parity: { relative: '25%', absolute: '10pp' } },
      clientErrors: { parity: { relative: '50%', absolute: '20pp' } },
      latency: { p50: reported, p95: reported, p99: reported, dominance: reported },
      probes: { every: '1m', rollback: '4.1%', parity: '10%', ...probes },
    },
    judge: { block: '1s', minStep: '1s', warmUp: '0s' },
  });

const policyOfProbes = (judge: PolicyDocument['spec']['judge']) =>
  judgePolicy({
    checks: {
      errors: reported,
      clientErrors: reported,
      latency: { p50: reported, p95: reported, p99: reported, dominance: reported },
      probes: { every: '1m', rollback: '4.1%', parity: '10%' },
    },
    judge: { block: '1s', minStep: '1s', warmUp: '0s', ...judge },
  });

/** One pair a block, each time log-normal around 40 ms with this deviation. */
function pairs(seed: number, factor = 1, sd = 0.15): (startedAt: number) => Block {
  const random = seededRandom(seed);
  return (startedAt) => {
    const stable = 40 * Math.exp(sd * normal(random));
    const canary = 40 * factor * Math.exp(sd * normal(random));
    return blockOf({ startedAt, canary: tallyOf(100, { clientErrors: 1 }), probes: [{ stable, canary }] });
  };
}

function run(make: (startedAt: number) => Block, count: number, policy = policyWith()) {
  return lookRepeatedly(policy, openJudgement(policy), { from: 0, count }, make);
}

/** Pairs until parity at beta .05; null for not within 400. */
function pairsUntilParity(seed: number): number | null {
  const policy = policyWith();
  const make = pairs(seed);
  let state = openJudgement(policy);
  for (let pair = 1; pair <= 400; pair += 1) {
    const step = { position: 'last', kind: 'weight', index: 0, splitEpoch: 1, appliedAt: 0 } as const;
    const seen = lookRepeatedly(policy, state, { from: pair * 1_000, count: 1 }, make, { step });
    state = seen.state;
    const finding = seen.verdict.findings.find(({ check }) => check === 'probes');
    if ((finding?.logParity ?? 0) >= (finding?.logParityThreshold ?? 0)) return pair;
  }
  return null;
}

describe('probes', () => {
  it('show that the median is within 10 % in about 29 pairs, at a noise of 15 %', () => {
    const needed = Array.from({ length: 21 }, (_, seed) => pairsUntilParity(seed + 1) ?? 400).toSorted((a, b) => a - b);
    expect(needed[10]).toBeGreaterThan(18);
    expect(needed[10]).toBeLessThan(45);
  });

  it('count each where the traffic is so little that blocks are merged', () => {
    const make = pairs(3);
    let state = openJudgement(policyWith());
    for (let minute = 0; minute < 60; minute += 1) {
      const startedAt = minute * 60_000;
      const one = { durationMs: 60_000, stable: tallyOf(1), canary: tallyOf(1) };
      state = look(policyWith(), state, inputOf([{ ...make(startedAt), ...one }], { at: startedAt + 60_000 })).state;
    }
    expect(state.checks.probes.step.pairs).toBe(60);
  });

  it('say so, with what is compared', () => {
    const { verdict } = run(pairs(1), 300);
    expect(verdict.name).toBe('at-parity');
    expect(verdict.reason).toContain('probes within 10 %');
    const finding = verdict.findings.find(({ check }) => check === 'probes');
    expect(finding?.says).toMatch(
      /^probes: typically \d+\.?\d* ms against \d+\.?\d* ms, within 10 % in \d+ of 300 pairs$/,
    );
  });

  it('are waited for: without a pair nothing is at parity', () => {
    const { verdict } = run((startedAt) => blockOf({ startedAt }), 300);
    expect(verdict).toMatchObject({
      name: 'undecided',
      worst: 'probes',
      reason: 'probes: no pair was answered by both versions in this step yet; probes of the route say what is sent',
    });
  });

  it('roll back a canary that is slower in nearly every pair, or alone fails them', () => {
    const slower = run(pairs(3, 1.5), 200).verdict;
    expect(slower).toMatchObject({ name: 'harmful', worst: 'probes' });
    expect(slower.reason).toMatch(
      /^canary probes typically \d+\.?\d* ms against \d+\.?\d* ms \(margin 4\.1 %\), within 10 % in \d+ of \d+ pairs; odds of a false alarm/,
    );
    const failing = (startedAt: number) => blockOf({ startedAt, probes: [{ stable: 40, canary: null }] });
    const dead = run(failing, 200).verdict;
    expect(dead).toMatchObject({ name: 'harmful', worst: 'probes' });
    expect(dead.reason).toMatch(/^canary fails (\d+) of \1 probes that the stable answers; odds of a false alarm/);
    // Pairs of the split before count against the canary, and are no figures of this step.
    const earlier = lookRepeatedly(policyWith(), openJudgement(policyWith()), { from: 0, count: 200 }, pairs(3, 1.5), {
      step: weightStep({ splitEpoch: 2 }),
    });
    expect(earlier.verdict).toMatchObject({ name: 'harmful', worst: 'probes' });
    expect(earlier.verdict.reason).toMatch(/^canary is worse in probes, none of which are figures of this step; odds/);
    expect(run(failing, 200, policyWith({ dryRun: true })).verdict.name).not.toBe('harmful');
    const both = (startedAt: number) => blockOf({ startedAt, probes: [{ stable: null, canary: null }] });
    expect(run(both, 200).verdict).toMatchObject({ name: 'undecided', worst: 'probes' });
  });

  it('decide alone on a route that nobody uses, and its warm-up begins with the first of them', () => {
    const nobody = { stable: tallyOf(0), canary: tallyOf(0) };
    const alone = policyOfProbes({});
    const slower = pairs(3, 1.5);
    const slow = run((startedAt) => ({ ...slower(startedAt), ...nobody }), 60, alone).verdict;
    expect(slow).toMatchObject({ name: 'harmful', worst: 'probes' });
    const equal = pairs(1);
    const even = run((startedAt) => ({ ...equal(startedAt), ...nobody }), 100, alone).verdict;
    expect(even.name).toBe('at-parity');
    expect(even.reason).toBe('probes within 10 % of the stable, shown by 100 pairs of probes in this step');

    const warming = policyOfProbes({ warmUp: '30s' });
    const silent = (startedAt: number) => ({
      ...slower(startedAt),
      ...nobody,
      probes: startedAt < 20_000 ? [] : (slower(startedAt).probes ?? []),
    });
    const at = (count: number) => run(silent, count, warming);
    expect(at(10).verdict.reason).toBe(
      'no canary traffic yet; probes: no pair was answered by both versions in this step yet; probes of the route say what is sent',
    );
    expect(at(45).state.warmUp).toMatchObject({ phase: 'warm-up', since: 20_000 });
    expect(at(45).state.checks.probes.step.pairs).toBe(0);
    expect(at(110).verdict.name).toBe('harmful');
  });

  it('do not stand in for the requests that other checks wait for', () => {
    const equal = pairs(1);
    const { verdict } = run((startedAt) => ({ ...equal(startedAt), stable: tallyOf(0), canary: tallyOf(0) }), 100);
    expect(verdict.name).toBe('undecided');
    expect(verdict.reason).toMatch(/^no canary traffic yet; probes: typically /);
  });

  it('roll back no equal canary, whatever the noise: 10 streams of 200 pairs', () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const { state } = run(pairs(seed, 1, 0.6), 200);
      expect(state.harm.level, String(seed)).toBeLessThan(Math.log(1_000));
    }
  });

  it('have a share of the budget, and the margins of the median where they have none', () => {
    expect(budgetOf(policyWith(), 'probes')).toBe(0.05);
    expect(budgetOf(policyWith({ dryRun: true }), 'probes')).toBe(0);
    expect(budgetOf(judgePolicy(), 'probes')).toBe(0);
    const policy = judgePolicy({ checks: { probes: { every: '1m' } } });
    const finding = run(pairs(1), 5, policy).verdict.findings.find(({ check }) => check === 'probes');
    expect(finding).toMatchObject({ rollbackMargin: '4.1 %', parityMargin: '10.5 %' });
  });

  it.each<[unknown, string]>([
    ['none', 'probes is none, not a list of pairs'],
    [[{ stable: 1, canary: 0 }], 'probes[0] is an object, not a pair of times'],
    [[{ stable: 1, canary: null }, null], 'probes[1] is null, not a pair of times'],
  ])('%j is no evidence', (probes, reason) => {
    const block = blockOf({ probes: probes as readonly ProbePair[] });
    expect(readEvidence(inputOf([block]), null).blind).toContain(reason);
  });
});
