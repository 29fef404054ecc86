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
      reason: 'the route as a whole fails since 1m after the canary went from 10% to 50%: back to 10%',
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

  it('rolls back when the fault goes away within five minutes', () => {
    const after = happening(back, cleared, 5 * MINUTE);
    expect(after).toMatchObject({
      stage: { kind: 'rolled-back' },
      openPage: 'rolled-back',
      withdrawal: null,
      reason:
        'suspected interference: the fault of both versions was over 2m after the canary went back from 50% to 10%',
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
      reason: 'the route as a whole still fails 5m after the canary went back from 50% to 10%: resume gives it back',
    });
    expect(decided(held, evidence, 9 * MINUTE)).toBeNull();
    expect(decided(held, cleared, 20 * MINUTE)).toBeNull();
  });

  it('waits for a fault that has begun to clear', () => {
    expect(decided(back, failing(back, MINUTE, 3), 9 * MINUTE)).toBeNull();
    expect(decided(back, failing(back, MINUTE, 0), 9 * MINUTE)?.kind).toBe('faultOutlastedWithdrawal');
    expect(decided(back, cleared, 9 * MINUTE)?.kind).toBe('interferenceSuspected');
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
    const verdict = {
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
    const proven = { ...failing(back, MINUTE, 3), verdict, appliedAt: T0, dwellMs: 60 * MINUTE };
    expect(decided(back, proven, 4 * MINUTE)).toBeNull();
    expect(refusal(at50, { kind: 'interferenceSuspected', reason: 'late' })).toBe('no weight was withdrawn');
    expect(refusal(at50, { kind: 'faultOutlastedWithdrawal', reason: 'late' })).toBe('no weight was withdrawn');
  });
});
