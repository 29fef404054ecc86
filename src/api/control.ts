import type { Consumer } from '../consumers/consumer.ts';
import type { ConsumerReport } from '../consumers/ledger/report.ts';
import type { ListCommand } from '../consumers/list-command.ts';
import type { RestoreControl } from '../consumers/restore-command.ts';
import type { Got } from '../consumers/ruled-versions.ts';
import type { ToldChange } from '../consumers/told-change.ts';
import type { DeclaredReading } from '../parity/declared/declared-reading.ts';
import type { Act } from '../rollout/acts/acts.ts';
import type { KeyedRequests } from '../rollout/acts/keyed-request.ts';
import type { Scope } from '../rollout/acts/scope.ts';
import type { RolloutCommands } from '../rollout/commands.ts';
import type { Actor, Expiry, Role, SenderOfLogs } from '../rollout/event.ts';
import type { LookAge } from '../rollout/look-age.ts';
import type { SentMessage } from '../rollout/message.ts';
import type { AuditEntry, RolloutRecord } from '../rollout/record.ts';
import type { ReportParts } from '../rollout/report/report-parts.ts';
import type { TrailRow } from '../rollout/so-far/trail.ts';
import type { EndedStage } from '../rollout/state.ts';
import type { RouterName } from '../split/capabilities.ts';
import type { Upstream } from '../split/order.ts';
import type { PostedValue, PostOutcome } from '../stats/answers/posted-value.ts';
import type { ConfigurationControl } from './configuration/configuration-control.ts';
import type { PolicyControl } from './policy-control.ts';

export interface RolloutReader {
  find(id: string): Promise<RolloutRecord | null>;
  list(filter: {
    route?: string;
    /** Only of these. */
    routes?: readonly string[];
    active?: boolean;
    limit: number;
    beforeId?: string;
  }): Promise<readonly RolloutRecord[]>;
  /** Throws Problem if there is no such rollout. */
  trail(id: string): Promise<readonly TrailRow[]>;
  audit(filter: {
    rolloutId?: string;
    route?: string;
    /** Only of these: what belongs to no route is of none. */
    routes?: readonly string[];
    limit: number;
    beforeSeq?: number;
  }): Promise<readonly AuditEntry[]>;
  /** The newest first. Throws Problem if there is no such rollout. */
  messages(rolloutId: string, limit: number): Promise<readonly SentMessage[]>;
  /** What a report is made of. Throws Problem if there is no such rollout. */
  reportParts(id: string): Promise<ReportParts & { readonly trail: readonly TrailRow[] }>;
  verifyAudit(): Promise<{ readonly entries: number; readonly brokenAt: number | null }>;
}

export interface ConsumerView extends Omit<Consumer, 'keyHash'> {
  readonly route: string;
  /** It is not moved, and its due date is over. */
  readonly isOverdue: boolean;
  /** What it gets now. */
  readonly now: Got;
  /** What it gets once rules count; null where they count already, and where they count no more. */
  readonly onceRulesCount: Got | null;
  /** RFC 3339. */
  readonly changedAt: string;
}

/** What a consumer is known by: its credential, the SHA-256 of that (hex), or its client id. */
export type ConsumerMark = { readonly key: string } | { readonly sha256: string } | { readonly clientId: string };

/** `tag` identifies a list by its content. */
export type Tagged<Content> = Content & { readonly tag: string };

export interface ConsumerControl {
  /** The keyed hash that lists have in place of what a consumer is known by; throws Problem where the route knows another mark. */
  hash(route: string, mark: ConsumerMark): string;
  list(route: string): Promise<Tagged<{ readonly consumers: readonly ConsumerView[] }>>;
  /** What each of them asked of which version in the last UTC days, and how much the others did. */
  report(route: string, days: number): Promise<ConsumerReport>;
  /** What a command would do to whom; with a tag, Problem('stale') where the list is another one. Writes nothing. */
  preview(route: string, command: ListCommand, expectedTag: string | null): Promise<Tagged<ToldChange>>;
  /** Does it, as one entry of the audit. `tag` is of the list afterwards. */
  change(
    route: string,
    command: ListCommand,
    by: Actor,
    reason: string,
    expectedTag: string | null,
  ): Promise<Tagged<ToldChange>>;
}

export interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly sender: SenderOfLogs | null;
  readonly scope: Scope | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

/** Who sent a token, and what narrows it. */
export interface TokenBearer extends Actor {
  /** Where it is bound to a route or a version. */
  readonly sender?: SenderOfLogs;
  readonly scope?: Scope;
  /** Epoch ms. */
  readonly expiresAt?: number;
}

/** A token that is to be made. */
export interface WantedToken {
  readonly name: string;
  readonly role: Role;
  readonly sender?: SenderOfLogs | null;
  readonly scope?: Scope | null;
  readonly expires?: Expiry | null;
}

export interface TokenControl {
  /** The actor of a bearer token, or null when it is unknown or revoked. Throws Problem('unauthenticated') once it has expired. */
  authenticate(token: string): Promise<TokenBearer | null>;
  /** The only time the token itself is shown. */
  create(wanted: WantedToken, by: Actor, reason: string): Promise<TokenView & { readonly token: string }>;
  list(): Promise<readonly TokenView[]>;
  revoke(id: string, by: Actor, reason: string): Promise<void>;
}

/** Sessions of browsers, each in a cookie whose name its value is bound to. Both throw Problem('unauthenticated') once the token has expired. */
export interface SessionControl {
  /** The session that a token opens; null when the token is unknown or revoked. */
  open(
    token: string,
    cookie: string,
  ): Promise<{ readonly actor: TokenBearer; readonly value: string; readonly lastsMs: number } | null>;
  /** Null when it was not made here, is over, or its token was revoked. `until` is its end, epoch ms. */
  read(value: string, cookie: string): Promise<{ readonly actor: TokenBearer; readonly until: number } | null>;
}

/** What a client has to know of the OpenID provider before it signs anybody in; nothing of it is secret. */
export interface OidcOffer {
  readonly issuer: string;
  /** What people call the provider. */
  readonly label: string;
  /** The public client of `serin login`; null where there is none. */
  readonly clientId: string | null;
  readonly scopes: readonly string[];
}

/** A credential that does not hold, with a sentence that says what is wrong with it. */
export interface RefusedToken {
  readonly refused: string;
}

/** The OpenID provider of `control.oidc`. */
export interface OidcControl {
  /** Null where serin.yaml names none. */
  offer(): OidcOffer | null;
  /** Whether a bearer has the form of the provider's tokens. */
  isToken(token: string): boolean;
  /**
   * Whose a token of the provider is. Throws Problem: 'unauthenticated' for one that was valid or will be, 'forbidden' for somebody without a role,
   * 'unavailable' when its key is not known and the provider does not answer.
   */
  authenticate(token: string): Promise<TokenBearer | RefusedToken>;
  /**
   * Where to send a browser that wants to sign in, and what it keeps meanwhile in a cookie of this name. Throws Problem: 'refused' without a provider,
   * 'unavailable' when it does not answer.
   */
  begin(
    asked: { readonly redirectUri: string; readonly to: string },
    cookie: string,
  ): Promise<{ readonly location: string; readonly kept: string; readonly lastsMs: number }>;
  /** Where a browser that kept this wanted to go; null where it was not begun here. */
  destinationOf(kept: string, cookie: string): string | null;
  /** The session of a browser that the provider has sent back with `query`. Throws Problem as `begin` and `authenticate` do. */
  finish(
    back: { readonly query: string; readonly kept: string },
    cookies: { readonly flow: string; readonly session: string },
  ): Promise<{ readonly value: string; readonly lastsMs: number } | RefusedToken>;
}

export interface ValueControl {
  /** What became of each, in their order. Throws Problem if there is no such route, or if the gateway does not carry it. */
  post(route: string, values: readonly PostedValue[]): Promise<readonly PostOutcome[]>;
}

/** Logs that were posted together. */
export interface PostedLogs {
  readonly way: 'ndjson' | 'otlp-json' | 'otlp-protobuf';
  readonly bytes: Uint8Array;
  readonly coding: 'identity' | 'gzip';
  /** Null: the lines say it. */
  readonly route: string | null;
  readonly by: TokenBearer;
}

export type LogsOutcome =
  | { readonly kind: 'read'; readonly counts: LogsCounts }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'busy'; readonly retryAfterMs: number };

/** Lines by what became of them. */
export interface LogsCounts {
  readonly counted: number;
  readonly malformed: number;
  readonly tooLong: number;
  readonly unknownVersion: number;
  readonly late: number;
  readonly unwatched: number;
  readonly unrouted: number;
}

export interface LogsControl {
  /** Throws Problem if there is no such route, or if the sender is bound to another. */
  post(posted: PostedLogs): Promise<LogsOutcome>;
}

/** What the configuration says now of the route of a rollout. */
export interface RouteFacts {
  /** What decides which version a request gets: `the header x-user-id`; null where each is drawn by itself, or by another router. */
  readonly sticky: string | null;
  /** Where the figures come from: `gateway`, or the name of a source. */
  readonly source: string;
}

/** What this process knows about a rollout beyond its record. */
export interface Standing {
  /** Null or omitted where the route is declared no more. */
  readonly route?: RouteFacts | null;
  /** Of the policy that has the name of the rollout's now; null or omitted where none has, or it cannot be read. */
  readonly policyDigest?: string | null;
  /** Null for a rollout that has ended. */
  readonly look: LookAge | null;
  /** What was done while the database could not record it: all traffic goes to the stable, or harm holds the canary. */
  readonly unrecorded: {
    readonly event: string;
    readonly by: string;
    readonly role: Actor['role'];
    readonly reason: string;
    /** Epoch ms; null where only the gateway saw it. */
    readonly at: number | null;
  } | null;
  /** The share of the canary by now, in basis points; null or omitted where it is not known. */
  readonly inForceBps?: number | null;
  readonly databaseNowMs?: number;
  /** What a person may do now. */
  readonly acts: readonly Act[];
  /** What the OpenAPI documents of both versions say; null or omitted where the route declares none. */
  readonly declared?: DeclaredReading | null;
}

/** How a request asks for the canary of a route, and who may. */
export interface ForceAsked {
  readonly header: string;
  /** What it has to say. */
  readonly value: string;
  /** The networks whose requests may; null where everybody's may. */
  readonly from: readonly string[] | null;
  /** Whether a token of `serin force-token` lets anybody else. */
  readonly tokens: 'accepted' | 'none';
}

/** A route of `serin.yaml`, and what is going on there. */
export interface RouteStanding {
  readonly name: string;
  /** Null for every host, and where the gateway does not carry the route. */
  readonly host: string | null;
  /** Null where the gateway does not carry the route. */
  readonly path: string | null;
  readonly stable: Upstream;
  /** The name of the declared policy. */
  readonly policy: string;
  readonly router: RouterName;
  /** The split that is in force at the gateway, and since when, epoch ms; null where that cannot be told. */
  readonly split: { readonly epoch: number; readonly since: number; readonly onTrial?: true } | null;
  readonly traffic: {
    readonly perSecond: number | null;
    /** Requests by minute, the oldest first; null where it is not known. */
    readonly stable: readonly (number | null)[];
    readonly canary: readonly (number | null)[];
  };
  readonly running: (RolloutRecord & Pick<Standing, 'inForceBps'>) | null;
  /** What asks for a canary there; null where the gateway does not carry the route. */
  readonly force: ForceAsked | null;
  readonly lastEnded: {
    readonly id: string;
    readonly version: string;
    readonly stage: EndedStage;
    readonly reason: string;
    /** Null where that was not recorded. */
    readonly by: { readonly name: string; readonly role: string } | null;
    readonly endedAt: number;
  } | null;
}

export interface RouteControl {
  /** In the order of the file. */
  list(): Promise<readonly RouteStanding[]>;
}

/** Whose health: that of the data path, or of the control plane. */
export type HealthOf = 'gateway' | 'control';

export interface Health {
  /** Not ready: send nothing here. Ready with problems is degraded: it works, and an operator should look. */
  readonly ready: boolean;
  readonly problems: readonly string[];
}

/** One event of the feed. */
export interface FedEvent {
  /** Whoever gives it as the last that was read gets what follows it. */
  readonly id: string;
  readonly kind: string;
  /** Empty for what belongs to no route; null for what is for every reader. */
  readonly route: string | null;
  /** Its data, on one line. */
  readonly json: string;
}

/** What changes, as it changes. */
export interface EventFeed {
  /** The id of the last event that was published. */
  position(): string;
  /**
   * Reads on after an event, or from now on; throws Problem('unavailable') at the shutdown. `published` is called when
   * there is something to take, `ended` when nothing will come any more.
   */
  open(
    after: string | null,
    watcher: { published(): void; ended(): void },
  ): {
    /** The next events, at most about so many bytes, but one where there is one. */
    take(mostBytes: number): readonly FedEvent[];
    /** Bytes that were published since it was opened, and are not taken. */
    behindBytes(): number;
    close(): void;
  };
}

/** Everything the API needs. */
export interface ControlPlane {
  readonly rollouts: RolloutCommands;
  readonly reader: RolloutReader;
  standing(record: RolloutRecord): Standing;
  readonly routes: RouteControl;
  readonly consumers: ConsumerControl;
  readonly restores: RestoreControl;
  readonly tokens: TokenControl;
  readonly sessions: SessionControl;
  readonly oidc: OidcControl;
  readonly policies: PolicyControl;
  readonly configuration: ConfigurationControl;
  readonly values: ValueControl;
  readonly logs: LogsControl;
  /** Requests that carry an `Idempotency-Key`. Each method throws Problem('unavailable') when the database does not answer soon. */
  readonly keyed: KeyedRequests;
  readonly feed: EventFeed;
  health(of: HealthOf): Promise<Health>;
  /** Prometheus text exposition. */
  metrics(): Promise<string>;
  readonly build: { readonly version: string; readonly node: string };
}
