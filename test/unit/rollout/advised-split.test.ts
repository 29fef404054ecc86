import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/rollout/decide.ts';
import type { RolloutEvent } from '../../../src/rollout/event.ts';
import { noEvidence } from '../../../src/rollout/evidence.ts';
import { interference } from '../../../src/rollout/interference.ts';
import type { Rollout } from '../../../src/rollout/state.ts';
import { begin } from '../../../src/rollout/transition.ts';
import { announced, apply, rolloutIn, startedEvent, T0 } from '../../support/rollouts.ts';

const advised = (stage: string): Rollout => ({ ...rolloutIn(stage), router: 'none' });
const FACTS = { at: T0 + 600_000, braked: null, preflightFailure: null };

function summaryOf(before: Rollout, event: RolloutEvent): string | undefined {
  return announced(before, event)[0]?.summary;
}

describe('a rollout whose split Serin only advises', () => {
  it('keeps from its start on that it is one', () => {
    const started = begin({ ...startedEvent(), router: 'none' }, T0);
    expect(apply(started, { kind: 'preflightPassed' }).router).toBe('none');
    expect(begin(startedEvent(), T0)).not.toHaveProperty('router');
  });

  it('needs no forced requests, which nobody could send', () => {
    const rollout = apply(advised('internal'), { kind: 'gatePassed', gate: 'integration-tests' });
    const seen = { ...noEvidence(rollout.policy, T0), appliedAt: T0 };
    expect(decide(rollout, seen, FACTS)).toMatchObject({ kind: 'internalPassed' });
    expect(decide({ ...rollout, gatesPassed: [] }, seen, FACTS)).toBeNull();
  });

  it('never ends its bake by itself: nobody sees that the canary serves everybody', () => {
    const rollout = advised('bake');
    const verdict = { ...noEvidence(rollout.policy, T0), appliedAt: T0, dwellMs: 3_600_000 };
    expect(decide(rollout, verdict, FACTS)).toBeNull();
  });

  it('takes no increase back that was only advised', () => {
    const moved: Rollout = { ...rolloutIn('step-2'), increase: { at: T0, fromBps: 1_000 } };
    const rollout: Rollout = { ...moved, router: 'none' };
    const alarm = { since: T0, goodBlocks: 0, events: 9, requests: 10 };
    const evidence = noEvidence(rollout.policy, T0);
    const failing = {
      ...evidence,
      faultSince: T0 + 1_000,
      judge: { ...evidence.judge, fault: { ...evidence.judge.fault, alarm } },
    };
    expect(interference(moved, failing, T0 + 300_000)?.kind).toBe('faultFollowedIncrease');
    expect(interference(rollout, failing, T0 + 300_000)).toBeNull();
  });

  it.each<[string, RolloutEvent, string]>([
    [
      'internal',
      { kind: 'internalPassed', reason: 'nobody forces requests on this route' },
      'payments: v2 may be given 10% now (step-1); Serin does not move the traffic of this route: nobody forces requests on this route',
    ],
    [
      'step-2',
      { kind: 'advanced', to: 'bake' },
      'payments: v2 may be given 100% now; Serin does not move the traffic of this route: advance it to promoted when it serves everybody: ada: “because”',
    ],
    [
      'step-1',
      { kind: 'blindTooLong', action: 'rollback', reason: 'blind for 10m' },
      'payments: take all traffic off v2 now, v1 should serve 100%; Serin does not move the traffic of this route: blind for 10m',
    ],
    ['bake', { kind: 'advanced', to: 'promoted' }, 'payments: v2 promoted: ada: “because”'],
    [
      'step-1',
      { kind: 'aborted' },
      'payments: v2 aborted; Serin does not move the traffic of this route: ada: “because”',
    ],
  ])('from %s says what to do, and that Serin did not do it', (stage, event, summary) => {
    expect(summaryOf(advised(stage), event)).toBe(summary);
  });
});
