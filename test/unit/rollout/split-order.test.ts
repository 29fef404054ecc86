import { describe, expect, it } from 'vitest';
import { orderFor, shareInForce, weightInForce } from '../../../src/rollout/split-order.ts';
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

  it('says how long a WebSocket has to live, where the policy does', () => {
    const policy = policyOf({ checks: { errors: { webSocketEarlyClose: '5s' } } });
    expect(orderFor(rolloutIn('step-1', policy)).measure.webSocketEarlyCloseMs).toBe(5_000);
    expect(orderFor(rolloutIn('step-1')).measure).not.toHaveProperty('webSocketEarlyCloseMs');
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

  it('tells the share in force: on its way during a ramp, and of no use where the gateway has none', () => {
    const step2 = rolloutIn('step-2', policyOf({ judge: { warmUp: '4m' } }));
    const since = orderFor(step2).ramp?.since ?? 0;
    expect(shareInForce(step2, since)).toBe(1_500);
    expect(shareInForce(step2, since + 120_000)).toBe(5_000);
    expect(shareInForce(rolloutIn('internal'), T0)).toBe(0);
    expect(shareInForce({ ...step2, router: 'none' }, since)).toBeNull();
    expect(shareInForce(rolloutIn('finalised'), T0)).toBeNull();
  });

  it('is at once what is promoted past the bake, which has no ramp', () => {
    const step = rolloutIn('step-1', policyOf({ judge: { warmUp: '4m' } }));
    const promoted = apply(step, { kind: 'promoted', full: true });
    expect(promoted).toMatchObject({ stage: { kind: 'promoted' }, increase: { fromBps: 1_000 } });
    expect(orderFor(promoted).ramp).toBeUndefined();
    expect(shareInForce(promoted, promoted.stageEnteredAt)).toBe(10_000);
  });

  it('ends a ramp where it is when harm holds, and begins a new one where a person sets another weight', () => {
    const step2 = rolloutIn('step-2', policyOf({ onHarm: 'hold', judge: { warmUp: '4m' } }));
    const since = step2.increase?.at ?? 0;
    const heldAt = (ms: number) => ({ ...step2, harmHeldAt: since + ms });
    expect(orderFor(heldAt(20_000))).toMatchObject({ canaryBps: 2_000 });
    expect(orderFor(heldAt(20_000))).not.toHaveProperty('ramp');
    expect(orderFor(heldAt(200_000))).toMatchObject({ canaryBps: 5_000 });
    expect([10_000, 20_000, 100_000].map((ms) => weightInForce(heldAt(20_000), since + ms))).toEqual([
      2_000, 2_000, 2_000,
    ]);
    const byHand = { ...heldAt(20_000), canaryBps: 7_000, increase: { at: since + 60_000, fromBps: 5_000 } };
    expect(orderFor(byHand)).toMatchObject({ canaryBps: 7_000, ramp: { fromBps: 5_000 } });
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

  it('has answers compared, already in the internal phase, where the policy says so', () => {
    const policy = policyOf({ checks: { answers: { ignore: ['/meta'] } } });
    for (const stage of ['internal', 'step-1']) {
      expect(orderFor(rolloutIn(stage, policy)).measure.reads?.answers).toEqual({ ignore: ['/meta'] });
    }
    expect(orderFor(rolloutIn('step-1', policyOf())).measure.reads).toBeUndefined();
  });
});
