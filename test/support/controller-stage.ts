import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommands } from '../../src/controller/command.ts';
import { type Brakes, createMemory } from '../../src/controller/memory.ts';
import type { ControllerPorts, DeclaredRoute } from '../../src/controller/ports.ts';
import { reconcile, resolvePages } from '../../src/controller/reconcile.ts';
import { tick } from '../../src/controller/tick.ts';
import { type Weighed, watchOver } from '../../src/controller/watch.ts';
import type { Collected } from '../../src/metrics/source.ts';
import type { Channel } from '../../src/notify/channel.ts';
import { digestPolicy } from '../../src/policy/digest.ts';
import type { Policy } from '../../src/policy/schema.ts';
import { Problem } from '../../src/problem/problem.ts';
import type { Rollout } from '../../src/rollout/state.ts';
import { localRouter } from '../../src/routers/local.ts';
import type { ListedRule, SplitOrder } from '../../src/split/order.ts';
import { rampedWeight } from '../../src/split/ramp.ts';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import { LateCalls } from './late-calls.ts';
import { placeDatabase } from './made-database.ts';
import { type Random, seededRandom } from './random.ts';
import { policyOf } from './rollouts.ts';
import { type Behaviour, HEALTHY, NO_TALLY, simulateBlock } from './simulated-traffic.ts';

export const OPERATOR = { name: 'ada', role: 'operator' } as const;

/** What the simulated upstreams and the people in front of them do; a test changes it as it goes. */
export interface World {
  now: number;
  requestsPerSecond: number;
  stable: Behaviour;
  canary: Behaviour;
  forcedPerBlock: { requests: number; errors: number };
  unusable: string | null;
  preflight: string | null;
  /** Why an operator may not have an upstream there. */
  barred: (url: string) => string | null;
  declaredStable: string;
  policies: Record<string, Policy>;
  channels: Channel[];
  /** What the gateway knows of the consumers that the store lists. */
  listed: ListedRule[];
  /** `full` takes no commit, `away` answers nothing. */
  database: 'well' | 'full' | 'away';
}

/** A real store of a file of tests, opened once. */
export async function embeddedStore(): Promise<{ readonly store: Store; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'serin-controller-'));
  await placeDatabase(folder);
  const store = await openStore({ dataFolder: folder });
  return {
    store,
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let stages = 0;
let ids = 0;

/** Each rollout as it was committed last: to read its whole record for its stage, after every tick, would cost as much as a look. */
const committed = new Map<string, Rollout>();

/** The real controller on a clock of the test's own, one route a stage; only the traffic is simulated. */
export interface ControllerStage {
  /** The route of this stage alone. */
  readonly route: string;
  readonly world: World;
  readonly store: Store;
  readonly ports: ControllerPorts;
  readonly commands: ReturnType<typeof createCommands>;
  readonly orders: readonly SplitOrder[];
  readonly brakes: Brakes;
  /** Time that has passed, whatever the clock was set to. */
  elapsed(): number;
  /** Sets the clock of everything that has one. */
  setClock(byMs: number): void;
  /** The order in force. */
  served(): SplitOrder | undefined;
  /** What a gateway does that brakes: everything to the stable, and it says so. */
  pullBrake(reason: string): Promise<void>;
  /** Lets the time pass, a tick at a time, until the condition holds or the time is over. */
  run(forMs: number, until?: () => Promise<boolean>): Promise<void>;
  stageOf(id: string): Promise<string>;
  /** A second controller on the same store, as after a crash: it knows only what was committed. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export function controllerStage(
  store: Store,
  over: Partial<World> & { readonly tickMs?: number; readonly seed?: number; readonly calls?: LateCalls } = {},
): ControllerStage {
  stages += 1;
  const route = `payments-${stages}`;
  const random = seededRandom(over.seed ?? 1);
  const tickMs = over.tickMs ?? 5_000;
  const world: World = {
    now: Date.UTC(2026, 0, 1),
    requestsPerSecond: 600,
    stable: HEALTHY,
    canary: HEALTHY,
    forcedPerBlock: { requests: 5, errors: 0 },
    unusable: null,
    preflight: null,
    barred: () => null,
    declaredStable: 'http://127.0.0.1:9001/',
    policies: { 'two-steps': policyOf({ internal: { requests: 5 } }) },
    channels: [],
    listed: [],
    database: 'well',
    ...over,
  };
  const served = new Map<string, SplitOrder>();
  /** What the clock was set by so far. */
  let setMs = 0;
  const monotonic = () => world.now - setMs;
  const orders: SplitOrder[] = [];
  const withdrawn = new Set<string | null>();

  /** As the gateway does it. */
  const port = (over.calls ?? new LateCalls()).over({
    async setSplit(order: SplitOrder): Promise<void> {
      if ((served.get(order.route)?.epoch ?? -1) >= order.epoch) return;
      orders.push(order);
      served.set(order.route, withdrawn.has(order.rolloutId) ? allToStable(order) : order);
    },
    appliedSplit: async (route: string) => {
      const order = served.get(route);
      return order ? { epoch: order.epoch, since: world.now } : null;
    },
    toStable: async ({ route, rolloutId }: Pick<SplitOrder, 'route' | 'rolloutId'>) => {
      withdrawn.add(rolloutId);
      const order = served.get(route);
      if (order) served.set(route, allToStable(order));
    },
  });

  const ports: ControllerPorts = {
    store: failingStore(store, world),
    source: { name: 'simulated', collect: async ({ route }) => collect(world, served.get(route), random, tickMs) },
    router: localRouter(port),
    probe: async () => world.preflight,
    operatorUpstream: (url) => world.barred(url),
    get channels() {
      return world.channels;
    },
    get routes(): readonly DeclaredRoute[] {
      return [
        {
          name: route,
          stable: { url: world.declaredStable, version: 'v1' },
          policy: 'two-steps',
          health: { path: '/healthz', status: ['2xx'] },
        },
      ];
    },
    policy: (name) => {
      const policy = world.policies[name];
      return policy ? { policy, digest: digestPolicy(policy) } : null;
    },
    listed: () => world.listed,
    followConsumers: async () => {},
    newId: () => {
      ids += 1;
      return `019ac000-0000-7000-8000-${String(ids).padStart(12, '0')}`;
    },
    tickMs,
    monotonic: () => monotonic(),
    memory: createMemory(() => monotonic(), tickMs),
    safeguard: {
      source: { name: 'simulated', collect: async ({ route }) => collect(world, served.get(route), random, tickMs) },
      toStable: (order) => port.toStable(order),
      blindAfterMs: 60_000,
    },
    holder: 'test',
    replica: 'one',
    log: () => undefined,
  };
  const { brakes } = ports.memory;
  const signal = new AbortController().signal;
  const weighed: Weighed = new Map();
  const commands = createCommands(ports);

  return {
    route,
    world,
    store,
    ports,
    commands,
    orders,
    brakes,
    elapsed: () => monotonic(),
    setClock(byMs) {
      world.now += byMs;
      setMs += byMs;
    },
    served: () => served.get(route),
    async pullBrake(reason) {
      const order = served.get(route);
      if (!order?.rolloutId) throw new Error('there is no rollout to brake');
      await ports.safeguard.toStable(order);
      brakes.set(order.rolloutId, { reason, blames: 'canary' });
    },
    async run(forMs, until = async () => false) {
      const end = monotonic() + forMs;
      const lease = await store.lease.hold('test', 3_600_000);
      if (!lease) throw new Error('the lease is held by another');
      while (monotonic() < end && !(await until())) {
        world.now += tickMs;
        try {
          const { promotions } = await tick(ports, lease.epoch, signal);
          if (promotions > 0) await resolvePages(ports, lease.epoch);
        } catch (error) {
          if (world.database !== 'away') throw error;
          ports.memory.looks.allFailed(error);
        }
        await watchOver(ports, weighed, signal);
      }
    },
    async stageOf(id) {
      const rollout = committed.get(id) ?? (await store.rollouts.find(id))?.rollout;
      if (!rollout) throw new Error(`no rollout ${id}`);
      const { stage } = rollout;
      return stage.kind === 'step' ? `step-${stage.index + 1}` : stage.kind;
    },
    async restart() {
      served.clear();
      await reconcile(ports, signal);
    },
    async close() {
      const left = await store.rollouts.list({ route, active: true, limit: 1 });
      for (const { rollout } of left)
        await commands.override(rollout.id, { kind: 'aborted' }, OPERATOR, 'the test is over', null);
    },
  };
}

function allToStable(order: SplitOrder): SplitOrder {
  return { ...order, canaryBps: 0, consumerDefault: null, forceAllowed: false };
}

/** The real store, which fails as the world has it. */
function failingStore(store: Store, world: World): ControllerPorts['store'] {
  const { rollouts, outbox } = store;
  const reading = <A extends unknown[], R>(work: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (world.database === 'away') throw new Problem('unavailable', 'The database cannot answer (ECONNREFUSED).');
      return work(...args);
    };
  };
  return {
    ...store,
    now: reading(async () => world.now),
    outbox: { ...outbox, due: reading(outbox.due) },
    rollouts: {
      find: reading(rollouts.find),
      list: reading(rollouts.list),
      lastEnded: reading(rollouts.lastEnded),
      unreadable: reading(rollouts.unreadable),
      commit: reading(async (change) => {
        if (world.database === 'full') {
          throw new Problem('unavailable', 'The database cannot answer (SQLSTATE 53100).');
        }
        await rollouts.commit(change);
        for (const { rollout } of change.supersedes ? [change.supersedes, change] : [change]) {
          committed.set(rollout.id, rollout);
        }
      }),
    },
  };
}

function collect(world: World, order: SplitOrder | undefined, random: Random, tickMs: number): Collected {
  if (world.unusable !== null) return { kind: 'unusable', reason: world.unusable };
  if (!order) return { kind: 'blocks', blocks: [], cursor: null };
  const span = {
    startedAt: world.now - tickMs,
    durationMs: tickMs,
    splitEpoch: order.epoch,
    canaryBps: rampedWeight(order, world.now - tickMs - (order.ramp?.since ?? 0)).canaryBps,
    requestsPerSecond: world.requestsPerSecond,
  };
  const block = simulateBlock(random, span, world.stable, world.canary);
  const forced = order.forceAllowed ? { ...NO_TALLY, ...world.forcedPerBlock } : NO_TALLY;
  return {
    kind: 'blocks',
    blocks: [{ ...block, canary: order.canary ? block.canary : null, forced: { stable: NO_TALLY, canary: forced } }],
    cursor: `test:${world.now}`,
  };
}
