import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, utcDayOf } from '../../src/consumers/ledger/consumer-day.ts';
import { replay } from '../../src/controller/replay.ts';
import { canonicalJson } from '../../src/policy/digest.ts';
import type { PolicyDocument } from '../../src/policy/schema.ts';
import { needsNow } from '../../src/rollout/needs/needs.ts';
import type { ConsumerRule } from '../../src/split/order.ts';
import { type ControllerStage, controllerStage, embeddedStore, OPERATOR } from '../support/controller-stage.ts';
import { policyOf } from '../support/rollouts.ts';

const MINUTE = 60_000;
/** One has the name of what every object has. */
const NAMES = ['acme', 'constructor', 'initech'];
const KEPT = ['initech'];

let database: Awaited<ReturnType<typeof embeddedStore>>;
let on: ControllerStage;
let id: string;

beforeAll(async () => {
  database = await embeddedStore();
});

afterEach(() => on.close());

afterAll(() => database.close());

/** Five days of all on v1, and half a day of two on v2, one of which fares badly there. */
async function countedDays(failedOfAcme: number): Promise<void> {
  const answered = (name: string, version: string, day: number, requests: number, errors: number) => ({
    route: on.route,
    who: { kind: 'listed' as const, name, keyHash: `${on.route} ${name}` },
    version,
    day: utcDayOf(on.world.now + day * DAY_MS),
    requests,
    errors,
    clientErrors: 0,
    latency: { 60: requests - errors },
    firstAt: 0,
    lastAt: 0,
  });
  const past = NAMES.flatMap((name) => [-5, -4, -3, -2, -1].map((day) => answered(name, 'v1', day, 1_000, 5)));
  const today = [answered('acme', 'v2', 0, 200, failedOfAcme), answered('constructor', 'v2', 0, 200, 1)];
  await on.store.consumerLedger.add({ writer: on.route, seq: 1, days: [...past, ...today] });
}

async function move(names: readonly string[], rule: ConsumerRule): Promise<void> {
  const expected = await on.store.consumers.list(on.route);
  const others = { group: null, wave: null, due: null, contact: null };
  const put = names.map((name) => ({ name, keyHash: `${on.route} ${name}`, rule, ...others }));
  const audit = { at: on.world.now, actor: OPERATOR, route: on.route, rolloutId: null, reason: 'moved' };
  const event = { kind: 'consumersMoved' };
  await on.store.consumers.change(
    { route: on.route, expected, put, removed: [] },
    { ...audit, event, before: null, after: null },
  );
}

async function begun(consumers: PolicyDocument['spec']['consumers'], failedOfAcme = 60): Promise<void> {
  const policies = { 'two-steps': policyOf({ internal: { requests: 5 }, consumers }) };
  on = controllerStage(database.store, { policies, now: Date.now() });
  on.world.channels = [
    {
      name: 'pager',
      takes: ['page', 'note'],
      deliver: async () => ({ kind: 'delivered' }),
    },
  ];
  await move(KEPT, 'stable');
  await move(['acme', 'constructor'], 'canary');
  await countedDays(failedOfAcme);
  const command = { route: on.route, canaryUrl: 'http://127.0.0.1:9002/', version: 'v2', reason: 'ready' };
  const { record } = await on.commands.start({ ...command, replace: false, force: false }, OPERATOR);
  id = record.rollout.id;
}

const rules = async () =>
  Object.fromEntries((await on.store.consumers.list(on.route)).map(({ name, rule }) => [name, rule]));

const messages = async (kind: string) =>
  (await on.store.outbox.due(1_000)).filter(({ message }) => message.rolloutId === id && message.kind === kind);

async function record() {
  const found = await on.store.rollouts.find(id);
  if (!found) throw new Error('there is no rollout');
  const audit = (await on.store.audit.list({ rolloutId: id, limit: 1_000 })).toReversed();
  expect(canonicalJson(replay(audit))).toBe(canonicalJson(found.rollout));
  return found;
}

const openNeeds = async () =>
  needsNow(await record(), { look: null, unrecorded: null }).filter(({ what, met }) => what === 'consumers' && !met);

describe('a moved consumer that fares worse than in its own past', () => {
  it('holds the rollout with one page, until a person moves it; then those who stay keep it from the bake', async () => {
    await begun({ default: 'stable' });
    await on.run(12 * MINUTE);
    expect(await on.stageOf(id)).toBe('step-1');
    expect(await openNeeds()).toEqual([
      {
        what: 'consumers',
        met: false,
        says: expect.stringMatching(
          /^acme is worse off since it was moved: 60 of 200 requests failed on v2 \(30 %\), 0\.5 % of 5,000 on v1 before; at most \d\.\d % was to be expected$/,
        ),
      },
    ]);
    const pages = await messages('page');
    expect(pages.map(({ message }) => [message.subject, message.details['next']])).toEqual([
      [
        'needsPerson',
        `serin consumers report ${on.route}; then serin consumers move ${on.route} acme --to stable, or serin advance ${on.route} to go on`,
      ],
    ]);
    expect((await rules())['acme']).toBe('canary');

    await move(['acme'], 'stable');
    await on.run(
      60 * MINUTE,
      async () => (await openNeeds())[0]?.says === '2 listed consumers still need v1: acme, initech',
    );
    expect(await on.stageOf(id)).toBe('step-2');
    const promoted = { kind: 'promoted', full: false } as const;
    await expect(on.commands.override(id, promoted, OPERATOR, 'now', null)).rejects.toMatchObject({ code: 'refused' });
    const leaveBehind = { listed: [], unlisted: null };
    await on.commands.override(id, { ...promoted, leaveBehind }, OPERATOR, 'both have signed off', null);
    expect(await on.stageOf(id)).toBe('bake');
    const [last] = await on.store.audit.list({ rolloutId: id, limit: 1 });
    expect(last?.event).toMatchObject({ kind: 'promoted', leaveBehind: { listed: ['acme', 'initech'] } });
  });

  it('is moved back by itself where the policy says so, once and with its own entry, and the rollout goes on', async () => {
    await begun({ default: 'stable', onHarm: 'move-back' });
    await on.run(60 * MINUTE, async () => (await on.stageOf(id)) === 'step-2');
    expect(await on.stageOf(id)).toBe('step-2');
    expect(await rules()).toEqual({ acme: 'stable', constructor: 'canary', initech: 'stable' });
    const lists = (await on.store.audit.list({ route: on.route, limit: 100 })).filter(({ rolloutId }) => !rolloutId);
    expect(lists[0]).toMatchObject({
      actor: { role: 'serin' },
      event: { kind: 'consumersMoved', to: 'stable', count: 1 },
      reason: expect.stringMatching(/^acme was moved back to v1: 60 of 200 requests failed on v2/),
      before: { acme: { rule: 'canary' } },
      after: { acme: { rule: 'stable' } },
    });
    expect(await messages('page')).toEqual([]);
    const notes = (await messages('note')).map(({ message }) => message.summary);
    expect(notes.filter((summary) => summary.includes('acme was moved back to v1'))).toHaveLength(1);

    // A person insists: what it was answered before is not held against it again.
    await move(['acme'], 'canary');
    await on.run(3 * MINUTE);
    expect((await rules())['acme']).toBe('canary');
    const { rollout } = await record();
    expect(Object.keys(rollout.movedBack ?? {})).toEqual(['acme']);
  });

  it('is none where its errors are those of its past', async () => {
    await begun({ default: 'stable', onHarm: 'move-back' }, 2);
    await on.run(60 * MINUTE, async () => (await on.stageOf(id)) === 'step-2');
    expect(await rules()).toEqual({ acme: 'canary', constructor: 'canary', initech: 'stable' });
    const says = needsNow(await record(), { look: null, unrecorded: null }).map((one) => one.says);
    expect(says).toContain('2 moved consumers, compared with their own past on v1: none is worse off by itself');
  });
});
