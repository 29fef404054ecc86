import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type ControllerStage, controllerStage, embeddedStore, OPERATOR } from '../../support/controller-stage.ts';

let embedded: Awaited<ReturnType<typeof embeddedStore>>;

beforeAll(async () => {
  embedded = await embeddedStore();
});
afterAll(() => embedded.close());

/** A start whose preflight lasts until `during` is over. */
function startDuring(stage: ControllerStage, during: () => void | Promise<void>) {
  Object.assign(stage.ports, {
    probe: async () => {
      await during();
      return null;
    },
  });
  const v2 = { route: stage.route, canaryUrl: 'http://127.0.0.1:9002/', version: 'v2', reason: 'release' };
  return stage.commands.start({ ...v2, replace: false, force: false }, OPERATOR);
}

function stageHere(): ControllerStage {
  const stage = controllerStage(embedded.store);
  onTestFinished(() => stage.close());
  return stage;
}

const nothingOf = async ({ store, route, orders }: ControllerStage) => [
  await store.rollouts.list({ route, limit: 1 }),
  await store.audit.list({ route, limit: 1 }),
  [...orders],
];

it('a route that is taken out of the file during preflight gets no rollout', async () => {
  const stage = stageHere();
  const start = startDuring(stage, () => void Object.defineProperty(stage.ports, 'routes', { value: [] }));
  await expect(start).rejects.toMatchObject({ code: 'not-found' });
  expect(await nothingOf(stage)).toEqual([[], [], []]);
});

it('a route that gets another stable during preflight gets no rollout', async () => {
  const stage = stageHere();
  const start = startDuring(stage, () => {
    stage.world.declaredStable = 'http://127.0.0.1:9009/';
  });
  await expect(start).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('start the rollout again'),
  });
  expect(await nothingOf(stage)).toEqual([[], [], []]);
});

it('a rollout is not written while a file is put into force', async () => {
  const stage = stageHere();
  const inForce = Promise.withResolvers<void>();
  const { declarations } = stage.ports.memory;
  const start = startDuring(stage, () => void declarations.take(() => inForce.promise));
  const early = await Promise.race([
    start.then(() => 'started'),
    new Promise((done) => setTimeout(done, 300, 'waits')),
  ]);
  expect([early, await nothingOf(stage)]).toEqual(['waits', [[], [], []]]);
  inForce.resolve();
  expect((await start).created).toBe(true);
});
