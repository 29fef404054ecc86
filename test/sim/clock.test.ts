import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ControllerStage, controllerStage, embeddedStore, OPERATOR } from '../support/controller-stage.ts';
import { policyOf } from '../support/rollouts.ts';
import { HEALTHY } from '../support/simulated-traffic.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TICK = 5_000;

let database: Awaited<ReturnType<typeof embeddedStore>>;
let on: ControllerStage;

beforeAll(async () => {
  database = await embeddedStore();
});
afterEach(() => on.close());
afterAll(() => database.close());

async function inStep1(spec: Parameters<typeof policyOf>[0] = {}): Promise<string> {
  const steps = [{ weight: '10%', dwell: '6m' }];
  on = controllerStage(database.store, {
    policies: { 'two-steps': policyOf({ internal: { requests: 5 }, steps, ...spec }) },
  });
  const start = { route: on.route, canaryUrl: 'http://127.0.0.1:9002/', version: 'v2', reason: 'ready' };
  const { record } = await on.commands.start({ ...start, replace: false, force: false }, OPERATOR);
  await on.run(10 * MINUTE, async () => (await on.stageOf(record.rollout.id)) === 'step-1');
  return record.rollout.id;
}

const evidenceOf = async (id: string) => {
  const record = await on.store.rollouts.find(id);
  if (!record) throw new Error('it is gone');
  return record.evidence;
};

describe.each([
  ['back', -300_000],
  ['back by a day', -24 * HOUR],
  ['forward', 300_000],
  ['forward by a day', 24 * HOUR],
])('a clock that is set %s in the middle of a step', (_, byMs) => {
  it('costs and gives no dwell: the step lasts as long as it should', async () => {
    const id = await inStep1();
    const began = on.elapsed();
    await on.run(2 * MINUTE);
    on.setClock(byMs);
    await on.run(HOUR, async () => (await on.stageOf(id)) !== 'step-1');
    expect(await on.stageOf(id)).toBe('bake');
    const lasted = on.elapsed() - began;
    expect(lasted).toBeGreaterThanOrEqual(6 * MINUTE);
    expect(lasted).toBeLessThan(10 * MINUTE);
  });

  it('does not stop the judge: a canary that breaks afterwards is rolled back as soon', async () => {
    const id = await inStep1();
    await on.run(2 * MINUTE);
    on.setClock(byMs);
    await on.run(TICK);
    on.world.canary = { ...HEALTHY, errors: 0.2 };
    const began = on.elapsed();
    await on.run(HOUR, async () => (await on.stageOf(id)) === 'rolled-back');
    expect(on.elapsed() - began).toBeLessThanOrEqual(MINUTE);
  });

  it('lets what has lasted for a while last as long: nothing is blind for too long before it is', async () => {
    const id = await inStep1({ blind: { after: '6m', action: 'pause' } });
    await on.run(MINUTE);
    on.world.unusable = 'the source is down';
    await on.run(2 * MINUTE);
    on.setClock(byMs);
    await on.run(3 * MINUTE);
    expect((await on.store.rollouts.find(id))?.rollout).toMatchObject({ openPage: null, paused: null });
    await on.run(2 * MINUTE);
    expect((await on.store.rollouts.find(id))?.rollout).toMatchObject({ openPage: 'blind' });
  });

  it('and the age of the last look is what it is', async () => {
    const id = await inStep1();
    await on.run(MINUTE);
    on.setClock(byMs);
    expect(on.ports.memory.looks.standing(id)?.agoMs).toBeLessThanOrEqual(TICK);
    await on.run(2 * TICK);
    expect(on.ports.memory.looks.troubles()).toEqual([]);
    expect((await evidenceOf(id)).steppedMs).toBe(byMs);
  });
});

describe('a process that starts on a clock that was set back meanwhile', () => {
  it('goes on at once, from the evidence that it has', async () => {
    const id = await inStep1();
    await on.run(4 * MINUTE);
    const { dwellMs } = await evidenceOf(id);
    on.setClock(-300_000);
    on.ports.memory.looks.clear();
    await on.run(2 * TICK);
    const after = await evidenceOf(id);
    expect(after.dwellMs).toBeGreaterThan(dwellMs);
    expect(after.lookedAt).toBe(on.world.now);
  });
});
