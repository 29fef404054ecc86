import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/judge/verdict.ts';
import { decide } from '../../../src/rollout/decide.ts';
import type { MachineEvent } from '../../../src/rollout/event.ts';
import { type Evidence, evidenceAfterLook, noEvidence } from '../../../src/rollout/evidence.ts';
import type { Rollout } from '../../../src/rollout/state.ts';
import { verdictOf } from '../../support/fake-control.ts';
import { announced, apply, policyOf, rolloutIn, T0 } from '../../support/rollouts.ts';

const MINUTE = 60_000;
const policy = policyOf({ judge: { warmUp: '4m' } });
const cold: Verdict = {
  ...verdictOf({ name: 'suspect', worst: 'p50', reason: 'canary p50 82 ms against 41 ms, while it warms up' }),
  goBack: true,
};

function decided(rollout: Rollout, at: number, over: Partial<Evidence> = {}): MachineEvent | null {
  const evidence: Evidence = { ...noEvidence(rollout.policy, T0), appliedAt: T0, lookedAt: at, ...over };
  return decide(rollout, evidence, { at, braked: null, preflightFailure: null });
}

const step2 = rolloutIn('step-2', policy);
const back = apply(step2, { kind: 'canarySteppedBack', reason: 'cold' }, { at: T0 + MINUTE });

describe('a canary that is worse for certain while it warms up', () => {
  it('goes back to the weight before, once, and nobody is blamed or paged', () => {
    const event = decided(step2, T0 + MINUTE, { verdict: cold });
    expect(event).toEqual({
      kind: 'canarySteppedBack',
      reason: 'canary p50 82 ms against 41 ms, while it warms up; back to 10% for 4m, then once more; nobody is blamed',
    });
    expect(back).toMatchObject({
      stage: { kind: 'step', index: 1 },
      canaryBps: 1_000,
      splitEpoch: step2.splitEpoch + 1,
      stepBack: { at: T0 + MINUTE, fromBps: 5_000, phase: 'back' },
      openPage: null,
    });
  });

  it('keeps a tenth of its weight where it had none before', () => {
    const first = rolloutIn('step-1', policy);
    expect(decided(first, T0 + MINUTE, { verdict: cold })?.kind).toBe('canarySteppedBack');
    expect(apply(first, { kind: 'canarySteppedBack', reason: 'cold' }).canaryBps).toBe(100);
  });

  it('waits there for a warm-up and gets the weight again', () => {
    expect(decided(back, T0 + 4 * MINUTE, { verdict: cold })).toBeNull();
    expect(decided(back, T0 + 5 * MINUTE)).toEqual({
      kind: 'canaryTriedAgain',
      reason: 'warmed up for 4 min at 10%: 50% once more',
    });
    expect(decided(back, T0 + 5 * MINUTE + 1_872)).toMatchObject({
      reason: 'warmed up for 4 min at 10%: 50% once more',
    });
    const again = apply(back, { kind: 'canaryTriedAgain', reason: 'warm' }, { at: T0 + 5 * MINUTE });
    expect(again).toMatchObject({ canaryBps: 5_000, increase: { fromBps: 1_000 }, stepBack: { phase: 'again' } });
  });

  it('neither advances nor counts its dwell there', () => {
    const verdict = verdictOf({ name: 'at-parity' });
    expect(decided(back, T0 + 2 * MINUTE, { verdict, dwellMs: 60 * MINUTE })).toBeNull();
    const evidence = { ...noEvidence(policy, T0), appliedAt: T0 };
    const seen = { at: T0 + 5_000, tickMs: 5_000, stepMs: 0, look: null, blocks: [], cursor: null, applied: true };
    expect(evidenceAfterLook(back, evidence, seen).dwellMs).toBe(0);
    expect(evidenceAfterLook(step2, evidence, seen).dwellMs).toBe(5_000);
  });

  it('is rolled back when it is worse again', () => {
    const again = apply(back, { kind: 'canaryTriedAgain', reason: 'warm' });
    const event = decided(again, T0 + 7 * MINUTE, { verdict: cold });
    expect(event).toMatchObject({
      kind: 'canaryJudgedHarmful',
      verdict: { name: 'harmful', reason: expect.stringMatching(/; still worse on the second try$/) },
      reason: 'canary p50 82 ms against 41 ms, while it warms up; still worse on the second try',
    });
  });

  it('may go back once more in the next stage, and after a person set the weight', () => {
    const again = apply(back, { kind: 'canaryTriedAgain', reason: 'warm' });
    const bake = apply(again, { kind: 'advanced', to: 'bake' });
    expect(bake.stepBack).toBeUndefined();
    expect(decided(bake, T0 + 7 * MINUTE, { verdict: cold })?.kind).toBe('canarySteppedBack');
    expect(apply(bake, { kind: 'canarySteppedBack', reason: 'cold' }).canaryBps).toBe(5_000);
    expect(apply(back, { kind: 'weightSet', canaryBps: 2_000 }).stepBack).toBeUndefined();
  });

  it('stays where somebody else moves the traffic', () => {
    expect(decided({ ...step2, router: 'none' }, T0 + MINUTE, { verdict: cold })).toBeNull();
  });

  it('stays back while the rollout is paused', () => {
    const paused = apply(back, { kind: 'paused' });
    expect(decided(paused, T0 + 60 * MINUTE)).toBeNull();
    expect(decided(apply(paused, { kind: 'resumed' }), T0 + 60 * MINUTE)?.kind).toBe('canaryTriedAgain');
  });
});

describe('what people hear of it', () => {
  it('is a note, with where it goes and why', () => {
    const reason =
      'canary p50 82 ms against 41 ms, while it warms up; back to 10% for 4m, then once more; nobody is blamed';
    const messages = announced(step2, { kind: 'canarySteppedBack', reason });
    expect(messages.map(({ kind, summary }) => [kind, summary])).toEqual([['note', `payments: v2: ${reason}`]]);
  });
});
