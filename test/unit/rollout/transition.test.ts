import { describe, expect, it } from 'vitest';
import { stepContext } from '../../../src/rollout/plan.ts';
import { stageName } from '../../../src/rollout/state.ts';
import { begin, transition } from '../../../src/rollout/transition.ts';
import { apply, context, policyOf, refusal, rolloutIn, startedEvent, T0 } from '../../support/rollouts.ts';

describe('the way up', () => {
  it('goes internal, every step, bake, promoted, finalised, with the weight of each stage', () => {
    const stages = ['internal', 'step-1', 'step-2', 'bake', 'promoted', 'finalised'];
    expect(stages.map((stage) => rolloutIn(stage).canaryBps)).toEqual([0, 1_000, 5_000, 10_000, 10_000, 10_000]);
  });

  it('gives every stage a new split epoch and a fresh dwell, and closes its gates', () => {
    const before = apply(apply(rolloutIn('internal'), { kind: 'gatePassed', gate: 'integration-tests' }), {
      kind: 'extended',
      byMs: 5_000,
    });
    const moved = transition(before, { kind: 'internalPassed', reason: 'enough' }, context({ at: T0 + 9_000 }));
    expect(moved).toMatchObject({
      kind: 'moved',
      evidence: 'stage',
      rollout: { splitEpoch: before.splitEpoch + 1, gatesPassed: [], extraDwellMs: 0, stageEnteredAt: T0 + 9_000 },
    });
  });

  it('does not pass a step on the word of another step', () => {
    const verdict = {
      name: 'at-parity',
      reason: 'fine',
      logEvidence: 0,
      logThreshold: 7,
      logHold: 3,
      findings: [],
      worst: null,
      needs: null,
      forecast: null,
    } as const;
    expect(refusal(rolloutIn('step-2'), { kind: 'stepPassed', index: 0, reason: 'late', verdict })).toBe(
      'another step is on',
    );
  });
});

describe('a further attempt', () => {
  it('has its beta narrowed by the recent attempts, not by the number that people see', () => {
    const started = { ...startedEvent(), attempt: 7, recentAttempt: 2 };
    const internal = apply(begin(started, T0), { kind: 'preflightPassed' });
    const rollout = apply(internal, { kind: 'internalPassed', reason: 'enough' });
    expect([rollout.attempt, stepContext(rollout, T0)?.attempt]).toEqual([7, 2]);
  });
});

describe('the way down', () => {
  const verdict = {
    name: 'harmful',
    reason: 'canary errors 5 %',
    logEvidence: 8,
    logThreshold: 7,
    logHold: 3,
    findings: [],
    worst: 'errors',
    needs: null,
    forecast: null,
  } as const;

  it.each(['step-1', 'step-2', 'bake'])('rolls back from %s, blames the version and opens a page', (stage) => {
    const after = apply(rolloutIn(stage), { kind: 'canaryJudgedHarmful', reason: verdict.reason, verdict });
    expect(after).toMatchObject({
      stage: { kind: 'rolled-back' },
      canaryBps: 0,
      openPage: 'rolled-back',
      reason: 'canary errors 5 %',
    });
    expect(after.endedAt).not.toBeNull();
  });

  it('rolls back while paused', () => {
    const paused = apply(rolloutIn('step-1'), { kind: 'paused' });
    expect(apply(paused, { kind: 'canaryBraked', reason: '20 failures in a row' })).toMatchObject({
      stage: { kind: 'rolled-back' },
      paused: null,
    });
  });

  it('takes a canary back without blame, and pages, where the brake blames nobody', () => {
    const event = { kind: 'canaryBraked', reason: 'one key', blames: 'nobody' } as const;
    expect(apply(rolloutIn('step-1'), event)).toMatchObject({
      stage: { kind: 'aborted' },
      openPage: 'rolled-back',
      canaryBps: 0,
    });
  });

  it('aborts without blame or page', () => {
    expect(apply(rolloutIn('step-1'), { kind: 'aborted' })).toMatchObject({
      stage: { kind: 'aborted' },
      openPage: null,
      canaryBps: 0,
    });
  });

  it('fails the internal phase when a forced request failed', () => {
    expect(
      apply(rolloutIn('internal'), { kind: 'internalFailed', reason: '1 of 3 forced requests failed' }).stage.kind,
    ).toBe('rolled-back');
  });

  it.each(['finalised', 'rolled-back', 'aborted'])('nothing moves a rollout that is %s', (stage) => {
    const ended = rolloutIn(stage);
    for (const event of [{ kind: 'paused' }, { kind: 'rolledBack' }, { kind: 'promoted', full: true }] as const) {
      expect(refusal(ended, event)).toBe(`the rollout has ended: ${stage}`);
    }
  });
});

describe('what a person may do', () => {
  it('advances to the stage that is named, and to no other', () => {
    expect(stageName(apply(rolloutIn('step-1'), { kind: 'advanced', to: 'step-2' }).stage)).toBe('step-2');
    expect(refusal(rolloutIn('step-1'), { kind: 'advanced', to: 'bake' })).toBe('the next stage is step-2, not bake');
  });

  it('promotes with a bake, or in full without', () => {
    expect(apply(rolloutIn('step-1'), { kind: 'promoted', full: false }).stage.kind).toBe('bake');
    expect(apply(rolloutIn('step-1'), { kind: 'promoted', full: true }).stage.kind).toBe('promoted');
    expect(refusal(rolloutIn('bake'), { kind: 'promoted', full: false })).toBe('it serves 100% already');
  });

  it('pauses and resumes once each, and no block spans either', () => {
    const running = rolloutIn('step-1');
    const paused = apply(running, { kind: 'paused' });
    expect(paused.paused).toEqual({ at: T0 + 1_000, by: 'ada', role: 'operator', reason: 'because' });
    expect(refusal(paused, { kind: 'paused' })).toBe('it is paused already');
    const resumed = apply(paused, { kind: 'resumed' });
    expect(resumed.splitEpoch).toBe(running.splitEpoch + 2);
    expect(refusal(resumed, { kind: 'resumed' })).toBe('it is not paused');
  });

  it('sets the weight of a step only, below 100 %', () => {
    expect(apply(rolloutIn('step-1'), { kind: 'weightSet', canaryBps: 250 })).toMatchObject({
      canaryBps: 250,
      stage: { kind: 'step', index: 0 },
    });
    expect(refusal(rolloutIn('step-1'), { kind: 'weightSet', canaryBps: 10_000 })).toContain('promote for 100%');
    expect(refusal(rolloutIn('step-1'), { kind: 'weightSet', canaryBps: 1_000 })).toBe('the weight is 10% already');
    expect(refusal(rolloutIn('internal'), { kind: 'weightSet', canaryBps: 100 })).toContain('advance instead');
  });

  it('opens a gate that the stage has', () => {
    expect(apply(rolloutIn('internal'), { kind: 'gatePassed', gate: 'integration-tests' }).gatesPassed).toEqual([
      'integration-tests',
    ]);
    expect(refusal(rolloutIn('internal'), { kind: 'gatePassed', gate: 'lunch' })).toBe(
      'internal has no gate lunch; it has integration-tests',
    );
  });

  it('ends a consumer step only when every listed consumer is moved', () => {
    const policy = policyOf({ consumers: { default: 'stable' }, steps: [{ consumers: 'listed', dwell: '14d' }] });
    const step = rolloutIn('step-1', policy);
    expect(step.canaryBps).toBe(0);
    const left = (...listed: readonly string[]) => ({ needsOld: { listed, unlisted: null } });
    const on = 'move them first, or go on without them: leaveBehind, --leave-behind on the command line';
    expect(refusal(step, { kind: 'advanced', to: 'bake' }, left('acme', 'globex'))).toBe(
      `2 listed consumers still need v1: acme, globex; ${on}`,
    );
    expect(refusal(step, { kind: 'promoted', full: true }, left('acme'))).toBe(
      `1 listed consumer still needs v1: acme; ${on}`,
    );
    expect(apply(step, { kind: 'advanced', to: 'bake' }).stage.kind).toBe('bake');
    const leaveBehind = { listed: ['acme'], unlisted: null };
    const without = transition(step, { kind: 'promoted', full: false, leaveBehind }, context(left('acme')));
    expect(without).toMatchObject({ kind: 'moved', rollout: { stage: { kind: 'bake' } } });
    const repair = { kind: 'promoted', full: true, repair: true } as const;
    expect(transition(step, repair, context(left('acme'))).kind).toBe('moved');
  });

  it('rebases to an edited policy with evidence from nothing, unless the step has gone', () => {
    const edited = policyOf({ steps: [{ weight: '20%', dwell: '1m' }] });
    const event = { kind: 'rebased', policy: edited, policyDigest: 'sha256:second' } as const;
    expect(transition(rolloutIn('step-1'), event, context())).toMatchObject({
      evidence: 'all',
      rollout: { policyDigest: 'sha256:second', canaryBps: 2_000 },
    });
    expect(refusal(rolloutIn('step-2'), event)).toContain('no step like step-2');
    expect(refusal(rolloutIn('step-1'), { ...event, policyDigest: 'sha256:first' })).toBe('the policy has not changed');
  });

  it('skips a check once, and what is skipped with another not again', () => {
    const without = apply(rolloutIn('step-1'), { kind: 'checkSkipped', check: 'p95' });
    expect(refusal(without, { kind: 'checkSkipped', check: 'p95' })).toBe('p95 is skipped already');
    expect(refusal(without, { kind: 'checkSkipped', check: 'keys:p95' })).toBe('keys:p95 is skipped already');
    expect(apply(without, { kind: 'checkSkipped', check: 'keys:p99' }).skippedChecks).toEqual(['p95', 'keys:p99']);
    expect(refusal(without, { kind: 'checkSkipped', check: 'unheard-of' })).toMatch('no check unheard-of');
  });

  it('acknowledges an open page by any override', () => {
    const stuck = apply(rolloutIn('step-1'), { kind: 'undecidedTooLong', reason: 'undecided for longer than 3m' });
    expect(stuck.openPage).toBe('undecided');
    expect(apply(stuck, { kind: 'extended', byMs: 60_000 }).openPage).toBeNull();
  });
});
