import cron, { type ScheduledTask } from 'node-cron';
import { messageOf } from '../problem/log.ts';
import { deliverDue } from './effects.ts';
import type { ControllerPorts } from './ports.ts';
import { forgetReplacedStables, reconcile, resolvePages } from './reconcile.ts';
import { type Brakes, tick } from './tick.ts';

export interface Controller {
  /** Serves every route as the last commit left it, then ticks. Rejects when the database cannot be read. */
  start(): Promise<void>;
  /** The gateway moved a route to its stable by itself; the next tick makes it a rollback. */
  braked(route: string, reason: string): void;
  /** Ends after the tick that runs, and gives the lease back. */
  stop(): Promise<void>;
  /** Null while the controller works; else what is wrong, for the health answer. */
  trouble(): string | null;
  /** Whether this process is the one that decides. */
  leads(): boolean;
}

/** One leader, one tick at a time: whoever holds the lease decides, everybody else waits for it. */
export function createController(ports: ControllerPorts): Controller {
  const brakes: Brakes = new Map();
  const abort = new AbortController();
  const leaseTtlMs = Math.max(15_000, 3 * ports.tickMs);
  let task: ScheduledTask | null = null;
  let running: Promise<void> = Promise.resolve();
  let delivering: Promise<unknown> | null = null;
  let wrong: string | null = null;
  let ledEpoch: number | null = null;

  function deliverInBackground(): void {
    delivering ??= deliverDue(ports)
      .catch((error: unknown) => ports.log({ what: 'outboxUnreachable', level: 'warn', error }))
      .finally(() => {
        delivering = null;
      });
  }

  async function lead(): Promise<void> {
    const lease = await ports.store.lease.hold(ports.holder, leaseTtlMs);
    if (lease === null) {
      ledEpoch = null;
      return;
    }
    if (ledEpoch !== lease.epoch) {
      ledEpoch = lease.epoch;
      await reconcile(ports, abort.signal);
    }
    const { promotions } = await tick(ports, lease.epoch, brakes, abort.signal);
    if (promotions > 0) await resolvePages(ports, lease.epoch);
    deliverInBackground();
  }

  async function onTick(): Promise<void> {
    if (abort.signal.aborted) return;
    try {
      await lead();
      wrong = null;
    } catch (error) {
      wrong = `the controller cannot tick: ${messageOf(error)}`;
      ports.log({ what: 'tickAbandoned', level: 'error', error });
    }
  }

  return {
    async start() {
      await forgetReplacedStables(ports.store, ports.routes);
      await reconcile(ports, abort.signal);
      const expression = `*/${Math.round(ports.tickMs / 1_000)} * * * * *`;
      task = cron.schedule(
        expression,
        () => {
          running = onTick();
          return running;
        },
        { name: 'serin-tick', noOverlap: true, suppressMissedWarning: true, logger: quiet(ports) },
      );
    },
    braked(route, reason) {
      brakes.set(route, reason);
    },
    async stop() {
      await task?.destroy();
      await running;
      abort.abort();
      await delivering;
      await ports.store.lease.release(ports.holder).catch((error: unknown) => {
        ports.log({ what: 'leaseNotReleased', level: 'warn', error });
      });
    },
    trouble: () => wrong,
    leads: () => ledEpoch !== null && wrong === null,
  };
}

/** A tick that a busy machine skips is no fault: the next one sees the same blocks. */
function quiet(ports: Pick<ControllerPorts, 'log'>) {
  const silent = () => undefined;
  const error = (error: string | Error) => ports.log({ what: 'scheduleFailed', level: 'error', error });
  return { info: silent, warn: silent, debug: silent, error };
}
