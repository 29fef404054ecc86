import type { MetricsSource } from '../metrics/source.ts';
import type { Channel } from '../notify/channel.ts';
import type { LoadedPolicy } from '../policy/read.ts';
import type { StatusPattern } from '../policy/well-statuses.ts';
import type { Log } from '../problem/log.ts';
import type { Installation } from '../rollout/announce.ts';
import type { TrafficRouter } from '../routers/router.ts';
import type { RouterName } from '../split/capabilities.ts';
import type { SplitOrder, Upstream } from '../split/order.ts';
import type { Store } from '../store/store.ts';
import type { Memory } from './memory.ts';

/** What a version is asked for its health. */
export interface HealthCheck {
  /** `/path` on the upstream's origin, or `path` below the upstream's own path. */
  readonly path: string;
  /** The answers that are well. */
  readonly status: readonly StatusPattern[];
}

/** A route as far as the controller cares. */
export interface DeclaredRoute {
  readonly name: string;
  /** What `serin.yaml` declares; a finalised rollout may have replaced it. */
  readonly stable: Upstream;
  readonly policy: string;
  readonly health: HealthCheck;
  /** The gateway where it is left out. */
  readonly router?: RouterName;
  /** Whose measurements are judged; the gateway's own where it is left out. */
  readonly evidence?: 'gateway' | 'elsewhere';
}

/** What needs no database: the gateway's own figures, and the one move that is always safe. */
export interface Safeguard {
  /** Reads the blocks that the gateway holds, and forgets none of them: they wait for the look that can be committed. */
  readonly source: MetricsSource;
  /** Everything of the order's rollout to the stable, at once and for good; only ever to the stable. */
  toStable(order: Pick<SplitOrder, 'route' | 'rolloutId' | 'epoch'>): Promise<void>;
  /** How long a rollout may go without a committed look before the gateway's own figures are weighed. */
  readonly blindAfterMs: number;
}

/** Everything the controller touches outside itself. */
export interface ControllerPorts {
  readonly store: Pick<Store, 'rollouts' | 'outbox' | 'lease' | 'stables' | 'consumers' | 'now'>;
  readonly source: MetricsSource;
  readonly router: Pick<TrafficRouter, 'apply' | 'observe'>;
  /** Null when every address gave an answer that is well, else one sentence. */
  readonly probe: (url: string, well: readonly StatusPattern[]) => Promise<string | null>;
  /** Why an operator may not name the upstream of a URL, in one sentence; null where one may. */
  readonly operatorUpstream: (url: string) => string | null;
  readonly channels: readonly Channel[];
  /** What messages say of where they are from. */
  readonly installation?: Installation;
  readonly routes: readonly DeclaredRoute[];
  readonly policy: (name: string) => LoadedPolicy | null;
  /** What the policies are called that there are, to say so where one is named that is not. */
  readonly policyNames?: () => readonly string[];
  /** Greater than `after`, whatever the clock says. */
  readonly newId: (after?: string) => string;
  readonly tickMs: number;
  /** A monotonic clock, in ms. */
  readonly monotonic: () => number;
  readonly memory: Memory;
  readonly safeguard: Safeguard;
  /** Names this process in the lease. */
  readonly holder: string;
  readonly log: Log;
}
