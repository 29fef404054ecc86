import cron, { type ScheduledTask } from 'node-cron';
import { formatSpan } from '../parity/figures.ts';
import { messageOf } from '../problem/log.ts';
import type { PulledBrake } from '../split/order.ts';
import { deliverDue } from './effects.ts';
import { overdueAfterMs } from './memory.ts';
import type { ControllerPorts } from './ports.ts';
import { declareStables, reconcile, resolvePages } from './reconcile.ts';
import { LOGGED_EVERY, readRunning, tick } from './tick.ts';
import { type Weighed, watchOver } from './watch.ts';

/** node-cron starts ticks by wall-clock time, so setting the clock back would stop them: this is how often we check for that. */
const WATCHDOG_MS = 1_000;
/** In ticks: a tick counts as missed when the last one began longer ago than this. */
const MISSED_AFTER = 1.5;
/** When the trails of rollouts that ended long ago are deleted, local time. */
const FORGETS_AT = '17 3 * * *';
/** When the leader deletes requests whose keys are older than a day. */
const FORGETS_KEYS_AT = '43 * * * *';

export interface Controller {
  /** Serves every route as the last commit left it, then ticks. Rejects when the database cannot be read. */
  start(): Promise<void>;
  /** The gateway moved a rollout's route to its stable by itself; the next tick makes it a rollback. */
  braked(rolloutId: string, brake: PulledBrake): void;
  /** Stops after the running tick, and gives the lease back. */
  stop(): Promise<void>;
  /** Empty while the controller works; else what is wrong, one sentence each, for the health answer. */
  troubles(): readonly string[];
  /** Whether this process is the leader, and is deciding. */
  leads(): boolean;
  /** Since the last tick ended. */
  tickAgoMs(): number;
}

/** One leader, one tick at a time: the holder of the lease decides, every other process waits for the lease. */
export function createController(ports: ControllerPorts): Controller {
  const { memory, monotonic } = ports;
  const abort = new AbortController();
  const leaseTtlMs = Math.max(15_000, 3 * ports.tickMs);
  const overdueMs = overdueAfterMs(ports.tickMs);
  const weighed: Weighed = new Map();
  let tasks: readonly ScheduledTask[] = [];
  let watchdog: NodeJS.Timeout | null = null;
  let ticking: Promise<void> | null = null;
  let watching: Promise<void> | null = null;
  let delivering: Promise<unknown> | null = null;
  let forgetting: Promise<unknown> | null = null;
  let forgettingKeys: Promise<unknown> | null = null;
  let begunAtMs = monotonic();
  let endedAtMs = monotonic();
  let watchedAtMs = monotonic();
  let wrong: string | null = null;
  let abandoned = 0;
  let ledEpoch: number | null = null;

  function deliverInBackground(): void {
    delivering ??= deliverDue(ports)
      .catch((error: unknown) => ports.log({ what: 'outboxUnreachable', level: 'warn', error }))
      .finally(() => {
        delivering = null;
      });
  }

  function forgetTrails(): void {
    forgetting ??= ports.store.trails
      .forget()
      .catch((error: unknown) => ports.log({ what: 'trailsNotDeleted', level: 'warn', error }))
      .finally(() => {
        forgetting = null;
      });
  }

  function forgetKeys(): void {
    if (ledEpoch === null) return;
    forgettingKeys ??= ports.store.keyedRequests
      .forget()
      .catch((error: unknown) => ports.log({ what: 'keyedRequestsNotDeleted', level: 'warn', error }))
      .finally(() => {
        forgettingKeys = null;
      });
  }

  async function lead(): Promise<void> {
    const lease = await ports.store.lease.hold(ports.holder, leaseTtlMs);
    if (lease === null) {
      ledEpoch = null;
      memory.looks.clear();
      return;
    }
    if (ledEpoch !== lease.epoch) {
      await reconcile(ports, abort.signal);
      ledEpoch = lease.epoch;
    }
    const { promotions } = await tick(ports, lease.epoch, abort.signal);
    if (promotions > 0) await resolvePages(ports, lease.epoch);
    deliverInBackground();
  }

  async function oneTick(): Promise<void> {
    begunAtMs = monotonic();
    try {
      await lead();
      wrong = null;
      abandoned = 0;
    } catch (error) {
      abandoned += 1;
      wrong = `the controller cannot tick: ${messageOf(error)}`;
      for (const { name } of ports.routes)
        if (!memory.unapplied.has(name)) memory.unapplied.set(name, { reason: null });
      memory.looks.allFailed(error);
      if (abandoned % LOGGED_EVERY === 1) ports.log({ what: 'tickAbandoned', level: 'error', abandoned, error });
    } finally {
      endedAtMs = monotonic();
    }
  }

  /** Never two at a time. */
  function runTick(): Promise<void> {
    if (abort.signal.aborted) return Promise.resolve();
    ticking ??= oneTick().finally(() => {
      ticking = null;
    });
    return ticking;
  }

  function onWatchdog(): void {
    if (ticking === null && monotonic() - begunAtMs >= MISSED_AFTER * ports.tickMs) void runTick();
    if (monotonic() - watchedAtMs < ports.tickMs) return;
    watchedAtMs = monotonic();
    watching ??= watchOver(ports, weighed, abort.signal).finally(() => {
      watching = null;
    });
  }

  const isOverdue = () => monotonic() - endedAtMs > overdueMs;

  return {
    async start() {
      await declareStables(ports, ports.routes);
      await reconcile(ports, abort.signal);
      await readRunning(ports);
      const expression = `*/${Math.round(ports.tickMs / 1_000)} * * * * *`;
      begunAtMs = endedAtMs = monotonic();
      const options = { noOverlap: true, suppressMissedWarning: true, logger: quiet(ports) };
      tasks = [
        cron.schedule(expression, runTick, { ...options, name: 'serin-tick' }),
        cron.schedule(FORGETS_AT, forgetTrails, { ...options, name: 'serin-trails' }),
        cron.schedule(FORGETS_KEYS_AT, forgetKeys, { ...options, name: 'serin-keyed-requests' }),
      ];
      forgetTrails();
      watchdog = setInterval(onWatchdog, WATCHDOG_MS);
    },
    braked(rolloutId, brake) {
      memory.brakes.set(rolloutId, brake);
    },
    async stop() {
      if (watchdog) clearInterval(watchdog);
      for (const task of tasks) await task.destroy();
      await ticking;
      abort.abort();
      await Promise.all([watching, delivering, forgetting, forgettingKeys, memory.messages.idle()]);
      for (const loss of unrecorded()) ports.log({ what: 'leftUnrecorded', level: 'error', reason: loss });
      await ports.store.lease.release(ports.holder).catch((error: unknown) => {
        ports.log({ what: 'leaseNotReleased', level: 'warn', error });
      });
    },
    troubles() {
      const late = isOverdue()
        ? [`the controller has not completed a tick for ${formatSpan(monotonic() - endedAtMs)}`]
        : [];
      const refused = [...memory.unapplied].flatMap(([route, { reason }]) =>
        reason === null ? [] : [`${route}: its split cannot be applied: ${reason}`],
      );
      return [...(wrong === null ? [] : [wrong]), ...late, ...refused, ...memory.looks.troubles(), ...unrecorded()];
    },
    leads: () => ledEpoch !== null && wrong === null && !isOverdue(),
    tickAgoMs: () => monotonic() - endedAtMs,
  };

  function unrecorded(): readonly string[] {
    const routeOf = (id: string) => memory.looks.find(id)?.rollout.route ?? id;
    const byHand = [...memory.unrecorded].map(([id, { by, event }]) => {
      const done = event.kind === 'aborted' ? 'aborted' : 'rolled back';
      return `${routeOf(id)}: ${done} by ${by.name}: the gateway sends everything to the stable; not recorded yet, because the database is unavailable`;
    });
    const braked = [...memory.brakes].map(
      ([id, { reason }]) =>
        `${routeOf(id)}: the gateway sends everything to the stable, which is not recorded yet: ${reason}`,
    );
    const held = [...memory.heldHarm].map(
      ([id, { reason }]) =>
        `${routeOf(id)}: harm was found, and the canary keeps its weight until a person decides; not recorded yet, because the database is unavailable: ${reason}`,
    );
    return [...byHand, ...braked, ...held];
  }
}

/** A tick skipped by a busy machine is not a fault: the next one sees the same blocks. */
function quiet(ports: Pick<ControllerPorts, 'log'>) {
  const silent = () => undefined;
  const error = (error: string | Error) => ports.log({ what: 'scheduleFailed', level: 'error', error });
  return { info: silent, warn: silent, debug: silent, error };
}
