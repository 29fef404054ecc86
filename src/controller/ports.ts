import type { MetricsSource } from '../metrics/source.ts';
import type { Channel } from '../notify/channel.ts';
import type { LoadedPolicy } from '../policy/read.ts';
import type { StatusPattern } from '../policy/well-statuses.ts';
import type { Log } from '../problem/log.ts';
import type { Installation } from '../rollout/announce.ts';
import type { TrafficRouter } from '../routers/router.ts';
import type { RouterName } from '../split/capabilities.ts';
import type { ListedRule, SplitOrder, Upstream } from '../split/order.ts';
import type { KnownUnits } from '../stats/units/known-units.ts';
import type { Store } from '../store/store.ts';
import type { Memory } from './memory.ts';
import type { LogsHeard } from './warnings/unheard-logs.ts';

/** How a version's health is checked. */
export interface HealthCheck {
  /** `/path` on the upstream's origin, or `path` below the upstream's own path. */
  readonly path: string;
  /** The statuses that count as healthy. */
  readonly status: readonly StatusPattern[];
}

/** What the controller knows of a route. */
export interface DeclaredRoute {
  readonly name: string;
  /** What `serin.yaml` declares; a finalised rollout may have replaced it. */
  readonly stable: Upstream;
  readonly policy: string;
  readonly health: HealthCheck;
  /** Defaults to the gateway. */
  readonly router?: RouterName;
  /** Whose measurements are judged; defaults to the gateway's own. */
  readonly evidence?: 'gateway' | 'elsewhere';
  /** What it means for rollouts that keys keep their version, in a clause: `sticky by ..., so ...`; null where none do. */
  readonly sticky?: string | null;
  /** Whether the route says what a probe asks of both versions; omitted if it does not. */
  readonly isProbed?: boolean;
  /** Whether requests are sent to both versions and compared; omitted if they are not. */
  readonly isMirrored?: boolean;
  /** Whether the file says where its logs come from; omitted if it does not. */
  readonly isLogged?: boolean;
}

/** What works without the database: the gateway's own figures, and the one move that is always safe. */
export interface Safeguard {
  /** Reads the blocks that the gateway holds, and keeps all of them: they wait for the look that can be committed. */
  readonly source: MetricsSource;
  /** What is known of the keys of a sticky route before a rollout; null for nothing yet. */
  keys?(route: string): Promise<KnownUnits | null>;
  /** Sends all traffic of the order's rollout to the stable, at once and for good; only ever to the stable. */
  toStable(order: Pick<SplitOrder, 'route' | 'rolloutId' | 'epoch'>): Promise<void>;
  /** How long a rollout may go without a committed look before the gateway's own figures are judged. */
  readonly blindAfterMs: number;
}

/** Everything the controller touches outside itself. */
export interface ControllerPorts {
  readonly store: Pick<
    Store,
    'rollouts' | 'trails' | 'outbox' | 'lease' | 'stables' | 'consumers' | 'consumerLedger' | 'keyedRequests' | 'now'
  >;
  readonly source: MetricsSource;
  readonly router: Pick<TrafficRouter, 'apply' | 'observe'>;
  /** Null when every address gave a healthy answer, else one sentence. */
  readonly probe: (url: string, well: readonly StatusPattern[]) => Promise<string | null>;
  /** Why an operator may not use the upstream of a URL, in one sentence; null if it is allowed. */
  readonly operatorUpstream: (url: string) => string | null;
  readonly channels: readonly Channel[];
  /** How messages identify this installation. */
  readonly installation?: Installation;
  readonly routes: readonly DeclaredRoute[];
  readonly policy: (name: string) => LoadedPolicy | null;
  /** The names of the policies, for the error about an unknown one. */
  readonly policyNames?: () => readonly string[];
  /** The listed consumers of a route, as the gateway has them. */
  readonly listed: (route: string) => readonly ListedRule[];
  /** Puts the stored list of a route into force in the gateway. */
  readonly followConsumers: (route: string) => Promise<void>;
  /** Greater than `after`, whatever the clock says. */
  readonly newId: (after?: string) => string;
  readonly tickMs: number;
  /** A monotonic clock, in ms. */
  readonly monotonic: () => number;
  readonly memory: Memory;
  readonly safeguard: Safeguard;
  /** Of log lines of a route that this process had; omitted where it takes none. */
  readonly logsHeard?: (route: string) => LogsHeard;
  /** Names this process in the lease. */
  readonly holder: string;
  /** This replica after a restart as well: whose file it is that declares something. */
  readonly replica: string;
  readonly log: Log;
}
