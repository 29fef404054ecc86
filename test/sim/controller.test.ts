import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deliverDue } from '../../src/controller/effects.ts';
import { declareStables } from '../../src/controller/reconcile.ts';
import { replay } from '../../src/controller/replay.ts';
import type { Delivery } from '../../src/notify/channel.ts';
import { canonicalJson } from '../../src/policy/digest.ts';
import { Problem } from '../../src/problem/problem.ts';
import type { Message } from '../../src/rollout/message.ts';
import { type ControllerStage, controllerStage, embeddedStore, OPERATOR } from '../support/controller-stage.ts';
import { policyOf } from '../support/rollouts.ts';
import { HEALTHY } from '../support/simulated-traffic.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const BROKEN = { ...HEALTHY, errors: 0.05 };

let database: Awaited<ReturnType<typeof embeddedStore>>;
let stage: ControllerStage | null = null;

function open(over: Parameters<typeof controllerStage>[1] = {}): ControllerStage {
  stage = controllerStage(database.store, over);
  return stage;
}

beforeAll(async () => {
  database = await embeddedStore();
});

afterEach(async () => {
  await stage?.close();
  stage = null;
});

afterAll(() => database.close());

function start(on: ControllerStage, over: Partial<Parameters<ControllerStage['commands']['start']>[0]> = {}) {
  const command = {
    route: on.route,
    canaryUrl: 'http://127.0.0.1:9002/',
    version: 'v2',
    reason: 'ready',
    replace: false,
    force: false,
  };
  return on.commands.start({ ...command, ...over }, OPERATOR);
}

async function problemOf(promise: Promise<unknown>): Promise<string> {
  const thrown: unknown = await promise.then(
    () => new Error('nothing was refused'),
    (error: unknown) => error,
  );
  if (!(thrown instanceof Problem)) throw thrown;
  return `${thrown.code}: ${thrown.message}`;
}

async function history(on: ControllerStage, id: string) {
  return (await on.store.audit.list({ rolloutId: id, limit: 1_000 })).toReversed();
}

describe('a rollout on virtual time', () => {
  it('graduates a healthy canary through every stage, no sooner than its dwell, and replays from its audit', async () => {
    const on = open();
    const { record } = await start(on);
    await on.run(2 * HOUR, async () => (await on.stageOf(record.rollout.id)) === 'finalised');
    const audit = await history(on, record.rollout.id);
    expect(audit.map(({ event }) => event.kind)).toEqual([
      'rolloutStarted',
      'preflightPassed',
      'internalPassed',
      'stepPassed',
      'stepPassed',
      'bakePassed',
      'rolloutFinalised',
    ]);
    const [, , internal = 0, first = 0, second = 0, bake = 0] = audit.map(({ at }) => at);
    expect(first - internal).toBeGreaterThanOrEqual(1 * MINUTE);
    expect(second - first).toBeGreaterThanOrEqual(2 * MINUTE);
    expect(bake - second).toBeGreaterThanOrEqual(1 * MINUTE);
    const stored = await on.store.rollouts.find(record.rollout.id);
    expect(canonicalJson(replay(audit))).toBe(canonicalJson(stored?.rollout));
    expect(on.served()).toMatchObject({ stable: { version: 'v2' }, canary: null });
    expect(on.orders.map(({ canaryBps }) => canaryBps)).toEqual([0, 1_000, 5_000, 10_000, 10_000, 0]);
  });

  it('rolls a harmful canary back within a few looks of the first step, and says who, why and what was before', async () => {
    const on = open({ canary: BROKEN });
    const { record } = await start(on);
    await on.run(HOUR, async () => (await on.stageOf(record.rollout.id)) === 'rolled-back');
    const audit = await history(on, record.rollout.id);
    const [entered, rolledBack] = audit.slice(-2);
    expect(rolledBack).toMatchObject({
      actor: { name: 'serin' },
      event: { kind: 'canaryJudgedHarmful' },
      before: { stage: 'step-1', canaryBps: 1_000 },
      after: { stage: 'rolled-back', canaryBps: 0 },
    });
    expect(rolledBack?.reason).toMatch(/errors/);
    expect((rolledBack?.at ?? 0) - (entered?.at ?? 0)).toBeLessThanOrEqual(MINUTE);
    expect(on.served()).toMatchObject({ stable: { version: 'v1' }, canary: null, canaryBps: 0 });
  });

  it('catches a canary that breaks during the bake by its guard alone', async () => {
    const on = open({
      policies: {
        'two-steps': policyOf({ internal: { requests: 5 }, guards: { errors: '2%' }, bake: { dwell: '1h' } }),
      },
    });
    const { record } = await start(on);
    await on.run(2 * HOUR, async () => (await on.stageOf(record.rollout.id)) === 'bake');
    on.world.canary = { ...HEALTHY, errors: 0.2 };
    await on.run(10 * MINUTE, async () => (await on.stageOf(record.rollout.id)) !== 'bake');
    expect(await on.stageOf(record.rollout.id)).toBe('rolled-back');
  });

  it('does not advance by time alone when the canary gets no traffic', async () => {
    const on = open({ requestsPerSecond: 0.01, tickMs: 60_000 });
    const { record } = await start(on);
    await on.run(5 * HOUR, async () => (await on.stageOf(record.rollout.id)) === 'step-2');
    expect(await on.stageOf(record.rollout.id)).toBe('step-1');
    const { rollout } = (await on.store.rollouts.find(record.rollout.id)) ?? {};
    expect(rollout?.openPage).toBe('undecided');
    expect(
      (await history(on, record.rollout.id)).filter(({ event }) => event.kind === 'undecidedTooLong'),
    ).toHaveLength(1);
  });

  it('is blind while the source is down: it holds, pages once, counts no dwell, and goes on afterwards', async () => {
    const on = open();
    const { record } = await start(on);
    const { id } = record.rollout;
    await on.run(HOUR, async () => (await on.stageOf(id)) === 'step-1');
    on.world.unusable = 'connection refused';
    await on.run(15 * MINUTE);
    const during = await on.store.rollouts.find(id);
    expect(during?.rollout).toMatchObject({ stage: { kind: 'step', index: 0 }, openPage: 'blind' });
    expect(during?.evidence.verdict).toMatchObject({
      name: 'blind',
      reason: expect.stringContaining('connection refused'),
    });
    expect(during?.evidence.dwellMs).toBeLessThan(MINUTE);
    on.world.unusable = null;
    await on.run(HOUR, async () => (await on.stageOf(id)) === 'step-2');
    expect(await on.stageOf(id)).toBe('step-2');
  });

  it('goes on after a crash where the last commit left it', async () => {
    const on = open();
    const { record } = await start(on);
    await on.run(HOUR, async () => (await on.stageOf(record.rollout.id)) === 'step-2');
    const before = on.served();
    await on.restart();
    expect(on.served()).toEqual(before);
    await on.run(HOUR, async () => (await on.stageOf(record.rollout.id)) === 'finalised');
    expect(await on.stageOf(record.rollout.id)).toBe('finalised');
  });

  it('makes a brake of the gateway a rollback, audited like any other', async () => {
    const on = open();
    const { record } = await start(on);
    await on.run(HOUR, async () => (await on.stageOf(record.rollout.id)) === 'step-1');
    on.brakes.set(record.rollout.id, { reason: '20 failures in a row', blames: 'canary' });
    await on.run(5_000);
    expect((await history(on, record.rollout.id)).at(-1)).toMatchObject({
      event: { kind: 'canaryBraked' },
      reason: '20 failures in a row',
    });
    expect(on.brakes.size).toBe(0);
  });
});

describe('starting', () => {
  it('answers with the rollout that runs when the same is started twice, and refuses another without replace', async () => {
    const on = open();
    const first = await start(on);
    const again = await start(on);
    expect([again.created, again.record.rollout.id]).toEqual([false, first.record.rollout.id]);
    expect(await problemOf(start(on, { canaryUrl: 'http://127.0.0.1:9003/', version: 'v3' }))).toContain(
      `conflict: ${on.route} already rolls out v2`,
    );
    const replaced = await start(on, { canaryUrl: 'http://127.0.0.1:9003/', version: 'v3', replace: true });
    expect(await on.stageOf(first.record.rollout.id)).toBe('superseded');
    expect(replaced.record.rollout.splitEpoch).toBeGreaterThan(first.record.rollout.splitEpoch);
    expect(on.served()).toMatchObject({ canary: { version: 'v3' } });
  });

  it('writes nothing when the canary does not pass preflight', async () => {
    const on = open({ preflight: '127.0.0.1:9002 refused the connection' });
    expect(await problemOf(start(on))).toBe(
      'refused: the canary does not pass preflight: 127.0.0.1:9002 refused the connection',
    );
    expect(await on.store.rollouts.list({ route: on.route, limit: 10 })).toEqual([]);
    expect(await on.store.audit.list({ route: on.route, limit: 10 })).toEqual([]);
  });

  it('refuses a policy with probes, or mirrored requests, where the route does not say what to send: it would stay undecided for ever', async () => {
    const on = open({ policies: { 'two-steps': policyOf({ checks: { probes: { every: '1m' } } }) } });
    expect(await problemOf(start(on))).toBe(
      `refused: the policy does not pass preflight: checks.probes would stay without a single pair, because the route ${on.route} has no ` +
        'probes.requests in serin.yaml: give it some, or take checks.probes out of the policy',
    );
    const comparing = open({ policies: { 'two-steps': policyOf({ checks: { answers: {} } }) } });
    expect(await problemOf(start(comparing))).toContain('checks.answers would stay without a single request');
    expect(await on.store.rollouts.list({ route: on.route, limit: 10 })).toEqual([]);
  });

  it.each([
    ['not-found: there is no route checkout; serin.yaml declares payments-', { route: 'checkout' }],
    ['invalid-input: there is no policy brave', { policy: 'brave' }],
    ['invalid-input: ftp://example.test/ is no http or https URL', { canaryUrl: 'ftp://example.test/' }],
    [
      'invalid-input: an upstream URL carries no user name or password',
      { canaryUrl: 'http://me:secret@example.test/' },
    ],
    ['invalid-input: http://127.0.0.1:9001/ is the stable of payments-', { canaryUrl: 'http://127.0.0.1:9001' }],
  ])('refuses %s', async (message, over) => {
    const on = open();
    expect(await problemOf(start(on, over))).toContain(message);
  });

  it('does not start a version again that was rolled back, unless forced, and counts the attempt', async () => {
    const on = open();
    const { record } = await start(on);
    await on.commands.override(record.rollout.id, { kind: 'rolledBack' }, OPERATOR, 'customers complain', null);
    expect(await problemOf(start(on))).toBe(
      'refused: v2 was rolled back before (ada: “customers complain”), and is only started again by force',
    );
    const forced = await start(on, { force: true, reason: 'fixed by a flag' });
    expect(forced.record.rollout.attempt).toBe(2);
  });

  it('narrows beta by the attempts of the last thirty days only, and replays it from the audit', async () => {
    const on = open();
    const attempts: unknown[] = [];
    for (const days of [0, 20, 20]) {
      on.world.now += days * 24 * HOUR;
      const { record } = await start(on);
      const { id } = record.rollout;
      await on.commands.override(id, { kind: 'aborted' }, OPERATOR, 'not yet', null);
      const stored = await on.store.rollouts.find(id);
      expect(canonicalJson(replay(await history(on, id)))).toBe(canonicalJson(stored?.rollout));
      attempts.push([stored?.rollout.attempt, stored?.rollout.recentAttempt]);
    }
    expect(attempts).toEqual([
      [1, 1],
      [2, 2],
      [3, 2],
    ]);
  });
});

describe('overrides', () => {
  it('are refused when the rollout has moved on since it was read', async () => {
    const on = open();
    const { record } = await start(on);
    const { id, version } = record.rollout;
    await on.commands.override(id, { kind: 'paused' }, OPERATOR, 'lunch', version);
    expect(await problemOf(on.commands.override(id, { kind: 'resumed' }, OPERATOR, 'back', version))).toContain(
      'stale',
    );
    expect(await problemOf(on.commands.override(id, { kind: 'paused' }, OPERATOR, 'again', null))).toBe(
      'refused: it is paused already',
    );
  });

  it('hold a paused rollout where it is, and harm still rolls it back', async () => {
    const on = open();
    const { record } = await start(on);
    const { id } = record.rollout;
    await on.run(HOUR, async () => (await on.stageOf(id)) === 'step-1');
    await on.commands.override(id, { kind: 'paused' }, OPERATOR, 'lunch', null);
    await on.run(20 * MINUTE);
    expect(await on.stageOf(id)).toBe('step-1');
    on.world.canary = BROKEN;
    await on.run(10 * MINUTE);
    expect(await on.stageOf(id)).toBe('rolled-back');
  });

  it('try an ended rollout again, and rebase a running one to the edited policy with fresh evidence', async () => {
    const on = open();
    const { record } = await start(on);
    expect(await problemOf(on.commands.retry(record.rollout.id, OPERATOR, 'again'))).toContain('it still runs');
    await on.run(HOUR, async () => (await on.stageOf(record.rollout.id)) === 'step-1');
    on.world.policies = {
      'two-steps': policyOf({ internal: { requests: 5 }, steps: [{ weight: '20%', dwell: '1m' }] }),
    };
    const rebased = await on.commands.rebase(record.rollout.id, OPERATOR, 'larger step', null);
    expect(rebased.rollout.canaryBps).toBe(2_000);
    expect(rebased.evidence).toMatchObject({ dwellMs: 0, verdict: null });
    await on.commands.override(record.rollout.id, { kind: 'aborted' }, OPERATOR, 'not today', null);
    expect((await on.commands.retry(record.rollout.id, OPERATOR, 'today')).rollout.attempt).toBe(2);
  });
});

describe('pages', () => {
  function pager(deliver: (message: Message) => Promise<Delivery>) {
    return { name: 'pager', takes: ['page', 'resolve'] as const, deliver };
  }

  it('do not delay a rollback when the pager hangs, and are not lost: the same id is delivered when it is back', async () => {
    const got: string[] = [];
    let up = false;
    const on = open({
      channels: [
        pager(async ({ id }) => {
          if (!up) return { kind: 'failed', reason: 'down' };
          got.push(id);
          return { kind: 'delivered' };
        }),
      ],
    });
    const { record } = await start(on);
    on.brakes.set(record.rollout.id, { reason: 'burst', blames: 'canary' });
    await on.run(5_000);
    expect(on.served()).toMatchObject({ canary: null });
    await deliverDue(on.ports);
    expect(got).toEqual([]);
    up = true;
    const retried = async () => {
      await deliverDue(on.ports);
      return got.length;
    };
    await expect.poll(retried, { timeout: 10_000, interval: 200 }).toBe(1);
    expect(got).toEqual([`${record.rollout.id}-3-page`]);
  });

  it('are not sent for what a person does', async () => {
    const got: string[] = [];
    const on = open({
      channels: [
        pager(async ({ id }) => {
          got.push(id);
          return { kind: 'delivered' };
        }),
      ],
    });
    const { record } = await start(on);
    await on.commands.override(record.rollout.id, { kind: 'rolledBack' }, OPERATOR, 'no', null);
    expect(on.served()).toMatchObject({ canary: null });
    while ((await deliverDue(on.ports)) > 0);
    expect(got).toEqual([]);
  });

  it('are resolved when the route next promotes', async () => {
    const got: string[] = [];
    const on = open({
      channels: [
        pager(async ({ kind, dedupKey }) => {
          got.push(`${kind} ${dedupKey}`);
          return { kind: 'delivered' };
        }),
      ],
    });
    const bad = await start(on);
    on.brakes.set(bad.record.rollout.id, { reason: 'burst', blames: 'canary' });
    await on.run(5_000);
    const good = await start(on, { canaryUrl: 'http://127.0.0.1:9003/', version: 'v3' });
    await on.commands.override(good.record.rollout.id, { kind: 'promoted', full: true }, OPERATOR, 'sure', null);
    await on.run(10_000);
    while ((await deliverDue(on.ports)) > 0);
    const key = `serin/${on.route}/${bad.record.rollout.id}`;
    expect(got).toEqual([`page ${key}`, `resolve ${key}`]);
  });
});

describe('the promoted stable', () => {
  async function promoted() {
    const on = open();
    const { record } = await start(on);
    await on.commands.override(record.rollout.id, { kind: 'promoted', full: true }, OPERATOR, 'sure', null);
    await on.run(10_000);
    expect(await on.stageOf(record.rollout.id)).toBe('finalised');
    return on;
  }

  it('survives a restart while serin.yaml still declares what it replaced', async () => {
    const on = await promoted();
    await declareStables(on.ports, on.ports.routes);
    await on.restart();
    expect(on.served()).toMatchObject({ stable: { version: 'v2', url: 'http://127.0.0.1:9002/' } });
  });

  it('gives way, audited, once the file declares another', async () => {
    const on = await promoted();
    on.world.declaredStable = 'http://127.0.0.1:9005/';
    await declareStables(on.ports, on.ports.routes);
    await on.restart();
    expect(on.served()).toMatchObject({ stable: { url: 'http://127.0.0.1:9005/' } });
    expect((await on.store.audit.list({ route: on.route, limit: 1 }))[0]).toMatchObject({
      event: { kind: 'stableDeclared' },
      before: { version: 'v2' },
    });
  });
});
