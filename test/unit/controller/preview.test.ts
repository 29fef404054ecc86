import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestPolicy } from '../../../src/policy/digest.ts';
import type { Change, Deed } from '../../../src/rollout/acts/deed.ts';
import { eventOf } from '../../../src/rollout/acts/deed.ts';
import type { Preview } from '../../../src/rollout/acts/outcome.ts';
import { stageName } from '../../../src/rollout/state.ts';
import { type ControllerStage, controllerStage, embeddedStore, OPERATOR } from '../../support/controller-stage.ts';
import { policyOf } from '../../support/rollouts.ts';

const console = { name: 'console', takes: ['page', 'resolve', 'change', 'note'] as const };
const pager = { name: 'pager', takes: ['page', 'resolve', 'change'] as const };
const deliver = async () => ({ kind: 'delivered' }) as const;

let embedded: Awaited<ReturnType<typeof embeddedStore>>;
let stage: ControllerStage;
let id: string;

beforeAll(async () => {
  embedded = await embeddedStore();
});
afterAll(() => embedded.close());

beforeEach(async () => {
  const channels = [console, pager].map((channel) => ({ ...channel, deliver }));
  stage = controllerStage(embedded.store, { channels });
  const { route } = stage;
  const v2 = { route, canaryUrl: 'http://127.0.0.1:9002/', version: 'v2', reason: 'release' };
  ({
    rollout: { id },
  } = (await stage.commands.start({ ...v2, replace: false, force: false }, OPERATOR)).record);
  await doIt({ verb: 'advance', to: 'step-1' });
  return async () => {
    stage.brakes.clear();
    await stage.close();
  };
});

const doIt = (deed: Exclude<Change, { verb: 'rebase' }>) =>
  stage.commands.override(id, eventOf(deed), OPERATOR, 'because', null);
const ask = (deed: Deed): Promise<Preview> => stage.commands.preview(id, deed, OPERATOR, 'because');

/** Everything that a verb might write or order. */
async function everything() {
  const { store, orders, ports, route } = stage;
  return {
    record: await store.rollouts.find(id),
    rollouts: (await store.rollouts.list({ route, limit: 10 })).length,
    audit: (await store.audit.list({ limit: 100 })).length,
    outbox: await store.outbox.due(100),
    stables: await store.stables.list(),
    orders: [...orders],
    unapplied: [...ports.memory.unapplied],
    known: ports.memory.looks.find(id),
    brakes: [...ports.memory.brakes],
  };
}

describe('a preview', () => {
  it.each<Deed>([
    { verb: 'pause' },
    { verb: 'rollback' },
    { verb: 'abort' },
    { verb: 'advance', to: 'step-2' },
    { verb: 'promote', full: true, repair: false },
    { verb: 'weight', canaryBps: 200 },
    { verb: 'extend', byMs: 60_000 },
    { verb: 'skip', check: 'p99' },
    { verb: 'rebase' },
    { verb: 'retry' },
    { verb: 'resume' },
  ])('of %j writes nothing and orders nothing', async (deed) => {
    stage.world.policies = { 'two-steps': policyOf({ internal: { requests: 5 }, bake: { dwell: '9m' } }) };
    const before = await everything();
    await ask(deed);
    expect(await everything()).toEqual(before);
  });

  it.each<Exclude<Change, { verb: 'rebase' }>>([
    { verb: 'pause' },
    { verb: 'rollback' },
    { verb: 'promote', full: true, repair: false },
    { verb: 'weight', canaryBps: 200 },
  ])('of %j is what the verb does then, with the same messages', async (deed) => {
    const told = await ask(deed);
    const known = new Set((await stage.store.outbox.due(100)).map((item) => item.id));
    const { rollout } = await doIt(deed);
    const { version, stage: at, canaryBps, paused } = rollout;
    expect(told.after).toMatchObject({ version, stage: stageName(at), canaryBps, paused: paused !== null });
    expect(told.version).toBe(version - 1);
    const sent = (await stage.store.outbox.due(100)).filter((item) => !known.has(item.id));
    const inOrder = (messages: readonly object[]) => messages.map((one) => JSON.stringify(one)).toSorted();
    expect(inOrder(told.messages)).toEqual(
      inOrder(sent.map(({ channel, message: { kind, summary } }) => ({ kind, channel, summary }))),
    );
    expect(sent.length).toBeGreaterThan(0);
  });

  it('says why a verb would be refused, in the words of the verb', async () => {
    expect(await ask({ verb: 'promote', full: true, repair: true })).toMatchObject({
      refused: expect.stringContaining('is not seen to fail more than half of its requests'),
      after: null,
    });
    expect(await ask({ verb: 'advance', to: 'bake' })).toMatchObject({ refused: 'the next stage is step-2, not bake' });
    const policy = policyOf({ internal: { requests: 5 } });
    expect(digestPolicy(policy)).toBe((await stage.store.rollouts.find(id))?.rollout.policyDigest);
    expect(await ask({ verb: 'rebase' })).toMatchObject({ refused: 'the policy has not changed' });
    stage.world.policies = {};
    expect(await ask({ verb: 'rebase' })).toMatchObject({ refused: 'there is no policy two-steps' });
  });

  it('of a rollout that is not there is no refusal', async () => {
    const asked = stage.commands.preview('019ac000-0000-7000-8000-ffffffffffff', { verb: 'pause' }, OPERATOR, null);
    await expect(asked).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is of the rollout as it is once the brake is recorded, and records nothing', async () => {
    await stage.pullBrake('20 failures in a row');
    const before = await everything();
    expect(await ask({ verb: 'advance', to: 'step-2' })).toMatchObject({
      refused: 'the rollout has ended: rolled-back',
    });
    expect(await everything()).toEqual(before);
  });

  it('works without the database, as a rollback does', async () => {
    stage.world.database = 'away';
    expect(await ask({ verb: 'rollback' })).toMatchObject({ refused: null, after: { stage: 'rolled-back' } });
    stage.world.database = 'well';
  });

  it('of a retry begins another attempt, unless something is in the way', async () => {
    await doIt({ verb: 'rollback' });
    const told = await ask({ verb: 'retry' });
    expect(told).toMatchObject({ refused: null, after: { stage: 'internal', attempt: 2, canaryBps: 0 } });
    const { rollout } = await stage.commands.retry(id, OPERATOR, 'because');
    expect(told.after).toMatchObject({
      version: rollout.version,
      stage: stageName(rollout.stage),
      attempt: rollout.attempt,
    });
    expect((await ask({ verb: 'retry' })).says).toEqual([
      `v2 runs on ${stage.route} already, under the same policy: nothing is started, and nobody is told.`,
    ]);
  });

  it('of a retry says what bars the person who asks', async () => {
    await doIt({ verb: 'rollback' });
    stage.world.barred = () => 'an operator may not name 127.0.0.1';
    expect(await ask({ verb: 'retry' })).toMatchObject({ refused: 'an operator may not name 127.0.0.1' });
    const admin = { name: 'root', role: 'admin' } as const;
    expect(await stage.commands.preview(id, { verb: 'retry' }, admin, null)).toMatchObject({ refused: null });
  });
});
