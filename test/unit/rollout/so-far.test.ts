import { describe, expect, it } from 'vitest';
import { type JudgeState, openJudgement } from '../../../src/judge/judge.ts';
import { type Evidence, evidenceAfterLook, noEvidence, resetEvidence } from '../../../src/rollout/evidence.ts';
import type { RolloutRecord } from '../../../src/rollout/record.ts';
import { numbersOf } from '../../../src/rollout/report/numbers.ts';
import { NO_COST } from '../../../src/rollout/so-far/cost.ts';
import { drawnPerSecond } from '../../../src/rollout/so-far/drawn-traffic.ts';
import { soFarOf } from '../../../src/rollout/so-far/so-far.ts';
import type { Rollout } from '../../../src/rollout/state.ts';
import type { Block } from '../../../src/stats/block.ts';
import { EMPTY_WINDOW } from '../../../src/stats/evidence/window.ts';
import { evidence, verdict } from '../../support/decisions.ts';
import { blockOf, tallyOf } from '../../support/judge-blocks.ts';
import { apply, rolloutIn, T0 } from '../../support/rollouts.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';

const rollout = rolloutIn('step-1');
const own = { splitEpoch: rollout.splitEpoch };

function after(before: Evidence, of: Rollout, ...blocks: readonly Block[]): Evidence {
  const seen = { at: T0, tickMs: 5_000, stepMs: 0, look: null, cursor: null, applied: true };
  return evidenceAfterLook(of, before, { ...seen, blocks });
}
const served = (canaryErrors: number, stableErrors: number, parts: Partial<Block> = own) =>
  blockOf({
    canary: tallyOf(100, { errors: canaryErrors }),
    stable: tallyOf(900, { errors: stableErrors }),
    ...parts,
  });
const none = noEvidence(rollout.policy, T0);

const BY_WEIGHT = { weight: 100, forced: 0, ruled: 0 };
const costOf = (record: RolloutRecord) => soFarOf(record).cost;

describe('what a rollout has cost', () => {
  it('is every request that the canary served, and the errors beyond the rate of the stable', () => {
    const lanes = { forced: { stable: NO_TALLY, canary: tallyOf(5) }, ruled: { stable: NO_TALLY, canary: tallyOf(7) } };
    const seen = after(none, rollout, served(20, 9), blockOf({ ...own, canary: null, ...lanes }));
    expect(costOf({ rollout, evidence: seen })).toEqual({
      canaryRequests: 112,
      lanes: { weight: 100, forced: 5, ruled: 7 },
      excessErrors: { estimate: 19, low: 16, high: 20 },
      says: "112 canary requests (100 by weight, 5 forced, 7 by consumers' rules); about 19 errors more than the stable's rate would have given (16 to 20)",
    });
  });

  it('tells forced requests from those of clients, but where a rollout began before they were told apart', () => {
    const forced = { ...own, canary: null, forced: { stable: NO_TALLY, canary: tallyOf(20) } };
    const only = after(none, rollout, blockOf(forced));
    expect(costOf({ rollout, evidence: only })).toMatchObject({
      lanes: { weight: 0, forced: 20, ruled: 0 },
      says: '20 canary requests (all forced); the versions have not served side by side',
    });
    const { lanes: _, ...old } = none.cost ?? NO_COST;
    const begun = after({ ...none, cost: old }, rollout, blockOf(forced));
    expect(costOf({ rollout, evidence: begun })).toMatchObject({
      canaryRequests: 20,
      lanes: null,
      says: '20 canary requests; the versions have not served side by side',
    });
    const told = (evidence: Evidence) => {
      const record = { rollout, evidence };
      return numbersOf({ record, audit: [], messages: [] }).requests?.says;
    };
    expect(told(only)).toBe('20 requests on v2 (all forced)');
    expect(told(begun)).toBe('20 requests on v2, forced ones included');
    expect(told(after(none, rollout, served(0, 0)))).toMatch(/^100 requests of clients on v2/);
  });

  it('keeps the stages apart, because each has a rate of its own', () => {
    const first = after(none, rollout, served(5, 9));
    const next = apply(rollout, { kind: 'advanced', to: 'step-2' });
    const entered = resetEvidence(first, 'stage', next, T0);
    const half = {
      splitEpoch: next.splitEpoch,
      canary: tallyOf(500, { errors: 8 }),
      stable: tallyOf(500, { errors: 4 }),
    };
    const cost = costOf({ rollout: next, evidence: after(entered, next, blockOf(half)) });
    expect(cost?.canaryRequests).toBe(600);
    // 5 and 8 of the canary, less 9 of 900 in 100 requests and 4 of 500 in 500.
    expect(cost?.excessErrors?.estimate).toBeCloseTo(13 - 1 - 4, 10);
  });

  it('counts nothing of another canary, and nothing of a time in which only one version served', () => {
    const before = served(50, 0, { splitEpoch: rollout.firstEpoch - 1 });
    const alone = blockOf({ ...own, canary: tallyOf(100, { errors: 30 }), stable: null });
    expect(costOf({ rollout, evidence: after(none, rollout, before, alone) })).toEqual({
      canaryRequests: 100,
      lanes: BY_WEIGHT,
      excessErrors: null,
      says: '100 canary requests; the versions have not served side by side',
    });
  });

  it('outlives evidence that is begun anew, and the end of the rollout', () => {
    const seen = after(none, rollout, served(20, 9));
    for (const reset of ['keep', 'stage', 'all'] as const) {
      expect(costOf({ rollout, evidence: resetEvidence(seen, reset, rollout, T0) })).toMatchObject({
        canaryRequests: 100,
        excessErrors: { estimate: 19, low: 16, high: 20 },
      });
    }
    const ended = apply(rollout, { kind: 'aborted' });
    expect(costOf({ rollout: ended, evidence: resetEvidence(seen, 'stage', ended, T0) })?.canaryRequests).toBe(100);
  });

  it('has no interval where keys are sticky, and says why', () => {
    const seen = after(none, rollout, served(0, 18));
    const sticky = { ...seen, judge: { ...seen.judge, assignment: 'by-key' as const } };
    expect(costOf({ rollout, evidence: sticky })).toEqual({
      canaryRequests: 100,
      lanes: BY_WEIGHT,
      excessErrors: { estimate: -2, low: null, high: null },
      says:
        "100 canary requests; about 2 errors fewer than the stable's rate would have given: keys are sticky, so that the " +
        'versions have users of their own, and there is no interval',
    });
  });

  it('is unknown for a rollout that was stored before it was counted, and stays so', () => {
    const { cost: _, ...stored } = none;
    expect(costOf({ rollout, evidence: after(stored, rollout, served(1, 1)) })).toBeNull();
    expect(costOf({ rollout, evidence: resetEvidence(stored, 'all', rollout, T0) })).toBeNull();
  });
});

describe('since when what leads has led', () => {
  const judge = openJudgement(rollout.policy);
  const since = { ...EMPTY_WINDOW, span: { from: 7_000, to: 9_000 } };
  const of = (parts: Partial<Evidence>) => soFarOf({ rollout, evidence: evidence(rollout, parts) }).leadingSince;

  it('is the onset of evidence of harm, or the increase where the warm-up alone speaks', () => {
    const judged = { ...judge, harm: { ...judge.harm, since }, warmUp: { ...judge.warmUp, since: 5_000 } };
    const harmful = { ...verdict('harmful'), leads: 'errors' };
    expect(of({ judge: judged, verdict: harmful })).toBe(7_000);
    expect(of({ judge: judged, verdict: { ...harmful, name: 'suspect' } })).toBe(7_000);
    expect(of({ judge: judged, verdict: verdict('suspect') })).toBe(5_000);
  });

  it('is since when the route fails, nothing is seen, or a check holds', () => {
    expect(of({ verdict: verdict('shared-fault'), faultSince: 1_000 })).toBe(1_000);
    expect(of({ verdict: verdict('blind'), blindSince: 2_000 })).toBe(2_000);
    const hold = { cause: 'worse:logs', check: 'logs', urgency: 'after-max-hold' } as const;
    expect(of({ verdict: { ...verdict('undecided'), hold }, held: { cause: hold.cause, since: 3_000 } })).toBe(3_000);
  });

  it('is nothing where nothing leads', () => {
    expect(of({ verdict: null })).toBeNull();
    expect(of({ verdict: verdict('at-parity'), faultSince: 1_000 })).toBeNull();
    expect(of({ verdict: verdict('undecided') })).toBeNull();
  });
});

describe('the traffic', () => {
  const of = (judge: JudgeState, at: number) => drawnPerSecond({ rollout, evidence: evidence(rollout, { judge }) }, at);

  it('is that of both versions a second, and unknown before there is any, and once it is old', () => {
    const judge = openJudgement(rollout.policy);
    expect(of(judge, 1_000)).toBeNull();
    const pace = { canary: 100, stable: 900, ms: 20_000, blocks: 4 };
    const fed = { ...judge, pace, fedAt: 1_000 };
    expect(of(fed, 121_000)).toBe(50);
    expect(of(fed, 121_001)).toBeNull();
  });
});
