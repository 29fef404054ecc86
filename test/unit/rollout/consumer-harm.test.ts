import { describe, expect, it } from 'vitest';
import type { PolicyDocument } from '../../../src/policy/schema.ts';
import { decide } from '../../../src/rollout/decide.ts';
import { needsOf } from '../../../src/rollout/needs/needs.ts';
import type { Rollout } from '../../../src/rollout/state.ts';
import { evidence, facts, verdict } from '../../support/decisions.ts';
import { announced, apply, policyOf, rolloutIn, T0 } from '../../support/rollouts.ts';

const WORSE = [
  { name: 'acme', since: T0, says: '60 of 200 requests failed' },
  { name: 'globex', since: T0, says: '9 of 20 requests failed' },
];
const consumers = { ledgerAt: T0, needsOld: { listed: [], unlisted: null }, worse: WORSE };

const inStep = (said: PolicyDocument['spec']['consumers'], spec: Partial<PolicyDocument['spec']> = {}) =>
  rolloutIn('step-1', policyOf({ consumers: said, ...spec }));
const seenBy = (rollout: Rollout) => evidence(rollout, { verdict: verdict('at-parity'), dwellMs: 1e9, consumers });
const decided = (rollout: Rollout) => decide(rollout, seenBy(rollout), facts());

describe('consumers that are worse off since they were moved', () => {
  it('are each paged about once, and hold the step by default', () => {
    const step = inStep({ default: 'stable' });
    const first = decided(step);
    expect(first).toEqual({
      kind: 'undecidedTooLong',
      cause: 'hold:consumer:acme',
      reason:
        'acme is worse off since it was moved, and it goes no further (consumers.onHarm): 60 of 200 requests failed',
    });
    const afterOne = first === null ? step : apply(step, first);
    const second = decided(afterOne);
    expect(second).toMatchObject({ cause: 'hold:consumer:globex' });
    const afterBoth = second === null ? step : apply(afterOne, second);
    expect(decided(afterBoth)).toBeNull();
    const open = needsOf(afterBoth, seenBy(afterBoth), facts()).filter(({ met }) => !met);
    expect(open).toEqual([
      {
        what: 'consumers',
        met: false,
        says: 'acme is worse off since it was moved: 60 of 200 requests failed; so is globex',
      },
    ]);
    // A person ends the stage all the same.
    expect(apply(afterBoth, { kind: 'advanced', to: 'step-2' }).stage).toEqual({ kind: 'step', index: 1 });
  });

  it('are only paged about where the policy says page', () => {
    const step = inStep({ default: 'stable', onHarm: 'page' });
    const first = decided(step);
    const second = first && decided(apply(step, first));
    expect([first, second].map((event) => event?.kind)).toEqual(['undecidedTooLong', 'undecidedTooLong']);
    const paged = [first, second].reduce((now, event) => (event ? apply(now, event) : now), step);
    expect(decided(paged)?.kind).toBe('stepPassed');
  });

  it('are moved back one by one, each once, and nobody is paged', () => {
    const step = inStep({ onHarm: 'move-back' });
    const first = decided(step);
    expect(first).toMatchObject({ kind: 'consumerMovedBack', consumer: 'acme' });
    const after = first === null ? step : apply(step, first);
    expect(after.openPage).toBeNull();
    expect(decided(after)).toMatchObject({ consumer: 'globex' });
    expect(first && announced(step, first).map(({ kind, summary }) => [kind, summary])).toEqual([
      ['note', 'payments: v2: acme was moved back to v1: 60 of 200 requests failed'],
    ]);
  });

  it('change nothing in a dry run, in the bake, and where the policy says nothing of consumers', () => {
    expect(decided(inStep({ default: 'stable' }, { dryRun: true }))?.kind).toBe('stepPassed');
    expect(decided(inStep(undefined))?.kind).toBe('stepPassed');
    const bake = rolloutIn('bake', policyOf({ consumers: { onHarm: 'move-back' } }));
    expect(decided(bake)?.kind).toBe('bakePassed');
  });

  it('never roll the rollout back', () => {
    for (const onHarm of ['hold', 'move-back', 'page'] as const) {
      const step = inStep({ onHarm });
      const event = decided(step);
      expect(event && apply(step, event)).toMatchObject({ stage: step.stage, canaryBps: step.canaryBps });
    }
  });
});
