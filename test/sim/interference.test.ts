import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { replay } from '../../src/controller/replay.ts';
import { canonicalJson } from '../../src/policy/digest.ts';
import { type ControllerStage, controllerStage, embeddedStore, OPERATOR } from '../support/controller-stage.ts';
import { policyOf } from '../support/rollouts.ts';
import { HEALTHY } from '../support/simulated-traffic.ts';

const MINUTE = 60_000;
const WORSE = { errors: { ...HEALTHY, errors: 0.3 }, latency: { ...HEALTHY, medianMs: 60 } };

let database: Awaited<ReturnType<typeof embeddedStore>>;
let on: ControllerStage;

beforeAll(async () => {
  database = await embeddedStore();
});

afterEach(() => on.close());

afterAll(() => database.close());

/** A rollout whose last increase both versions did not bear. */
async function withdrawn(what: keyof typeof WORSE = 'errors'): Promise<string> {
  const steps = [
    { weight: '10%', dwell: '6m' },
    { weight: '50%', dwell: '10m' },
  ];
  on = controllerStage(database.store, { policies: { 'two-steps': policyOf({ internal: { requests: 5 }, steps }) } });
  const command = { route: on.route, canaryUrl: 'http://127.0.0.1:9002/', version: 'v2', reason: 'ready' };
  const { record } = await on.commands.start({ ...command, replace: false, force: false }, OPERATOR);
  const { id } = record.rollout;
  await on.run(60 * MINUTE, async () => (await on.stageOf(id)) === 'step-2');
  Object.assign(on.world, { stable: WORSE[what], canary: WORSE[what] });
  await on.run(10 * MINUTE, async () => on.served()?.canaryBps !== 5_000);
  expect(on.served()?.canaryBps).toBe(1_000);
  return id;
}

async function told(id: string, events = 2) {
  const audit = (await on.store.audit.list({ rolloutId: id, limit: 1_000 })).toReversed();
  const rollout = (await on.store.rollouts.find(id))?.rollout;
  expect(canonicalJson(replay(audit))).toBe(canonicalJson(rollout));
  return { rollout, last: audit.slice(-events).map(({ event }) => event.kind) };
}

describe('when both versions begin to fail soon after an increase of the weight', () => {
  it.each(['errors', 'latency'] as const)('rolls back when the fault comes back with the weight: %s', async (what) => {
    const id = await withdrawn(what);
    const began = on.world.now;
    // The canary at 50 % is too much for what both depend on.
    await on.run(30 * MINUTE, async () => {
      const hurts = (on.served()?.canaryBps ?? 0) >= 5_000;
      Object.assign(on.world, { stable: hurts ? WORSE[what] : HEALTHY, canary: hurts ? WORSE[what] : HEALTHY });
      return (await on.stageOf(id)) === 'rolled-back';
    });
    const { rollout, last } = await told(id, 4);
    expect(last).toEqual([
      'faultFollowedIncrease',
      'faultEndedAfterWithdrawal',
      'withdrawnWeightGivenAgain',
      'interferenceSuspected',
    ]);
    expect(rollout).toMatchObject({ openPage: 'rolled-back', canaryBps: 0 });
    expect(rollout?.reason).toMatch(/^suspected interference, the second time: /);
    expect(on.world.now - began).toBeLessThan(7 * MINUTE);
  });

  it('blames nobody for an outage that ends while the weight is withdrawn, and goes on', async () => {
    const id = await withdrawn();
    Object.assign(on.world, { stable: HEALTHY, canary: HEALTHY });
    await on.run(60 * MINUTE, async () => (await on.stageOf(id)) === 'bake');
    expect(await on.stageOf(id)).toBe('bake');
    const { last } = await told(id, 4);
    expect(last).toEqual([
      'faultFollowedIncrease',
      'faultEndedAfterWithdrawal',
      'withdrawnWeightGivenAgain',
      'stepPassed',
    ]);
  });

  it('holds and pages when it does not, and gives the weight back when a person resumes', async () => {
    const id = await withdrawn();
    await on.run(10 * MINUTE);
    const held = await told(id);
    expect(held.last).toEqual(['faultFollowedIncrease', 'faultOutlastedWithdrawal']);
    expect(held.rollout).toMatchObject({ stage: { kind: 'step', index: 1 }, openPage: 'shared-fault' });
    Object.assign(on.world, { stable: HEALTHY, canary: HEALTHY });
    await on.run(10 * MINUTE);
    expect(on.served()?.canaryBps).toBe(1_000);
    await on.commands.override(id, { kind: 'resumed' }, OPERATOR, 'the database was down', null);
    expect(on.served()?.canaryBps).toBe(5_000);
    await told(id);
  });
});
