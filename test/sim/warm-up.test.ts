import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { replay } from '../../src/controller/replay.ts';
import { canonicalJson } from '../../src/policy/digest.ts';
import { type ControllerStage, controllerStage, embeddedStore, OPERATOR } from '../support/controller-stage.ts';
import { policyOf } from '../support/rollouts.ts';
import { HEALTHY } from '../support/simulated-traffic.ts';

const MINUTE = 60_000;

let database: Awaited<ReturnType<typeof embeddedStore>>;
let on: ControllerStage;

beforeAll(async () => {
  database = await embeddedStore();
});

afterEach(() => on.close());

afterAll(() => database.close());

/** A rollout that has just got half of the traffic. */
async function inStep2(): Promise<string> {
  const policy = policyOf({ internal: { requests: 5 }, harm: { slow: 100_000 }, judge: { warmUp: '4m' } });
  on = controllerStage(database.store, { policies: { 'two-steps': policy } });
  const command = { route: on.route, canaryUrl: 'http://127.0.0.1:9002/', version: 'v2', reason: 'ready' };
  const { record } = await on.commands.start({ ...command, replace: false, force: false }, OPERATOR);
  const { id } = record.rollout;
  await on.run(60 * MINUTE, async () => (await on.stageOf(id)) === 'step-2');
  return id;
}

/** What the audit has; it gives the rollout back. */
async function told(id: string) {
  const audit = (await on.store.audit.list({ rolloutId: id, limit: 1_000 })).toReversed();
  const rollout = (await on.store.rollouts.find(id))?.rollout;
  expect(canonicalJson(replay(audit))).toBe(canonicalJson(rollout));
  return { rollout, kinds: audit.map(({ event }) => event.kind) };
}

describe('a canary that is slow for some minutes after an increase', () => {
  it('goes back once, warms up and is promoted', async () => {
    const id = await inStep2();
    Object.assign(on.world, { canary: { ...HEALTHY, medianMs: 60 } });
    await on.run(2 * MINUTE, async () => on.served()?.canaryBps !== 5_000);
    expect(on.served()?.canaryBps).toBe(1_000);
    await on.run(3 * MINUTE);
    expect(await on.stageOf(id)).toBe('step-2');
    Object.assign(on.world, { canary: HEALTHY });
    await on.run(60 * MINUTE, async () => (await on.stageOf(id)) === 'finalised');
    const { kinds, rollout } = await told(id);
    expect(rollout?.stage.kind).toBe('finalised');
    expect(kinds.slice(-5)).toEqual([
      'canarySteppedBack',
      'canaryTriedAgain',
      'stepPassed',
      'bakePassed',
      'rolloutFinalised',
    ]);
  });

  it('is rolled back when it is as slow at the second try', async () => {
    const id = await inStep2();
    Object.assign(on.world, { canary: { ...HEALTHY, medianMs: 60 } });
    await on.run(20 * MINUTE, async () => (await on.stageOf(id)) === 'rolled-back');
    const { kinds, rollout } = await told(id);
    expect(kinds.slice(-3)).toEqual(['canarySteppedBack', 'canaryTriedAgain', 'canaryJudgedHarmful']);
    expect(rollout?.reason).toMatch(/, while it warms up.*; still worse on the second try$/);
    expect(rollout?.openPage).toBe('rolled-back');
  });

  it('is rolled back at once when it fails grossly', async () => {
    const id = await inStep2();
    const began = on.elapsed();
    Object.assign(on.world, { canary: { ...HEALTHY, errors: 0.6 } });
    await on.run(5 * MINUTE, async () => (await on.stageOf(id)) === 'rolled-back');
    expect(on.elapsed() - began).toBeLessThanOrEqual(45_000);
    expect((await told(id)).rollout?.reason).toMatch(/^canary errors while it warms up /);
  });
});
