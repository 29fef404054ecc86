import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ControllerStage, controllerStage, embeddedStore, OPERATOR } from '../support/controller-stage.ts';
import { LateCalls } from '../support/late-calls.ts';
import { policyOf } from '../support/rollouts.ts';

const MINUTE = 60_000;
const TICK = 5_000;
const HALF = { kind: 'weightSet', canaryBps: 5_000 } as const;
const ROLL_BACK = { kind: 'rolledBack' } as const;
const ON_STABLE = { canaryBps: 0, forceAllowed: false };

let database: Awaited<ReturnType<typeof embeddedStore>>;
let on: ControllerStage;
let calls: LateCalls;

beforeAll(async () => {
  database = await embeddedStore();
});
afterEach(async () => {
  calls.release();
  on.world.database = 'well';
  await on.run(TICK);
  await on.close();
});
afterAll(() => database.close());

const startOf = (version: string, replace: boolean) =>
  on.commands.start(
    { route: on.route, canaryUrl: `http://127.0.0.1:9002/${version}`, version, reason: 'ready', replace, force: false },
    OPERATOR,
  );

/** A rollout in its first step, at 10 %, for an hour; its gateway answers late as `calls` says. */
async function inStep1(): Promise<string> {
  calls = new LateCalls();
  const policies = { 'two-steps': policyOf({ internal: { requests: 5 }, steps: [{ weight: '10%', dwell: '1h' }] }) };
  on = controllerStage(database.store, { policies, calls });
  const { id } = (await startOf('v2', false)).record.rollout;
  await on.run(10 * MINUTE, async () => (await on.stageOf(id)) === 'step-1');
  return id;
}

async function waits(): Promise<void> {
  await expect.poll(() => calls.waiting.length).toBe(1);
}

/** A person gives the canary half of the traffic, and the order is on its way until the calls are released. */
async function raising(id: string): Promise<{ readonly done: Promise<unknown> }> {
  calls.hold('setSplit');
  const done = on.commands.override(id, HALF, OPERATOR, 'more', null);
  await waits();
  return { done };
}

/** The router refuses every order until it is mended. */
function breakRouter(): () => void {
  const { router } = on.ports;
  const { apply } = router;
  Object.assign(router, { apply: () => Promise.reject(new Error('no answer')) });
  return () => void Object.assign(router, { apply });
}

describe('an order that is late', () => {
  it('is overtaken by the rollback after it, and changes nothing any more', async () => {
    const id = await inStep1();
    const raised = await raising(id);
    calls.passOthers();
    await on.commands.override(id, ROLL_BACK, OPERATOR, 'no', null);
    expect(on.served()).toMatchObject({ canary: null, ...ON_STABLE });
    calls.release();
    await raised.done;
    expect(on.served()).toMatchObject({ canary: null, ...ON_STABLE });
  });

  it('gives the canary nothing where the gateway has braked meanwhile, and the brake is recorded', async () => {
    const id = await inStep1();
    const raised = await raising(id);
    await on.pullBrake('20 failures in a row');
    calls.release();
    await raised.done;
    expect(on.served()).toMatchObject(ON_STABLE);
    await on.run(TICK);
    expect([await on.stageOf(id), on.brakes.size]).toEqual(['rolled-back', 0]);
  });

  it('holds nobody up who rolls back while the database is away', async () => {
    const id = await inStep1();
    const raised = await raising(id);
    calls.hold('appliedSplit');
    on.world.database = 'away';
    const before = performance.now();
    await on.commands.override(id, ROLL_BACK, OPERATOR, 'users see errors', null);
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(on.served()).toMatchObject(ON_STABLE);
    calls.release();
    await raised.done;
    expect(on.served()).toMatchObject(ON_STABLE);
    on.world.database = 'well';
    await on.run(TICK);
    expect(await on.stageOf(id)).toBe('rolled-back');
  });

  it('that is refused is asked for again, although its rollout has ended', async () => {
    const id = await inStep1();
    const mend = breakRouter();
    await expect(on.commands.override(id, ROLL_BACK, OPERATOR, 'no', null)).rejects.toThrow('no answer');
    expect(await on.stageOf(id)).toBe('rolled-back');
    expect(on.served()).toMatchObject({ canaryBps: 1_000 });
    mend();
    await on.run(TICK);
    expect(on.served()).toMatchObject({ canary: null, ...ON_STABLE });
    expect(on.ports.memory.unapplied.size).toBe(0);
  });

  it('is still asked for where an older one is confirmed after it was refused', async () => {
    const id = await inStep1();
    on.ports.memory.unapplied.set(on.route, { reason: null });
    calls.hold('setSplit');
    const ticked = on.run(TICK);
    await waits();
    // The tick has read the store and asks for the step's split when the rollout is rolled back.
    const mend = breakRouter();
    await expect(on.commands.override(id, ROLL_BACK, OPERATOR, 'no', null)).rejects.toThrow('no answer');
    mend();
    calls.release();
    await ticked;
    await on.run(TICK);
    expect(on.served()).toMatchObject({ canary: null, ...ON_STABLE });
    expect(on.ports.memory.unapplied.size).toBe(0);
  });
});

describe('a brake', () => {
  it('of the canary that is being replaced is not charged to the new one', async () => {
    await inStep1();
    calls.hold('setSplit');
    const replaced = startOf('v3', true);
    await waits();
    await on.pullBrake('20 failures in a row');
    calls.release();
    const { id } = (await replaced).record.rollout;
    await on.run(2 * TICK);
    expect([await on.stageOf(id), on.brakes.size]).toEqual(['step-1', 0]);
    expect(on.served()).toMatchObject({ rolloutId: id, canaryBps: 1_000, forceAllowed: true });
  });

  it('of a rollout that was ended meanwhile is no trouble for ever', async () => {
    const id = await inStep1();
    await on.commands.override(id, ROLL_BACK, OPERATOR, 'no', null);
    on.brakes.set(id, { reason: '20 failures in a row', blames: 'canary' });
    await on.run(TICK);
    expect([on.brakes.size, await on.stageOf(id)]).toEqual([0, 'rolled-back']);
  });
});

describe('a way to the stable that is late', () => {
  it('is owed once, and nobody is told that it is done before it is', async () => {
    const id = await inStep1();
    on.world.database = 'away';
    calls.hold('toStable');
    const done: string[] = [];
    const rollBack = async (who: string) => {
      await on.commands.override(id, ROLL_BACK, { ...OPERATOR, name: who }, 'users see errors', null);
      done.push(who);
    };
    const both = Promise.all([rollBack('ada'), rollBack('bob')]);
    await expect.poll(() => calls.waiting.length).toBe(2);
    expect(done).toEqual([]);
    calls.release();
    await both;
    expect(on.served()).toMatchObject(ON_STABLE);
    on.world.database = 'well';
    await on.run(TICK);
    const entries = await on.store.audit.list({ rolloutId: id, limit: 100 });
    expect(entries.filter(({ event }) => event.kind === 'rolledBack').map(({ actor }) => actor.name)).toEqual(['ada']);
  });

  it('that fails is not claimed, and can be asked for again', async () => {
    const id = await inStep1();
    on.world.database = 'away';
    const { safeguard } = on.ports;
    const { toStable } = safeguard;
    Object.assign(safeguard, { toStable: () => Promise.reject(new Error('no answer')) });
    const rollBack = () => on.commands.override(id, ROLL_BACK, OPERATOR, 'users see errors', null);
    await expect(rollBack()).rejects.toThrow('no answer');
    expect(on.ports.memory.unrecorded.size).toBe(0);
    Object.assign(safeguard, { toStable });
    await rollBack();
    expect(on.served()).toMatchObject(ON_STABLE);
  });
});
