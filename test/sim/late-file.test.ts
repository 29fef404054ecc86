import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { desiredOrder, stableDeclarations } from '../../src/controller/reconcile.ts';
import { controllerStage, embeddedStore, OPERATOR } from '../support/controller-stage.ts';

let database: Awaited<ReturnType<typeof embeddedStore>>;

beforeAll(async () => {
  database = await embeddedStore();
});
afterAll(() => database.close());

it('the promoted stable goes on at a replica that still has the former file, until a file goes back', async () => {
  const [former, next, third] = ['http://127.0.0.1:9001/', 'http://127.0.0.1:9002/', 'http://127.0.0.1:9003/'];
  const on = controllerStage(database.store, {});
  onTestFinished(() => on.close());
  const command = { route: on.route, canaryUrl: next, version: 'v2', reason: 'ready' };
  const { record } = await on.commands.start({ ...command, replace: false, force: false }, OPERATOR);
  await on.commands.override(record.rollout.id, { kind: 'promoted', full: true }, OPERATOR, 'sure', null);
  await on.run(10_000, async () => (await on.stageOf(record.rollout.id)) === 'finalised');
  const [one, two] = [on.ports, { ...on.ports, replica: 'two' }];
  const routesWith = (url: string) => one.routes.map((route) => ({ ...route, stable: { url, version: 'declared' } }));
  const servedBy = async (ports: typeof one, url: string, before: string | null = null) => {
    const routes = routesWith(url);
    const declared = await stableDeclarations(ports, routes, before === null ? [] : routesWith(before));
    if (declared.length > 0) await ports.store.stables.declare(declared);
    const [route] = routes;
    return route && (await desiredOrder(ports, route)).stable.url;
  };
  expect(await servedBy(one, next, former)).toBe(next);
  expect(await servedBy(two, former)).toBe(next);
  expect(await servedBy(one, third, next)).toBe(third);
  expect(await servedBy(two, former)).toBe(next);
  expect(await servedBy(two, third, former)).toBe(third);
  expect(await servedBy(one, former, third)).toBe(former);
  expect(await servedBy(two, next, third)).toBe(next);
  const told = await on.store.audit.list({ route: on.route, limit: 3 });
  expect(told.map(({ reason }) => reason)).toEqual([
    `serin.yaml declares ${former} again`,
    `serin.yaml declares another stable than ${former}`,
    'serin.yaml declares the promoted stable now',
  ]);
});
