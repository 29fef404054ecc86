import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Problem } from '../../src/problem/problem.ts';
import type { RolloutChange } from '../../src/store/store.ts';
import { type ControllerStage, controllerStage, embeddedStore, OPERATOR } from '../support/controller-stage.ts';
import { policyOf } from '../support/rollouts.ts';

const MINUTE = 60_000;
const TICK = 5_000;
const AWAY = 'The database cannot answer (ECONNRESET).';
const STEPS = [
  { weight: '10%', dwell: '5m' },
  { weight: '50%', dwell: '1h' },
];

let database: Awaited<ReturnType<typeof embeddedStore>>;
let on: ControllerStage;

beforeAll(async () => {
  database = await embeddedStore();
});
afterEach(() => on.close());
afterAll(() => database.close());

async function inStep1(): Promise<string> {
  on = controllerStage(database.store, {
    policies: { 'two-steps': policyOf({ internal: { requests: 5 }, steps: STEPS }) },
  });
  const start = { route: on.route, canaryUrl: 'http://127.0.0.1:9002/', version: 'v2', reason: 'ready' };
  const { record } = await on.commands.start({ ...start, replace: false, force: false }, OPERATOR);
  const { id } = record.rollout;
  await on.run(10 * MINUTE, async () => (await on.stageOf(id)) === 'step-1');
  return id;
}

/** Something happens while a commit is under way that gives the canary half; the database answers nobody else meanwhile. */
function duringRaise(happens: () => Promise<void>): { readonly orders: () => readonly number[] } {
  const { rollouts } = on.ports.store;
  const { commit, find } = rollouts;
  let before: number | null = null;
  const slow = async (change: RolloutChange) => {
    if (before !== null || change.rollout.canaryBps !== 5_000) return commit(change);
    Object.assign(rollouts, { find: () => Promise.reject(new Problem('unavailable', AWAY)) });
    await happens();
    before = on.orders.length;
    Object.assign(rollouts, { find });
    await commit(change);
  };
  Object.assign(rollouts, { commit: slow });
  return { orders: () => on.orders.slice(before ?? Number.POSITIVE_INFINITY).map(({ canaryBps }) => canaryBps) };
}

const rollBack = async (id: string) => {
  await on.commands.override(id, { kind: 'rolledBack' }, OPERATOR, 'users complain', null);
};

/** What takes the canary back while nothing can be recorded, and what the audit says of it. */
const ways = [
  ['a person', rollBack, 'rolledBack'],
  ['a brake', () => on.pullBrake('20 failures in a row'), 'canaryBraked'],
] as const;

describe.each(ways)(
  'a canary that %s takes back while a commit is under way that gives it more',
  (_, takeBack, kind) => {
    async function staysBack(id: string, orders: () => readonly number[]): Promise<void> {
      expect(on.served()).toMatchObject({ canaryBps: 0, forceAllowed: false, stable: { version: 'v1' } });
      await on.run(2 * TICK);
      expect(await on.stageOf(id)).toBe('rolled-back');
      expect(on.served()).toMatchObject({ canary: null, canaryBps: 0 });
      expect(orders()).toEqual([0]);
      const [last] = await on.store.audit.list({ rolloutId: id, limit: 1 });
      expect(last?.event.kind).toBe(kind);
      const { brakes, unrecorded, unapplied } = on.ports.memory;
      expect([brakes.size, unrecorded.size, unapplied.size]).toEqual([0, 0, 0]);
    }

    it('gets nothing of it where the tick promotes', async () => {
      const id = await inStep1();
      const { orders } = duringRaise(() => takeBack(id));
      await on.run(20 * MINUTE, async () => (await on.stageOf(id)) === 'step-2');
      expect(orders()).toEqual([]);
      await staysBack(id, orders);
    });

    it('gets nothing of it where another person raises the weight', async () => {
      const id = await inStep1();
      const { orders } = duringRaise(() => takeBack(id));
      await on.commands.override(id, { kind: 'weightSet', canaryBps: 5_000 }, OPERATOR, 'more', null);
      expect(orders()).toEqual([]);
      await staysBack(id, orders);
    });
  },
);

describe('a look that is committed while a person acts on the one before', () => {
  it.each([null, 'the version'] as const)('keeps what it saw, with If-Match %s', async (insists) => {
    const id = await inStep1();
    const { rollouts } = on.ports.store;
    const { find } = rollouts;
    const seen: number[] = [];
    const overtaken = async (wanted: string) => {
      const found = await find(wanted);
      Object.assign(rollouts, { find });
      await on.run(2 * TICK);
      seen.push((await find(wanted))?.evidence.lookedAt ?? 0);
      return found;
    };
    const before = await find(id);
    Object.assign(rollouts, { find: overtaken });
    const version = insists === null ? null : (before?.rollout.version ?? null);
    const event = { kind: 'extended', byMs: MINUTE } as const;
    await on.commands.override(id, event, OPERATOR, 'month end', version);
    const after = await find(id);
    expect(seen[0]).toBeGreaterThan(before?.evidence.lookedAt ?? 0);
    expect(after?.evidence.lookedAt).toBe(seen[0]);
    expect(after?.rollout.extraDwellMs).toBe(MINUTE);
  });
});
