import type { ConsumerDay } from '../consumers/ledger/consumer-day.ts';
import type { StatusPattern } from '../policy/well-statuses.ts';
import type { ConsumerRule, PulledBrake, SplitOrder, Upstream } from '../split/order.ts';
import type { PostedValue, PostOutcome } from '../stats/answers/posted-value.ts';
import type { Sighting, SightingName } from '../stats/answers/sighting.ts';
import type { Block } from '../stats/block.ts';
import type { SliceBlock } from '../stats/slice.ts';
import type { KnownUnits } from '../stats/units/known-units.ts';
import type { UnitDraws } from '../stats/units/unit-block.ts';
import type { UnitCounts } from '../stats/units/unit-ledger.ts';
import type { OnFault } from './http/faults.ts';
import type { GivenLimits } from './http/limits.ts';
import type { GatewayTimeouts, RouteTimeouts } from './http/timeouts.ts';
import type { OwnListeners } from './upstream/own-listeners.ts';
import type { TimedOptions } from './upstream/timed-request.ts';

/** Which cross-site requests carry a cookie (RFC 6265bis section 4.1.2.7); `lax` if absent. */
export type SameSite = 'lax' | 'strict' | 'none';

/** What identifies a requester for the sticky split; a request that lacks it, and each one of `request`, is drawn by itself. */
export type StickyKey =
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'cookie'; readonly name: string; readonly sameSite?: SameSite }
  | { readonly kind: 'consumer' }
  | { readonly kind: 'client-address' }
  | { readonly kind: 'request' };

/** Where a request says whose it is. */
export type ConsumerKey =
  | {
      readonly kind: 'header';
      readonly name: string;
      /** From nobody else it counts: there it has the client id that the proxy verified, and no secret of the consumer. */
      readonly from?: 'trustedProxies';
    }
  | { readonly kind: 'query'; readonly name: string }
  /** A header with a token that says the client id, once it is verified. */
  | { readonly kind: 'jwt'; readonly name: string; readonly rule: TokenRule };

/** Which JSON Web Tokens (RFC 7519) say whose a request is. */
export interface TokenRule {
  /** Where the public keys of the issuer are (RFC 7517 section 5). */
  readonly jwks: { readonly url: string } | { readonly file: string };
  readonly issuer: string;
  /** Of a token's audiences one has to be among these. */
  readonly audience: readonly string[];
  /** The claim with the client id. */
  readonly claim: string;
}

/** Who may force a version: clients from one of the networks, or with a signed token that has not expired. */
export interface ForceRule {
  /** CIDRs of the client's address, as seen behind the trusted proxies. */
  readonly from: readonly string[];
  readonly tokens: 'accepted' | 'none';
}

/** What a route mirrors: requests that its stable answered are sent again, and nobody waits for what comes back. */
export interface MirrorRule {
  /** Of the requests that the stable answers, above 0 and at most 1. */
  readonly share: number;
  readonly methods: readonly string[];
  /** To each version at most. */
  readonly perSecond: number;
  /** To each version at most, at the same time. */
  readonly concurrency: number;
  /** For a whole answer. */
  readonly timeoutMs: number;
  /** Whether answers are compared where the order says so. */
  readonly compare: boolean;
}

/** One route as `serin.yaml` declares it; the names of header fields in lower case. */
export interface GatewayRoute {
  readonly name: string;
  /** Raw path prefix that begins with `/`; matched on segment boundaries. */
  readonly prefix: string;
  readonly host: string | null;
  readonly stable: Upstream;
  /** False keeps the request's path as it is. */
  readonly rewrite: boolean;
  readonly hostHeader: 'upstream' | 'preserve';
  readonly sticky: StickyKey;
  /** The sticky key of rollouts that began when `sticky` had another default; `sticky` if absent. */
  readonly formerSticky?: StickyKey;
  readonly consumerKey: ConsumerKey | null;
  /** Header whose value `stable`, `canary` or a version's name chooses the version, where the order allows it. */
  readonly forceHeader: string;
  /** Values of the force header in place of all of those; in any letter case. */
  readonly forceWords?: { readonly canary: string; readonly stable: string | null };
  /** Whose force header counts; every client's if absent. */
  readonly forceRule?: ForceRule;
  /** What to do with a request for a version that the route does not have now; `refuse` if absent. */
  readonly unfollowedForce?: 'refuse' | 'ignore';
  /** Whether `%2F` and `%5C` may appear in a path; matched and passed on as they are. `refuse` if absent. */
  readonly encodedSlash?: 'refuse' | 'pass';
  /** Whether answers that name an upstream name the route instead; `map` if absent. */
  readonly redirects?: 'map' | 'keep';
  /** Answers carry `x-serin-version`. */
  readonly showVersion: boolean;
  /** Which requests are sent again, to the canary; none if absent. */
  readonly mirror?: MirrorRule;
  /** Path templates such as `/orders/{id}`, for the slices of its traffic; for a path that matches none, one is guessed. */
  readonly templates?: readonly string[];
  /** The gateway's if absent. */
  readonly timeouts?: Partial<RouteTimeouts>;
}

export interface GatewayOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly routes: readonly GatewayRoute[];
  /** CIDRs whose X-Forwarded-* are believed. */
  readonly trustedProxies: readonly string[];
  /** Signs sticky cookies and keys the hashes of consumer credentials. */
  readonly secret: Uint8Array;
  readonly timeouts: GatewayTimeouts;
  /** `off` leaves every request to node:http, with the same outcome; on by default. */
  readonly fastPath?: 'on' | 'off';
  /** PEM certificates of authorities trusted for https upstreams in addition to those that Node trusts. */
  readonly upstreamCa?: string;
  /** Whether randomised traffic is counted by endpoint, consumer, upstream and status as well; on by default. */
  readonly slices?: 'on' | 'off';
  /** Omitted limits get their default. */
  readonly limits?: GivenLimits;
  /** No access log if absent. */
  readonly accessLog?: AccessLogOptions;
  /** A rollout's route went to its stable automatically. Must not throw. */
  readonly onBrake?: (order: Pick<SplitOrder, 'route' | 'rolloutId'>, brake: PulledBrake) => void;
  /** Told of the tokens of consumers; at most once a minute of each thing. Must not throw. */
  readonly onTokenNews?: (news: TokenNews) => void;
  /** Where the relative paths of files in routes begin; the working directory if absent. */
  readonly folder?: string;
  /** The gateway's own code threw, and the error was contained. Required, so that no bug goes unnoticed. */
  readonly onFault: OnFault;
  /** Where else this process listens: no upstream may be there. The gateway adds its own listener. */
  readonly own?: OwnListeners;
  readonly now?: () => number;
}

export interface AccessLogOptions {
  /** Takes complete lines in UTF-8, many at a time. Must not throw. */
  readonly write: (lines: Uint8Array) => void;
  /** The share of requests that are logged, 0..1; failed ones always are. */
  readonly sample: number;
}

/** The data plane's reply to a split order. */
export interface AppliedSplit {
  readonly epoch: number;
  /** Wall-clock epoch ms of the swap, or since when its canary has its weight again after a trial of the stable. */
  readonly since: number;
  /** While the stable serves the keys of a canary that has few, for a trial. */
  readonly onTrial?: true;
}

/**
 * What the control plane does to the split. A worker or another replica may answer, so calls may arrive late and in a different
 * order: each says enough for the gateway to tell which is newer.
 */
export interface SplitPort {
  /** One pointer swap; an order with an older epoch is ignored. Open requests end under the split they began with. */
  setSplit(order: SplitOrder): Promise<void>;
  appliedSplit(route: string): Promise<AppliedSplit | null>;
  /**
   * Sends all of the rollout to the stable at once, and for good: no later order of that rollout gives its canary
   * anything. Orders of a newer rollout are not touched.
   */
  toStable(order: Pick<SplitOrder, 'route' | 'rolloutId' | 'epoch'>): Promise<void>;
  /** Keyed hashes (see `hashConsumerKey`) -> rule, -> name, and -> due date, for a route; replaces the previous list. */
  setConsumers(
    route: string,
    rules: ReadonlyMap<string, ConsumerRule>,
    names?: ReadonlyMap<string, string>,
    dues?: ReadonlyMap<string, string>,
  ): Promise<void>;
}

/** Closed blocks, oldest first, and the cursor for the next call. */
export interface CollectedBlocks {
  readonly blocks: readonly Block[];
  readonly cursor: string;
}

/** What was measured. Reading is asynchronous for the same reason; nothing that is read changes by being read late. */
export interface MeasurePort {
  /**
   * Closed blocks newer than `after`, oldest first, and the cursor for the next call. A block is closed when its span
   * is over and none of its requests is open, or they all have been open for `slowAfterMs`: those count as slow.
   * A cursor of another process (or null) gives everything that is still held. At most 1,000 blocks of a route are held.
   */
  collect(route: string, after: string | null, slowAfterMs: number): Promise<CollectedBlocks>;
  /** The same without forgetting anything: for readers other than the one that commits. */
  peek(route: string, after: string | null, slowAfterMs: number): Promise<CollectedBlocks>;
  totals(): Promise<readonly TrafficTotals[]>;
  durations(): Promise<readonly TrafficDurations[]>;
  /** Of the routes that mirror. */
  mirrored(): Promise<readonly MirroredTotals[]>;
  /** Of the routes that know consumers by token. */
  tokens(): Promise<readonly TokenTotals[]>;
  /** The slices of the route's last closed blocks, oldest first: those in which this canary was compared, at most 360. */
  slices(route: string): Promise<readonly SliceBlock[]>;
  /**
   * What the units of a sticky route did under the present weight, in the blocks that are closed, and before it. Null while
   * the stable serves alone, and where versions are not drawn by unit.
   */
  units(route: string, draws: UnitDraws): Promise<UnitCounts | null>;
  /** What is known of the keys of a sticky route; null for nothing. */
  knownUnits(route: string): Promise<KnownUnits | null>;
  /**
   * Counts values that somebody outside gives to answers, and says what became of each, in their order. Only what the order in force
   * asks to be posted is counted, once for an answer.
   */
  postValues(route: string, values: readonly PostedValue[]): Promise<readonly PostOutcome[]>;
  /** What is remembered, for people, of what answers of the canary in force look like, as far as anything is. */
  sightings(route: string, names: readonly SightingName[]): Promise<ReadonlyMap<SightingName, Sighting>>;
  /** Closes the blocks that can close: nobody collects those of a route without a rollout. */
  tend(route: string): Promise<void>;
  /** What the consumers of all routes asked since the last call, for the routes that distinguish them: taken, and not kept. */
  takeConsumerDays(): Promise<readonly ConsumerDay[]>;
  /** What is remembered of the units, to be stored; null where versions are not drawn by unit. */
  unitLedger(route: string): Promise<Uint8Array | null>;
  /** Goes on with what was stored, unless something was recorded since. */
  restoreUnits(route: string, bytes: Uint8Array): Promise<void>;
}

/** Counters since the process began, for /metrics. */
export interface TrafficTotals {
  readonly route: string;
  readonly track: 'stable' | 'canary';
  readonly version: string;
  readonly outcomes: Readonly<Record<'2xx' | '3xx' | '4xx' | '5xx' | 'unanswered' | 'client-gone' | 'refused', number>>;
  /** Answers below 400 by what their heads say they are; `tunnel`: another protocol from there on. */
  readonly kinds: Readonly<Record<AnswerKind, number>>;
}

export type AnswerKind = 'json' | 'event-stream' | 'tunnel' | 'other';

/**
 * What became of a mirrored request: the class of its status; `unanswered`: none came in time; `broken-off`: Serin wanted it no longer;
 * `not-sent`: a limit or a shortage of Serin itself.
 */
export type MirroredOutcome = '2xx' | '3xx' | '4xx' | '5xx' | 'unanswered' | 'broken-off' | 'not-sent';

/**
 * What became of the token of a request: `cached` and `refused-before` were known; `late`: not known within a second; `over-budget`:
 * more unknown tokens than are verified in a second.
 */
export type TokenOutcome = TokenFault | 'verified' | 'cached' | 'refused-before' | 'no-key' | 'late' | 'over-budget';

/** What is wrong with a token. `no-client`: it lacks the claim with the client id. */
export type TokenFault =
  | 'malformed'
  | 'bad-signature'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'expired'
  | 'not-yet-valid'
  | 'no-client';

/** Tokens of consumers since the process began, of a route that knows consumers by them: of all requests while versions are compared, else of those with a token that was not known. */
export interface TokenTotals {
  readonly route: string;
  readonly outcomes: Readonly<Record<TokenOutcome, number>>;
  /** Public keys that tokens are verified with now. */
  readonly keys: number;
}

/** What a person should know of the tokens of a route. */
export type TokenNews =
  | { readonly route: string; readonly what: 'keys-unavailable'; readonly reason: string; readonly keys: number }
  | { readonly route: string; readonly what: 'keys-loaded'; readonly keys: number }
  /** So many requests since it was told before. */
  | { readonly route: string; readonly what: 'over-budget'; readonly requests: number };

/** Why a request in the share was not sent again; `body`: it was too long to keep. */
export type MirrorSkip = 'per-second' | 'concurrency' | 'canary-suffers' | 'body';

/** Mirrored requests since the process began: in no other figure. */
export interface MirroredTotals {
  readonly route: string;
  readonly sent: Readonly<Record<'stable' | 'canary', Readonly<Record<MirroredOutcome, number>>>>;
  readonly skipped: Readonly<Record<MirrorSkip, number>>;
}

/** How a request without a complete answer ended; with one, its status is given instead. */
export type Unanswered = 'unanswered' | 'client-gone' | 'refused';

/** The durations of the requests of one version with the same method, status and end. */
export interface DurationRow {
  readonly method: string;
  /** Null if no complete answer came. */
  readonly status: number | null;
  readonly end: 'answered' | Unanswered;
  /** Requests per bucket, not cumulative; the last is beyond every edge. */
  readonly counts: readonly number[];
  readonly sumSeconds: number;
}

/**
 * How long requests took since the process began, from the complete head of a request to the head of its answer, less the time
 * that clients took to send the rest of their requests.
 */
export interface TrafficDurations extends Pick<TrafficTotals, 'route' | 'track' | 'version'> {
  readonly rows: readonly DurationRow[];
}

/** What a file that is read again may change of a gateway that serves. */
export interface Declaration extends Pick<GatewayOptions, 'routes' | 'timeouts' | 'trustedProxies'> {}

export interface DeclarePort {
  /** Routes that serve nothing before `redeclare`, so that they can be given their order, their consumers and their units. */
  admit(routes: readonly GatewayRoute[]): Promise<void>;
  /** One swap. A route that stays keeps its order and its blocks; what is open on another ends by what was declared before. */
  redeclare(declaration: Declaration): Promise<void>;
}

export interface Gateway extends SplitPort, MeasurePort, DeclarePort {
  /** Rejects with Problem('port-in-use') when the port is taken. */
  listen(): Promise<{ readonly port: number }>;
  /** Sends one GET to every address of an upstream's URL: null when each answer is healthy (2xx by default), otherwise why not. */
  probe(url: string, timeoutMs: number, well?: readonly StatusPattern[]): Promise<string | null>;
  /** Ms that an upstream takes to begin an answer below 400 to a request of our own; null for any other outcome. Never throws. */
  timed(url: string, method: TimedOptions['method'], timeoutMs: number): Promise<number | null>;
  /**
   * Stops accepting. For `graceMs`, open requests may end, and idle connections stay for one more, whose answer
   * says that it was the last; then whatever is left is broken off. A second call breaks off at once.
   */
  close(graceMs: number): Promise<void>;
}
