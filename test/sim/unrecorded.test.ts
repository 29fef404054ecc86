import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deliverDue } from '../../src/controller/effects.ts';
import { replay } from '../../src/controller/replay.ts';
import { standingOf } from '../../src/controller/rollout-reader.ts';
import { canonicalJson } from '../../src/policy/digest.ts';
import type { Message } from '../../src/rollout/message.ts';
import { type ControllerStage, controllerStage, embeddedStore, OPERATOR } from '../support/controller-stage.ts';
import { policyOf } from '../support/rollouts.ts';
import { HEALTHY } from '../support/simulated-traffic.ts';

const MINUTE = 60_000;
const TICK = 5_000;
const BROKEN = { ...HEALTHY, errors: 0.5 };
/** The gateway's own judge acts after `blindAfter`, and a few ticks of evidence. */
const SOON = MINUTE + 6 * TICK;

let database: Awaited<ReturnType<typeof embeddedStore>>;
let on: ControllerStage;
const alsoOpen: ControllerStage[] = [];
const said: Message[] = [];

beforeAll(async () => {
  database = await embeddedStore();
});
afterEach(async () => {
  on.world.database = 'well';
  on.world.canary = HEALTHY;
  await on.run(2 * TICK);
  await on.close();
  for (const stage of alsoOpen.splice(0)) await stage.close();
  said.length = 0;
});
afterAll(() => database.close());

/** A rollout in its first step, at 10 %, for an hour. */
async function inStep1(more: Parameters<typeof policyOf>[0] = {}): Promise<string> {
  const pager = {
    name: 'pager',
    takes: ['page', 'note'] as const,
    deliver: async (message: Message) => {
      said.push(message);
      return { kind: 'delivered' as const };
    },
  };
  const policies = {
    'two-steps': policyOf({ internal: { requests: 5 }, steps: [{ weight: '10%', dwell: '1h' }], ...more }),
  };
  on = controllerStage(database.store, { channels: [pager], policies });
  const start = { route: on.route, canaryUrl: 'http://127.0.0.1:9002/', version: 'v2', reason: 'ready' };
  const { record } = await on.commands.start({ ...start, replace: false, force: false }, OPERATOR);
  const { id } = record.rollout;
  await on.run(10 * MINUTE, async () => (await on.stageOf(id)) === 'step-1');
  await on.run(MINUTE);
  await deliverDue(on.ports);
  said.length = 0;
  return id;
}

const pages = () => said.filter(({ kind }) => kind === 'page');
const audit = async (id: string) => (await on.store.audit.list({ rolloutId: id, limit: 100 })).toReversed();

describe.each(['full', 'away'] as const)('a database that is %s in the middle of a step', (mood) => {
  it('is trouble of each rollout, by name, with the age of the last look', async () => {
    const id = await inStep1();
    on.world.database = mood;
    await on.run(4 * MINUTE);
    const [trouble] = on.ports.memory.looks.troubles();
    expect(trouble).toMatch(new RegExp(`^${on.route}: the rollout of v2 was last looked at 4 min ago; the 48 looks`));
    expect(trouble).toContain(mood === 'full' ? 'SQLSTATE 53100' : 'ECONNREFUSED');
    expect(on.ports.memory.looks.standing(id)).toMatchObject({ agoMs: 4 * MINUTE, failures: 48 });
    on.world.database = 'well';
    await on.run(TICK);
    expect(on.ports.memory.looks.troubles()).toEqual([]);
  });

  it('leaves a healthy canary where it is, however long it lasts', async () => {
    const id = await inStep1();
    on.world.database = mood;
    await on.run(20 * MINUTE);
    expect(on.served()).toMatchObject({ canaryBps: 1_000 });
    on.world.database = 'well';
    await on.run(TICK);
    expect([await on.stageOf(id), said]).toEqual(['step-1', []]);
  });

  it('keeps no user on a canary that fails: the gateway weighs it, the page goes out, and the audit tells it once', async () => {
    const id = await inStep1();
    const before = (await audit(id)).length;
    on.world.database = mood;
    on.world.canary = BROKEN;
    await on.run(SOON, async () => on.served()?.canaryBps === 0);
    expect(on.served()).toMatchObject({ canaryBps: 0, forceAllowed: false, stable: { version: 'v1' } });
    await on.run(MINUTE);
    expect(pages()).toHaveLength(1);
    expect(pages()[0]?.summary).toMatch(/v2 rolled back at 10%.*errors.*no look could be recorded/);
    expect(await audit(id)).toHaveLength(before);

    on.world.database = 'well';
    await on.run(TICK);
    expect(await on.stageOf(id)).toBe('rolled-back');
    const entries = await audit(id);
    expect(entries.slice(before).map(({ event }) => event.kind)).toEqual(['canaryBraked']);
    expect(on.served()).toMatchObject({ canary: null, canaryBps: 0 });
    await deliverDue(on.ports);
    await on.run(MINUTE);
    await deliverDue(on.ports);
    expect(pages()).toHaveLength(1);
    expect((await on.store.outbox.counts()).waiting).toBe(0);
    const stored = await on.store.rollouts.find(id);
    expect(canonicalJson(replay(entries))).toBe(canonicalJson(stored?.rollout));
  });

  it('pages at once for harm that holds, leaves the canary its weight, and records it before anything else', async () => {
    const id = await inStep1({ onHarm: 'hold' });
    const before = (await audit(id)).length;
    on.world.database = mood;
    on.world.canary = BROKEN;
    await on.run(SOON + MINUTE, async () => pages().length > 0);
    await on.run(5 * MINUTE);
    expect(on.served()).toMatchObject({ canaryBps: 1_000 });
    expect(pages()).toHaveLength(1);
    expect(pages()[0]).toMatchObject({ subject: 'harmHeld', severity: 'critical' });
    expect(pages()[0]?.summary).toMatch(
      /v2 is harmful and needs a person: .*errors.*; it stays at 10%, paused \(onHarm: hold\); .*no look could be recorded/,
    );
    expect(await audit(id)).toHaveLength(before);
    const record = on.ports.memory.looks.find(id);
    expect(record && standingOf(on.ports, record).unrecorded).toMatchObject({ event: 'harmHeld', by: 'serin' });

    // It may look well by then: what was found stays found, and a person decides.
    on.world.canary = HEALTHY;
    on.world.database = 'well';
    await on.run(4 * TICK);
    const entries = await audit(id);
    expect(entries.slice(before).map(({ event }) => event.kind)).toEqual(['harmHeld']);
    const stored = await on.store.rollouts.find(id);
    expect(stored?.rollout).toMatchObject({ stage: { kind: 'step' }, canaryBps: 1_000, openPage: 'harmful' });
    expect(stored?.rollout.paused).not.toBeNull();
    expect(canonicalJson(replay(entries))).toBe(canonicalJson(stored?.rollout));
    expect(on.ports.memory.heldHarm.size).toBe(0);
    await deliverDue(on.ports);
    expect(pages()).toHaveLength(1);
    await on.commands.override(id, { kind: 'rolledBack' }, OPERATOR, 'harm', null);
    expect(on.served()).toMatchObject({ canaryBps: 0 });
  });

  it('lets a person take back what harm holds, and records the person', async () => {
    const id = await inStep1({ onHarm: 'hold' });
    const before = (await audit(id)).length;
    on.world.database = mood;
    on.world.canary = BROKEN;
    await on.run(SOON + MINUTE, async () => pages().length > 0);
    await on.commands.override(id, { kind: 'rolledBack' }, OPERATOR, 'paged', null);
    expect(on.served()).toMatchObject({ canaryBps: 0 });
    on.world.database = 'well';
    await on.run(2 * TICK);
    expect((await audit(id)).slice(before)).toMatchObject([{ actor: OPERATOR, event: { kind: 'rolledBack' } }]);
    expect(on.ports.memory.heldHarm.size).toBe(0);
  });

  it('keeps nobody from taking it back: at the gateway at once, in the audit with the person, the reason and the time of the act', async () => {
    const id = await inStep1();
    const before = (await audit(id)).length;
    on.world.database = mood;
    await on.run(2 * TICK);
    const actedAt = on.world.now;
    await on.commands.override(id, { kind: 'rolledBack' }, OPERATOR, 'baskets are empty', null);
    expect(on.served()).toMatchObject({ canaryBps: 0, stable: { version: 'v1' } });
    // Said twice, it is done once; anything else has to wait for the record.
    await on.commands.override(id, { kind: 'aborted' }, { name: 'bob', role: 'operator' }, 'me too', null);
    await expect(on.commands.override(id, { kind: 'paused' }, OPERATOR, 'wait', null)).rejects.toMatchObject({
      code: 'unavailable',
    });
    await on.run(10 * MINUTE);
    expect(on.ports.memory.unrecorded.get(id)).toMatchObject({ by: OPERATOR, reason: 'baskets are empty' });

    on.world.database = 'well';
    // Before the tick: whoever comes first finds it recorded.
    await expect(on.commands.override(id, { kind: 'resumed' }, OPERATOR, 'again', null)).rejects.toThrow(/has ended/);
    await on.run(2 * TICK);
    const added = (await audit(id)).slice(before);
    expect(added).toMatchObject([
      { actor: OPERATOR, event: { kind: 'rolledBack' }, reason: 'baskets are empty', after: { stage: 'rolled-back' } },
    ]);
    expect(Math.abs((added[0]?.at ?? 0) - actedAt)).toBeLessThanOrEqual(TICK);
    expect(on.ports.memory.unrecorded.size).toBe(0);
    await deliverDue(on.ports);
    expect(new Set(said.map((message) => message.id)).size).toBe(said.length);
  });

  it('records a rollback although its reason cannot be stored: nothing that was acknowledged can block for ever', async () => {
    const id = await inStep1();
    on.world.database = mood;
    await on.run(2 * TICK);
    // The API refuses such a text; whoever comes in by another door may have it.
    await on.commands.override(id, { kind: 'rolledBack' }, OPERATOR, 'users see a broken \ud83d, and \0', null);
    await on.run(TICK);
    on.world.database = 'well';
    await on.run(2 * TICK);
    expect((await audit(id)).at(-1)).toMatchObject({
      event: { kind: 'rolledBack' },
      reason: 'users see a broken \ufffd, and \ufffd',
    });
    expect(on.ports.memory.unrecorded.size).toBe(0);
    expect(await on.stageOf(id)).toBe('rolled-back');
  });

  it('records a brake that the gateway pulled by itself, and pages for it before it can', async () => {
    const id = await inStep1();
    on.world.database = mood;
    await on.pullBrake('20 requests in a row failed on the canary');
    await on.run(2 * MINUTE);
    expect(pages()).toMatchObject([{ summary: expect.stringContaining('20 requests in a row') }]);
    on.world.database = 'well';
    await on.run(TICK);
    await deliverDue(on.ports);
    expect([await on.stageOf(id), pages().length]).toEqual(['rolled-back', 1]);
  });
});

describe('one rollout that cannot be looked at', () => {
  it.each([
    ['a source that throws', 'source'],
    ['a router that throws', 'router'],
  ] as const)('%s: is its own trouble, and holds up no other', async (_, broken) => {
    const id = await inStep1();
    const bad = on;
    const route = bad.route;
    const other = controllerStage(database.store);
    alsoOpen.push(other);
    const boom = async () => {
      throw new TypeError('boom');
    };
    const { source, router } = other.ports;
    const routed = <A extends { readonly route: string }, R>(work: (asked: A, signal: AbortSignal) => Promise<R>) => {
      return (asked: A, signal: AbortSignal) => (asked.route === route ? boom() : work(asked, signal));
    };
    Object.assign(other.ports, {
      source: broken === 'source' ? { ...source, collect: routed(source.collect) } : source,
      router: broken === 'router' ? { ...router, apply: routed(router.apply) } : router,
    });
    const start = { route: other.route, canaryUrl: 'http://127.0.0.1:9003/', version: 'v3', reason: 'ready' };
    const { record } = await other.commands.start({ ...start, replace: false, force: false }, OPERATOR);
    await other.run(10 * MINUTE, async () => (await other.stageOf(record.rollout.id)) === 'step-1');
    await other.run(2 * TICK);
    const { looks } = other.ports.memory;
    expect(await other.stageOf(record.rollout.id)).toBe('step-1');
    expect(looks.standing(record.rollout.id)).toMatchObject({ failures: 0, trouble: null });
    expect(looks.standing(id)?.failures).toBeGreaterThan(1);
    expect(looks.troubles()).toEqual([expect.stringMatching(new RegExp(`^${route}: .*boom$`))]);
  });

  it.each(['gateway', 'elsewhere'] as const)(
    'a source that throws, judged by what the %s measures: a canary that fails is taken back by the gateway’s own figures, and recorded',
    async (evidence) => {
      const id = await inStep1();
      const routes = on.ports.routes.map((route) => ({ ...route, evidence }));
      Object.defineProperty(on.ports, 'routes', { value: routes });
      const boom = async () => {
        throw new TypeError('boom');
      };
      Object.assign(on.ports, { source: { name: 'broken', collect: boom } });
      on.world.canary = BROKEN;
      await on.run(SOON, async () => (await on.stageOf(id)) === 'rolled-back');
      expect((await audit(id)).at(-1)).toMatchObject({
        event: { kind: 'canaryBraked' },
        reason: expect.stringMatching(/errors.*found by the gateway while no look could be recorded/),
      });
      await deliverDue(on.ports);
      expect(pages()).toHaveLength(1);
    },
  );

  it('a damaged record: it is named, and the others go on', async () => {
    const id = await inStep1();
    const rollouts = on.ports.store.rollouts;
    const reason = `The stored record of rollout ${id} of lost cannot be read: its policy is damaged`;
    Object.assign(rollouts, { unreadable: async () => [{ id: 'lost', route: 'lost', reason }] });
    await on.run(3 * TICK);
    expect(on.ports.memory.looks.troubles()).toEqual([`lost: ${reason}`]);
    expect(on.ports.memory.looks.standing(id)).toMatchObject({ failures: 0 });
  });

  it('a commit whose answer is lost: the split that it ordered is in force after the next tick all the same', async () => {
    const id = await inStep1();
    const { rollouts } = on.ports.store;
    const { commit } = rollouts;
    const deaf = async (change: Parameters<typeof commit>[0]) => {
      await commit(change);
      if (change.audit.length > 0) throw new Error('the answer was lost');
    };
    Object.assign(rollouts, { commit: deaf });
    on.world.canary = BROKEN;
    await on.run(MINUTE, async () => (await on.stageOf(id)) === 'rolled-back');
    expect(on.served()).toMatchObject({ canaryBps: 1_000 });
    expect([...on.ports.memory.unapplied.keys()]).toEqual([on.route]);
    await on.run(TICK);
    expect(on.served()).toMatchObject({ canary: null, canaryBps: 0 });
    expect(on.ports.memory.unapplied.size).toBe(0);
  });

  it('a router that refuses the rollback: it is asked again at every tick, although the rollout has ended', async () => {
    const id = await inStep1();
    const { router } = on.ports;
    const { apply } = router;
    const refusing = { left: 3 };
    Object.assign(router, {
      apply: async (...asked: Parameters<typeof apply>) => {
        if (asked[0].canary === null && refusing.left > 0) {
          refusing.left -= 1;
          throw new Error('no answer');
        }
        await apply(...asked);
      },
    });
    on.world.canary = BROKEN;
    await on.run(MINUTE, async () => (await on.stageOf(id)) === 'rolled-back');
    expect(on.served()).toMatchObject({ canaryBps: 1_000 });
    await on.run(TICK);
    expect([...on.ports.memory.unapplied]).toEqual([[on.route, { reason: 'no answer' }]]);
    await on.run(3 * TICK);
    expect(on.served()).toMatchObject({ canary: null, canaryBps: 0 });
    expect(on.ports.memory.unapplied.size).toBe(0);
  });

  it('a step that was passed unheard, and then the gateway acts: the canary is not given more before that is recorded', async () => {
    const id = await inStep1();
    const record = await on.store.rollouts.find(id);
    if (!record) throw new Error('it is gone');
    // Another commit that nobody here heard of: the store is one epoch and a weight ahead of the gateway.
    await on.commands.override(id, { kind: 'weightSet', canaryBps: 5_000 }, OPERATOR, 'more', null);
    await on.pullBrake('found by the gateway');
    on.ports.memory.unapplied.set(on.route, { reason: null });
    const orders = on.orders.length;
    await on.run(TICK);
    expect(on.orders.slice(orders).map(({ canaryBps }) => canaryBps)).toEqual([0]);
    expect(await on.stageOf(id)).toBe('rolled-back');
  });

  it('a pager that is slow keeps nobody on a canary that fails', async () => {
    const id = await inStep1();
    const hanging = Promise.withResolvers<never>();
    on.world.channels = [{ name: 'pager', takes: ['page'], deliver: () => hanging.promise }];
    on.world.database = 'away';
    await on.pullBrake('braked');
    await on.run(2 * MINUTE);
    const { messages } = on.ports.memory;
    hanging.reject(new Error('it hung'));
    await messages.idle();
    on.world.channels = [];
    on.world.database = 'well';
    await on.run(TICK);
    expect(await on.stageOf(id)).toBe('rolled-back');
  });
});
