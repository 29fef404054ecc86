import { describe, expect, it } from 'vitest';
import type { RolloutEvent } from '../../../src/rollout/event.ts';
import { type Evidence, evidenceAfterLook, noEvidence, resetEvidence } from '../../../src/rollout/evidence.ts';
import type { Rollout } from '../../../src/rollout/state.ts';
import { transition } from '../../../src/rollout/transition.ts';
import type { Block, Tally } from '../../../src/stats/block.ts';
import { context, policyOf, rolloutIn, T0 } from '../../support/rollouts.ts';

const MINUTE = 60_000;
const NONE: Tally = { requests: 0, errors: 0, clientErrors: 0, latency: {} };
const answers = (requests: number): Tally => ({ ...NONE, requests });
const SERVED = { stable: answers(90), canary: answers(10) };

/** A rollout with what is known of it, led on by events and looks. */
class Course {
  rollout: Rollout;
  evidence: Evidence;
  at = T0;

  constructor(stage = 'preflight', policy = policyOf()) {
    this.rollout = rolloutIn(stage, policy);
    this.evidence = noEvidence(policy, T0);
  }

  happens(event: RolloutEvent): this {
    this.at += MINUTE;
    const moved = transition(this.rollout, event, context({ at: this.at }));
    if (moved.kind === 'refused') throw new Error(moved.reason);
    this.rollout = moved.rollout;
    this.evidence = resetEvidence(this.evidence, moved.evidence, moved.rollout, this.at);
    return this;
  }

  /** One look at one block, under the present split unless it says otherwise. */
  looks(over: Partial<Block> = {}): this {
    const { splitEpoch, canaryBps } = this.rollout;
    const none = { stable: NONE, canary: NONE };
    const block: Block = {
      startedAt: this.at,
      durationMs: 5_000,
      splitEpoch,
      canaryBps,
      ...SERVED,
      forced: none,
      ruled: none,
      ...over,
    };
    this.at += 5_000;
    const seen = { at: this.at, tickMs: 5_000, stepMs: 0, look: null, blocks: [block], cursor: null, applied: true };
    this.evidence = evidenceAfterLook(this.rollout, this.evidence, seen);
    return this;
  }

  counts(): readonly (readonly [string, number | null, number | null])[] {
    return (this.evidence.past ?? []).map((one) => [one.stage, one.canaryRequests, one.stableRequests]);
  }
}

const inStep1 = () =>
  new Course().happens({ kind: 'preflightPassed' }).happens({ kind: 'internalPassed', reason: 'enough' });

describe('the stages of a rollout', () => {
  it('begin where the one before ends, at the times of the audit', () => {
    const { evidence, rollout } = inStep1();
    expect(evidence.past).toEqual([
      expect.objectContaining({ stage: 'internal', enteredAt: T0 + MINUTE, leftAt: T0 + 2 * MINUTE }),
      expect.objectContaining({ stage: 'step-1', enteredAt: T0 + 2 * MINUTE, leftAt: null }),
    ]);
    expect(evidence.past?.at(-1)?.enteredAt).toBe(rollout.stageEnteredAt);
  });

  it('end with the rollout, and stay so', () => {
    const ended = inStep1().happens({ kind: 'rolledBack' });
    const { past } = ended.evidence;
    expect(past?.at(-1)).toMatchObject({ stage: 'step-1', leftAt: T0 + 3 * MINUTE });
    expect(past).toHaveLength(2);
    const later = { ...ended.rollout, openPage: 'rolled-back' } as const;
    expect(resetEvidence(ended.evidence, 'keep', later, T0 + 9 * MINUTE).past).toEqual(past);
  });

  it('leave out those that a promotion skipped', () => {
    expect(inStep1().happens({ kind: 'promoted', full: true }).counts()).toEqual([
      ['internal', null, null],
      ['step-1', null, null],
      ['promoted', null, null],
    ]);
  });

  it('have one account of weights that were taken back, given again or set by hand', () => {
    const course = inStep1()
      .looks()
      .happens({ kind: 'faultFollowedIncrease', reason: 'both fail' })
      .looks({ stable: answers(100), canary: NONE })
      .happens({ kind: 'faultEndedAfterWithdrawal', reason: 'it was over' })
      .happens({ kind: 'withdrawnWeightGivenAgain', reason: 'well without it' })
      .looks()
      .happens({ kind: 'weightSet', canaryBps: 2_000 })
      .looks({ stable: answers(80), canary: answers(20) });
    expect(course.rollout.stage).toEqual({ kind: 'step', index: 0 });
    expect(course.counts().slice(1)).toEqual([['step-1', 40, 360]]);
    expect(course.evidence.past?.at(-1)).toMatchObject({ enteredAt: T0 + 2 * MINUTE, leftAt: null });
  });

  it('survive a new policy, which begins the evidence anew', () => {
    const edited = policyOf({
      steps: [
        { weight: '5%', dwell: '1m' },
        { weight: '60%', dwell: '1m' },
      ],
    });
    const course = inStep1().looks().happens({ kind: 'rebased', policy: edited, policyDigest: 'sha256:second' });
    expect(course.evidence.anewAt).toBe(course.at);
    expect(course.looks().counts().slice(1)).toEqual([['step-1', 20, 180]]);
  });
});

describe('the requests of a stage', () => {
  it('are not known before the first look, nor of a version that reports nothing', () => {
    const course = inStep1();
    expect(course.counts()[1]).toEqual(['step-1', null, null]);
    expect(course.looks({ canary: null }).counts()[1]).toEqual(['step-1', null, 90]);
    expect(course.looks().counts()[1]).toEqual(['step-1', 10, 180]);
    expect(course.looks({ stable: null }).counts()[1]).toEqual(['step-1', 20, 180]);
  });

  it('are those of its own split, also when their block comes in the next stage', () => {
    const course = inStep1().looks();
    const { splitEpoch, canaryBps } = course.rollout;
    course.happens({ kind: 'advanced', to: 'step-2' }).looks({ splitEpoch, canaryBps }).looks();
    expect(course.counts().slice(1)).toEqual([
      ['step-1', 20, 180],
      ['step-2', 10, 90],
    ]);
  });

  it('leave out what came before the rollout, and blocks that break the contract', () => {
    const course = inStep1();
    course.looks({ splitEpoch: course.rollout.firstEpoch - 1 });
    course.looks({ canary: answers(-3) });
    course.looks({ durationMs: Number.NaN });
    expect(course.counts().slice(1)).toEqual([['step-1', null, null]]);
  });

  it('are the forced ones in the internal phase, and those of listed consumers in their step', () => {
    const policy = policyOf({
      steps: [
        { consumers: 'listed', dwell: '1m' },
        { weight: '50%', dwell: '1m' },
      ],
    });
    const over = {
      canary: NONE,
      forced: { stable: NONE, canary: answers(3) },
      ruled: { stable: answers(4), canary: answers(5) },
    };
    const course = new Course('preflight', policy)
      .happens({ kind: 'preflightPassed' })
      .looks(over)
      .happens({ kind: 'internalPassed', reason: 'enough' })
      .looks(over)
      .happens({ kind: 'advanced', to: 'step-2' })
      .looks({ forced: over.forced, ruled: over.ruled });
    expect(course.counts()).toEqual([
      ['internal', 3, 90],
      ['step-1', 5, 90],
      ['step-2', 10, 90],
    ]);
  });
});

describe('evidence of a version that kept no past', () => {
  it('says nothing of the stage that runs, and all of the next', () => {
    const course = new Course('step-1');
    expect(course.looks().evidence.past).toBeUndefined();
    const { splitEpoch } = course.rollout;
    course.happens({ kind: 'advanced', to: 'step-2' }).looks({ splitEpoch }).looks();
    expect(course.counts()).toEqual([['step-2', 10, 90]]);
  });

  it('says nothing any more once such a version has led the rollout on', () => {
    const course = inStep1().looks();
    const older = course.evidence;
    course.happens({ kind: 'advanced', to: 'step-2' });
    const { past: _, ...left } = course.evidence;
    course.evidence = { ...left, ...(older.past ? { past: older.past } : {}) };
    expect(course.looks().counts()).toEqual([]);
    expect(course.happens({ kind: 'promoted', full: false }).looks().counts()).toEqual([['bake', 10, 90]]);
  });

  it('is left as it is at the end of the rollout', () => {
    const course = new Course('step-1').looks();
    const before = course.evidence;
    expect(course.happens({ kind: 'rolledBack' }).evidence).toBe(before);
  });
});
