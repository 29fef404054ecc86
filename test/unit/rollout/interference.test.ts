import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/rollout/decide.ts';
import type { MachineEvent } from '../../../src/rollout/event.ts';
import { type Evidence, noEvidence } from '../../../src/rollout/evidence.ts';
import { orderFor } from '../../../src/rollout/split-order.ts';
import type { Rollout } from '../../../src/rollout/state.ts';
import { apply, refusal, rolloutIn, T0 } from '../../support/rollouts.ts';

const MINUTE = 60_000;
const at50 = rolloutIn('step-2');
const raisedAt = at50.increase?.at ?? Number.NaN;

const PARITY = {
  name: 'at-parity',
  reason: 'equal',
  logEvidence: 0,
  logThreshold: 7,
  logHold: 3,
  findings: [],
  worst: null,
  needs: null,
  forecast: null,
} as const;

function failing(rollout: Rollout, sinceMs: number, goodBlocks = 0): Evidence {
  const none = noEvidence(rollout.policy, T0);
  const alarm = { since: raisedAt + sinceMs, goodBlocks, events: 90, requests: 300 };
  return { ...none, judge: { ...none.judge, fault: { ...none.judge.fault, alarm } }, faultSince: raisedAt + sinceMs };
}

function decided(rollout: Rollout, evidence: Evidence, afterMs: number): MachineEvent | null {
  return decide(rollout, evidence, { at: raisedAt + afterMs, braked: null, preflightFailure: null });
}

function happening(rollout: Rollout, evidence: Evidence, afterMs: number): Rollout {
  const event = decided(rollout, evidence, afterMs);
  if (event === null) throw new Error('nothing was decided');
  return apply(rollout, event, { at: raisedAt + afterMs, actor: { name: 'serin', role: 'serin' } });
}

describe('a shared fault soon after an increase of the weight', () => {
  it('takes the weight back once it has lasted two minutes, within the stage and under a new epoch', () => {
    const evidence = failing(at50, MINUTE);
    expect(decided(at50, evidence, 3 * MINUTE - 1)).toBeNull();
    expect(decided(at50, evidence, 3 * MINUTE)).toEqual({
      kind: 'faultFollowedIncrease',
      reason: 'the route as a whole fails since 60 s after the canary went from 10% to 50%: back to 10%',
    });
    const back = happening(at50, evidence, 3 * MINUTE);
    expect(back).toMatchObject({
      stage: { kind: 'step', index: 1 },
      canaryBps: 1_000,
      splitEpoch: at50.splitEpoch + 1,
      withdrawal: { at: raisedAt + 3 * MINUTE, fromBps: 5_000, phase: 'watched' },
      openPage: null,
    });
    expect(orderFor(back).canaryBps).toBe(1_000);
  });

  it.each([
    ['from the first step to nobody', 'step-1', 0],
    ['from the bake to the last step', 'bake', 5_000],
  ])('goes back %s', (_, stage, canaryBps) => {
    const rollout = rolloutIn(stage);
    expect(happening(rollout, failing(rollout, 0), 2 * MINUTE).canaryBps).toBe(canaryBps);
  });

  it('is not blamed on an increase that came before ten minutes, or after the fault', () => {
    expect(decided(at50, failing(at50, 10 * MINUTE), 12 * MINUTE)?.kind).toBe('faultFollowedIncrease');
    expect(decided(at50, failing(at50, 10 * MINUTE + 1), 13 * MINUTE)).toBeNull();
    expect(decided(at50, failing(at50, -1), 5 * MINUTE)).toBeNull();
  });

  it('is left alone while it clears, and where there is no earlier weight', () => {
    expect(decided(at50, failing(at50, MINUTE, 1), 4 * MINUTE)).toBeNull();
    const lowered = apply(at50, { kind: 'weightSet', canaryBps: 500 });
    expect(decided(lowered, failing(lowered, MINUTE), 4 * MINUTE)).toBeNull();
    expect(refusal(lowered, { kind: 'faultFollowedIncrease', reason: 'late' })).toBe('the weight did not grow');
  });
});

describe('after the weight was taken back', () => {
  const back = happening(at50, failing(at50, MINUTE), 3 * MINUTE);
  const cleared = noEvidence(back.policy, T0);

  it('blames nobody when the fault goes away within five minutes: the weight will be given once more', () => {
    const after = happening(back, cleared, 5 * MINUTE);
    expect(after).toMatchObject({
      stage: { kind: 'step', index: 1 },
      canaryBps: 1_000,
      splitEpoch: back.splitEpoch,
      openPage: null,
      withdrawal: { fromBps: 5_000, phase: 'over', overAt: raisedAt + 5 * MINUTE },
      reason:
        'the fault of both versions was over 2 min after the canary went back from 50% to 10%: nobody is blamed yet, ' +
        'it gets 50% once more in 3m, to see whether the fault comes back',
    });
  });

  it('holds and pages when the fault is still there after five minutes, once', () => {
    const evidence = failing(back, MINUTE);
    expect(decided(back, evidence, 8 * MINUTE - 1)).toBeNull();
    const held = happening(back, evidence, 8 * MINUTE);
    expect(held).toMatchObject({
      stage: { kind: 'step', index: 1 },
      canaryBps: 1_000,
      openPage: 'shared-fault',
      paused: { by: 'serin' },
      withdrawal: { phase: 'held' },
      reason: 'the route as a whole still fails 5 min after the canary went back from 50% to 10%: resume gives it back',
    });
    expect(decided(held, evidence, 9 * MINUTE)).toBeNull();
    expect(decided(held, cleared, 20 * MINUTE)).toBeNull();
  });

  it('waits for a fault that has begun to clear', () => {
    expect(decided(back, failing(back, MINUTE, 3), 9 * MINUTE)).toBeNull();
    expect(decided(back, failing(back, MINUTE, 0), 9 * MINUTE)?.kind).toBe('faultOutlastedWithdrawal');
    expect(decided(back, cleared, 9 * MINUTE)?.kind).toBe('faultEndedAfterWithdrawal');
  });

  it('gives the weight back when a person resumes, and forgets it when one sets another', () => {
    const held = happening(back, failing(back, MINUTE), 8 * MINUTE);
    expect(apply(held, { kind: 'resumed' }, { at: T0 + 60 * MINUTE })).toMatchObject({
      canaryBps: 5_000,
      withdrawal: null,
      paused: null,
      increase: { at: T0 + 60 * MINUTE, fromBps: 1_000 },
    });
    expect(apply(back, { kind: 'weightSet', canaryBps: 200 }).withdrawal).toBeNull();
  });

  it('never advances by itself', () => {
    const proven = { ...failing(back, MINUTE, 3), verdict: PARITY, appliedAt: T0, dwellMs: 60 * MINUTE };
    expect(decided(back, proven, 4 * MINUTE)).toBeNull();
    expect(refusal(at50, { kind: 'interferenceSuspected', reason: 'late' })).toBe('no weight was withdrawn');
    expect(refusal(at50, { kind: 'faultOutlastedWithdrawal', reason: 'late' })).toBe('no weight was withdrawn');
  });
});

describe('once the fault is over', () => {
  const back = happening(at50, failing(at50, MINUTE), 3 * MINUTE);
  const well = noEvidence(back.policy, T0);
  const over = happening(back, well, 5 * MINUTE);
  const again = happening(over, well, 8 * MINUTE);

  it('gives the weight once more after three minutes, in which nothing advances', () => {
    expect(decided(over, well, 8 * MINUTE - 1)).toBeNull();
    expect(again).toMatchObject({
      canaryBps: 5_000,
      splitEpoch: over.splitEpoch + 1,
      withdrawal: null,
      increase: { at: raisedAt + 8 * MINUTE, fromBps: 1_000, again: true },
      reason: 'the route has been well without it: the canary gets 50% once more',
    });
  });

  it('waits while the route fails without the weight, and while a person has paused it', () => {
    expect(decided(over, failing(over, 7 * MINUTE), 9 * MINUTE)).toBeNull();
    expect(decided(over, well, 30 * MINUTE)?.kind).toBe('withdrawnWeightGivenAgain');
    const paused = apply(over, { kind: 'paused' });
    expect(decided(paused, well, 30 * MINUTE)).toBeNull();
    expect(decided(apply(paused, { kind: 'resumed' }), well, 30 * MINUTE)?.kind).toBe('withdrawnWeightGivenAgain');
  });

  it('pages when the route fails for long without the weight', () => {
    const verdict = { ...PARITY, name: 'shared-fault', reason: 'it fails' } as const;
    const evidence = { ...failing(over, 7 * MINUTE), verdict };
    expect(decided(over, evidence, 12 * MINUTE)).toBeNull();
    expect(decided(over, evidence, 12 * MINUTE + 1)).toMatchObject({ cause: 'shared-fault' });
  });

  it('rolls back when the fault comes back with the weight, at once', () => {
    const evidence = failing(again, 9 * MINUTE);
    expect(happening(again, evidence, 9 * MINUTE)).toMatchObject({
      stage: { kind: 'rolled-back' },
      openPage: 'rolled-back',
      reason:
        'suspected interference, the second time: the route as a whole fails since 60 s after the canary went from 10% to 50%, ' +
        'as it did before, and was well in between, when the canary had that weight no more',
    });
  });

  it('blames nobody for a fault that comes late, or that began before', () => {
    expect(decided(again, failing(again, 18 * MINUTE + 1), 19 * MINUTE)).toBeNull();
    expect(decided(again, failing(again, 7 * MINUTE), 9 * MINUTE)).toBeNull();
    const lower = apply(again, { kind: 'weightSet', canaryBps: 500 });
    const raised = apply(lower, { kind: 'weightSet', canaryBps: 3_000 }, { at: raisedAt + 10 * MINUTE });
    expect(decided(raised, failing(raised, 11 * MINUTE), 12 * MINUTE)).toBeNull();
    expect(decided(raised, failing(raised, 11 * MINUTE), 13 * MINUTE)?.kind).toBe('faultFollowedIncrease');
  });

  it('replays an audit from when a fault that went away with the weight was enough', () => {
    expect(apply(back, { kind: 'interferenceSuspected', reason: 'it was over' }).stage.kind).toBe('rolled-back');
  });

  it.each(['faultEndedAfterWithdrawal', 'withdrawnWeightGivenAgain'] as const)('refuses %s out of turn', (kind) => {
    expect(refusal(at50, { kind, reason: 'late' })).toBe('no weight was withdrawn');
  });
});
