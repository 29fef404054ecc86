import type { Actor, OverrideEvent, Role } from '../rollout/event.ts';
import type { AuditEntry, RolloutRecord } from '../rollout/record.ts';
import type { ConsumerRule } from '../split/order.ts';

export interface StartRequest {
  readonly route: string;
  /** URL and name of the new version. The name defaults to the last path segment or host of the URL. */
  readonly canaryUrl: string;
  readonly version?: string;
  /** Name of a policy other than the route's own. */
  readonly policy?: string;
  readonly reason: string;
  /** Supersedes the rollout that runs. */
  readonly replace: boolean;
  /** Starts a version that was rolled back before. */
  readonly force: boolean;
}

/** The functions that server/wire.ts hands to the API. They throw Problem; they decide, the API only translates. */
export interface RolloutControl {
  /** `created` is false when the same canary and policy already run: then it is the rollout that runs. */
  start(request: StartRequest, by: Actor): Promise<{ readonly record: RolloutRecord; readonly created: boolean }>;
  /** `expectedVersion` (from If-Match) makes it fail with Problem('stale') when the rollout has moved on. */
  override(
    id: string,
    event: OverrideEvent,
    by: Actor,
    reason: string,
    expectedVersion: number | null,
  ): Promise<RolloutRecord>;
  /** A new attempt of an ended rollout: same canary, same policy name, fresh evidence. */
  retry(id: string, by: Actor, reason: string): Promise<RolloutRecord>;
  /** Re-reads the policy and restarts the evidence under it. */
  rebase(id: string, by: Actor, reason: string, expectedVersion: number | null): Promise<RolloutRecord>;
}

export interface RolloutReader {
  find(id: string): Promise<RolloutRecord | null>;
  list(filter: {
    route?: string;
    active?: boolean;
    limit: number;
    beforeId?: string;
  }): Promise<readonly RolloutRecord[]>;
  audit(filter: {
    rolloutId?: string;
    route?: string;
    limit: number;
    beforeSeq?: number;
  }): Promise<readonly AuditEntry[]>;
  verifyAudit(): Promise<{ readonly entries: number; readonly brokenAt: number | null }>;
}

export interface ConsumerView {
  readonly route: string;
  readonly name: string;
  readonly rule: ConsumerRule;
  /** RFC 3339. */
  readonly changedAt: string;
}

export interface ConsumerControl {
  list(route: string): Promise<readonly ConsumerView[]>;
  /** `key` is the consumer's credential; it may be left out to change the rule of a listed consumer. */
  put(
    consumer: { route: string; name: string; key?: string; rule: ConsumerRule },
    by: Actor,
    reason: string,
  ): Promise<ConsumerView>;
  remove(route: string, name: string, by: Actor, reason: string): Promise<void>;
}

export interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: string;
  readonly revokedAt: string | null;
}

export interface TokenControl {
  /** The actor of a bearer token, or null when it is unknown or revoked. */
  authenticate(token: string): Promise<Actor | null>;
  /** The only time the token itself is shown. */
  create(name: string, role: Role, by: Actor, reason: string): Promise<TokenView & { readonly token: string }>;
  list(): Promise<readonly TokenView[]>;
  revoke(id: string, by: Actor, reason: string): Promise<void>;
}

export interface Health {
  /** Not ready: do not send traffic here. Degraded: it works, and somebody should look. */
  readonly ready: boolean;
  readonly problems: readonly string[];
}

/** Everything the API needs. */
export interface ControlPlane {
  readonly rollouts: RolloutControl;
  readonly reader: RolloutReader;
  readonly consumers: ConsumerControl;
  readonly tokens: TokenControl;
  health(): Promise<Health>;
  /** Prometheus text exposition. */
  metrics(): Promise<string>;
  readonly build: { readonly version: string; readonly node: string };
}
