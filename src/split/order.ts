import type { AnswerReads } from './answer-reads.ts';

/** The two branches of a route while a rollout runs. */
export type Track = 'stable' | 'canary';

/** What a listed consumer gets. An unlisted consumer gets the order's `consumerDefault`. */
export type ConsumerRule = 'canary' | 'stable' | 'by-weight';

/** A listed consumer without its credential. */
export interface ListedRule {
  readonly name: string;
  readonly rule: ConsumerRule;
}

/** That the old version ends. Days as `2027-03-01`, in UTC. */
export interface Deprecation {
  readonly since: string;
  /** The last day; null where nobody has said. */
  readonly sunset: string | null;
  /** A URL for people; null for none. */
  readonly link: string | null;
}

export interface Upstream {
  /** Absolute http(s) URL; its path replaces the route's matched prefix. */
  readonly url: string;
  /** The display name of the version: `v2`, a tag, a commit. */
  readonly version: string;
}

/**
 * What a router has to make true for one route: the whole desired state, never a difference.
 * Applying the same order twice is the same as once; an older `epoch` never replaces a newer one.
 */
export interface SplitOrder {
  readonly route: string;
  readonly epoch: number;
  readonly rolloutId: string | null;
  readonly stable: Upstream;
  readonly canary: Upstream | null;
  /** The canary's share of randomised traffic in basis points, 0..10000. */
  readonly canaryBps: number;
  /**
   * How the share rises to `canaryBps`: from what, since when (epoch ms) and over how many ms. Omitted when it is in force at
   * once. Its moves have the epoch of the order, and each begins a block.
   */
  readonly ramp?: { readonly fromBps: number; readonly since: number; readonly ms: number };
  /**
   * Sticky keys are drawn by their units, salted by this attempt of the canary's version. Omitted for a rollout that began
   * when each key was drawn by itself: it keeps that.
   */
  readonly attempt?: number;
  /** Units that the stable serves until the canary has 100 %, whatever they drew: fixed when the rollout began. */
  readonly lastUnits?: readonly number[];
  /** Null when consumer rules do not apply: no rollout, or the canary serves all clients (bake and later). */
  readonly consumerDefault: 'by-weight' | 'stable' | null;
  /** What is told to those whom a rule keeps on the stable; omitted where nothing is. */
  readonly deprecation?: Deprecation;
  /** Whether the force header may choose a version. */
  readonly forceAllowed: boolean;
  /** After a canary left the order, tunnels and event streams still open to it are closed after this. */
  readonly drainMs: number;
  /** Failures in a row on the canary at which the gateway sends everything to the stable by itself; null for never. */
  readonly brakeAfter: number | null;
  /** How to handle a request that the canary did not answer, if it can be retried. */
  readonly failover: 'stable' | 'none';
  /** What the recorder needs to know to cut blocks and count. */
  readonly measure: {
    readonly blockMs: number;
    readonly errorStatuses: readonly (number | '4xx' | '5xx')[];
    /** How much slower the canary may be, where its answers are counted by unit; omitted without a rollout. */
    readonly margins?: LatencyAllowances;
    /** How long the units of a new weight are counted apart; omitted without a rollout. */
    readonly warmUpMs?: number;
    /** A WebSocket that its upstream ends within so many ms of the handshake is an error; omitted where none is. */
    readonly webSocketEarlyCloseMs?: number;
    /** What is read of answers beside their status and the time of their head; omitted where nothing is. */
    readonly reads?: AnswerReads;
  };
}

/** Why the gateway sent everything to the stable by itself; `reason` is one clause that says what was seen. */
export interface PulledBrake {
  readonly reason: string;
  /** `nobody` where it may have been the clients of the canary's few keys. */
  readonly blames: 'canary' | 'nobody';
}

/** By how much a latency may grow: the larger of a share of it and a time. */
export interface LatencyAllowance {
  readonly relative: number;
  readonly absoluteMs: number;
}

export interface LatencyAllowances {
  readonly rollback: Readonly<Record<'p50' | 'p95' | 'p99', LatencyAllowance>>;
  readonly parity: Readonly<Record<'p50' | 'p95' | 'p99', LatencyAllowance>>;
  /** Of the whole distribution, for a rollback. */
  readonly dominance: LatencyAllowance;
}
