import { describe, expect, it } from 'vitest';
import { orderFor } from '../../../src/rollout/split-order.ts';
import { begin } from '../../../src/rollout/transition.ts';
import { apply, policyOf, rolloutIn, startedEvent, T0 } from '../../support/rollouts.ts';

describe('orderFor', () => {
  it('keeps the canary for forced traffic only in the internal phase', () => {
    expect(orderFor(rolloutIn('internal'))).toMatchObject({
      canaryBps: 0,
      forceAllowed: true,
      consumerDefault: null,
      canary: { version: 'v2' },
    });
  });

  it('lets consumer rules count in the steps and no longer when the canary serves everybody', () => {
    expect(orderFor(rolloutIn('step-1'))).toMatchObject({ canaryBps: 1_000, consumerDefault: 'by-weight' });
    expect(orderFor(rolloutIn('bake'))).toMatchObject({ canaryBps: 10_000, consumerDefault: null });
  });

  it('keeps whoever is not listed on the stable in a consumer step', () => {
    const policy = policyOf({ consumers: { default: 'stable' }, steps: [{ consumers: 'listed', dwell: '14d' }] });
    expect(orderFor(rolloutIn('step-1', policy))).toMatchObject({ canaryBps: 0, consumerDefault: 'stable' });
  });

  it('says which keys come last for as long as the rollout runs, as its start fixed them', () => {
    const heavyLast = { units: [7, 9_000], share: 0.31 };
    const begun = begin(JSON.parse(JSON.stringify({ ...startedEvent(), heavyLast })), T0);
    const passed = apply(begun, { kind: 'preflightPassed' });
    for (const rollout of [passed, apply(passed, { kind: 'internalPassed', reason: 'none failed' })]) {
      expect(orderFor(rollout).lastUnits).toEqual([7, 9_000]);
    }
    expect(orderFor(rolloutIn('step-1')).lastUnits).toBeUndefined();
  });

  it('ramps an increase over half of the warm-up, or as the policy says, where the gateway carries the traffic', () => {
    const policy = policyOf({ judge: { warmUp: '4m' } });
    const step2 = rolloutIn('step-2', policy);
    const since = step2.increase?.at;
    expect(orderFor(step2)).toMatchObject({ canaryBps: 5_000, ramp: { fromBps: 1_000, since, ms: 120_000 } });
    expect(orderFor(rolloutIn('bake', policy)).ramp).toMatchObject({ fromBps: 5_000 });
    expect(orderFor(rolloutIn('step-2', policyOf({ ramp: '30s', judge: { warmUp: '4m' } }))).ramp?.ms).toBe(30_000);
    for (const none of [policyOf({ ramp: '0s', judge: { warmUp: '4m' } }), policyOf()]) {
      expect(orderFor(rolloutIn('step-2', none)).ramp).toBeUndefined();
    }
    expect(orderFor({ ...step2, router: 'none' }).ramp).toBeUndefined();
    const back = apply(step2, { kind: 'canarySteppedBack', reason: 'cold' });
    expect(orderFor(back).ramp).toBeUndefined();
    expect(orderFor(rolloutIn('promoted', policy)).ramp).toBeUndefined();
  });
  it('makes the canary the stable when finalised, and drops it when rolled back', () => {
    expect(orderFor(rolloutIn('finalised'))).toMatchObject({
      stable: { version: 'v2' },
      canary: null,
      forceAllowed: false,
    });
    expect(orderFor(rolloutIn('rolled-back'))).toMatchObject({
      stable: { version: 'v1' },
      canary: null,
      canaryBps: 0,
      forceAllowed: false,
    });
  });
});
