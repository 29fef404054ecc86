import { isOverdue } from '../consumers/consumer.ts';
import { type ConsumerReport, consumerReport, firstDayOf } from '../consumers/ledger/report.ts';
import { type ServedRoute, versionNow } from '../consumers/ruled-versions.ts';
import type { Rollout } from '../rollout/state.ts';
import type { Store } from '../store/store.ts';

/** Unlisted credentials that a report shows one by one. */
const LARGEST = 10;

export interface ConsumerReportPorts {
  readonly store: Pick<Store, 'consumers' | 'consumerLedger' | 'rollouts' | 'now'>;
  /** Throws Problem('not-found') on a route that is not declared. */
  readonly route: (name: string) => unknown;
  readonly served: (route: string) => Promise<ServedRoute>;
  /** Brings what this process has counted into the database, as far as that answers. */
  readonly settle: () => Promise<void>;
}

/** Who of a route's consumers asked what of which version, over the last days. */
export function consumerReporter(ports: ConsumerReportPorts) {
  const { store } = ports;
  return async (route: string, days: number): Promise<ConsumerReport> => {
    ports.route(route);
    await ports.settle();
    const [at, list, served] = [await store.now(), await store.consumers.list(route), await ports.served(route)];
    const day = firstDayOf(days, at);
    const past = await store.consumerLedger.read(route, { fromDay: day, consumers: list });
    const shares = await store.consumerLedger.shares(route, list, { day, largest: LARGEST });
    const [last] = await store.rollouts.list({ route, limit: 1 });
    return consumerReport(
      route,
      list.map((consumer) => ({
        ...consumer,
        isOverdue: isOverdue(consumer, at),
        now: versionNow(served, consumer.rule),
      })),
      versionsOf(served, last?.rollout ?? null),
      { ...past, ...shares },
      { days, at },
    );
  };
}

/** The versions of the rollout that runs; else those of the last, where its canary has become the stable. */
function versionsOf({ stable, rollout }: ServedRoute, last: Rollout | null): ConsumerReport['versions'] {
  if (rollout !== null) return { before: rollout.stable.version, after: rollout.canary.version };
  const isFinalised = last?.stage.kind === 'finalised' && last.canary.version === stable.version;
  return isFinalised ? { before: last.stable.version, after: stable.version } : { before: stable.version, after: null };
}
