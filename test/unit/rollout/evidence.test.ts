import { describe, expect, it } from 'vitest';
import type { VerdictName } from '../../../src/judge/verdict.ts';
import {
  type Evidence,
  evidenceAfterLook,
  noEvidence,
  onSteppedClock,
  resetEvidence,
} from '../../../src/rollout/evidence.ts';
import type { Tally } from '../../../src/stats/block.ts';
import { apply, rolloutIn, T0 } from '../../support/rollouts.ts';

const TICK = 5_000;
const nothing: Tally = { requests: 0, errors: 0, clientErrors: 0, latency: {} };

function seen(at: number, over: Partial<Parameters<typeof evidenceAfterLook>[2]> = {}) {
  return { at, tickMs: TICK, stepMs: 0, look: null, blocks: [], cursor: 'boot:1', applied: true, ...over };
}

function verdictOf(name: VerdictName) {
  return {
    name,
    reason: '',
    logEvidence: 0,
    logThreshold: 7,
    logHold: 3,
    findings: [],
    worst: null,
    needs: null,
    forecast: null,
  };
}

describe('dwell', () => {
  const rollout = rolloutIn('step-1');
  const fresh = noEvidence(rollout.policy, T0);

  it('begins when the split was seen applied, not when it was ordered', () => {
    const waiting = evidenceAfterLook(rollout, fresh, seen(T0 + TICK, { applied: false }));
    expect([waiting.dwellMs, waiting.appliedAt]).toEqual([0, null]);
    const applied = evidenceAfterLook(rollout, waiting, seen(T0 + 2 * TICK));
    expect([applied.dwellMs, applied.appliedAt]).toEqual([0, T0 + 2 * TICK]);
    expect(evidenceAfterLook(rollout, applied, seen(T0 + 3 * TICK)).dwellMs).toBe(TICK);
  });

  it('credits an outage of the controller with two ticks at most', () => {
    const applied = evidenceAfterLook(rollout, fresh, seen(T0));
    expect(evidenceAfterLook(rollout, applied, seen(T0 + 3_600_000)).dwellMs).toBe(2 * TICK);
  });

  it('never grows when the clock went back', () => {
    const applied = evidenceAfterLook(rollout, fresh, seen(T0));
    expect(evidenceAfterLook(rollout, applied, seen(T0 - 60_000)).dwellMs).toBe(0);
  });

  it('stands still while paused or while a replica lags', () => {
    const applied = evidenceAfterLook(rollout, fresh, seen(T0));
    const paused = apply(rollout, { kind: 'paused' });
    expect(evidenceAfterLook(paused, applied, seen(T0 + TICK)).dwellMs).toBe(0);
    expect(evidenceAfterLook(rollout, applied, seen(T0 + TICK, { applied: false })).dwellMs).toBe(0);
  });
});

describe('how long it lasts', () => {
  const rollout = rolloutIn('step-1');
  const fresh = noEvidence(rollout.policy, T0);
  const alarm = { since: T0, goodBlocks: 0, events: 9, requests: 10 };
  const lookOf = (name: 'suspect' | 'undecided', over: { readonly alarm: typeof alarm | null }) => ({
    state: { ...fresh.judge, fault: { ...fresh.judge.fault, ...over } },
    verdict: verdictOf(name),
    slowAfterMs: 1_000,
  });
  const suspect = lookOf('suspect', { alarm });
  const first = evidenceAfterLook(rollout, fresh, seen(T0 + TICK, { look: suspect }));
  const second = evidenceAfterLook(rollout, first, seen(T0 + 2 * TICK, { look: suspect }));

  it('is kept from the first look on, of a hold and of a shared fault', () => {
    expect(second).toMatchObject({ suspectSince: T0 + TICK, faultSince: T0 + TICK });
    const unseen = evidenceAfterLook(rollout, second, seen(T0 + 3 * TICK, { blocks: null }));
    expect(unseen.faultSince).toBe(T0 + TICK);
    const over = evidenceAfterLook(
      rollout,
      second,
      seen(T0 + 3 * TICK, { look: lookOf('undecided', { alarm: null }) }),
    );
    expect(over).toMatchObject({ suspectSince: null, faultSince: null });
  });

  it('of a fault outlasts a stage, or it would seem to follow every increase', () => {
    const next = resetEvidence(second, 'stage', rolloutIn('step-2'), T0 + 3 * TICK);
    expect(next).toMatchObject({ suspectSince: null, faultSince: T0 + TICK });
  });
});

describe('evidence over stages', () => {
  it('keeps the judge, forgets dwell and verdict', () => {
    const rollout = rolloutIn('step-1');
    const old = { ...noEvidence(rollout.policy, T0), dwellMs: 9, appliedAt: T0, cursor: 'boot:7' };
    const fresh = resetEvidence(old, 'stage', rollout, T0 + 1);
    expect(fresh).toMatchObject({ dwellMs: 0, appliedAt: null, verdict: null, cursor: 'boot:7' });
    expect(fresh.judge).toBe(old.judge);
  });

  it('keeps what was known last of a rollout that has ended', () => {
    const ended = rolloutIn('rolled-back');
    const old = { ...noEvidence(ended.policy, T0), dwellMs: 9 };
    expect(resetEvidence(old, 'stage', ended, T0 + 1)).toBe(old);
  });

  it('counts forced requests in the internal phase only', () => {
    const block = {
      startedAt: T0,
      durationMs: 1_000,
      splitEpoch: 0,
      canaryBps: 0,
      stable: nothing,
      canary: nothing,
      ruled: { stable: nothing, canary: nothing },
      forced: { stable: nothing, canary: { ...nothing, requests: 7, errors: 2 } },
    };
    const internal = rolloutIn('internal');
    const step = rolloutIn('step-1');
    const counted = evidenceAfterLook(internal, noEvidence(internal.policy, T0), seen(T0, { blocks: [block, block] }));
    expect(counted.forced).toEqual({ requests: 14, errors: 4 });
    expect(evidenceAfterLook(step, counted, seen(T0, { blocks: [block] })).forced).toEqual({ requests: 14, errors: 4 });
    const left = { ...block, forced: { stable: nothing, canary: { ...nothing, requests: 1, unanswered: 3 } } };
    expect(evidenceAfterLook(internal, counted, seen(T0, { blocks: [left] })).forced).toEqual({
      requests: 18,
      errors: 7,
      unanswered: 3,
    });
  });
});

describe('how long a hold lasts', () => {
  const rollout = rolloutIn('step-1');
  const fresh = noEvidence(rollout.policy, T0);
  const looked = (name: VerdictName, cause: string | null = null) => ({
    state: fresh.judge,
    verdict: {
      ...verdictOf(name),
      ...(cause === null ? {} : { hold: { cause, check: null, urgency: 'after-max-hold' as const } }),
    },
    slowAfterMs: 1_000,
  });
  const after = (before: Evidence, ticks: number, look: ReturnType<typeof looked> | null) =>
    evidenceAfterLook(rollout, before, seen(T0 + ticks * TICK, { look }));
  const held = after(fresh, 1, looked('undecided', 'starved'));

  it('begins with its first look, and goes on through looks that cannot tell', () => {
    expect(held.held).toEqual({ cause: 'starved', since: T0 + TICK });
    const through = [looked('blind'), null, looked('shared-fault'), looked('undecided', 'starved')];
    const last = through.reduce((evidence, look, index) => after(evidence, index + 2, look), held);
    expect(last.held).toEqual(held.held);
  });

  it('ends when the verdict rests on a lack of evidence again, and begins anew with another cause', () => {
    expect(after(held, 2, looked('undecided')).held).toBeNull();
    expect(after(held, 2, looked('undecided', 'overfull')).held).toEqual({ cause: 'overfull', since: T0 + 2 * TICK });
    expect(resetEvidence(held, 'stage', rollout, T0).held).toBeNull();
  });

  it('moves with the clock', () => {
    expect(onSteppedClock(held, -60_000).held).toEqual({ cause: 'starved', since: T0 + TICK - 60_000 });
  });
});
