import type { RolloutCommands } from '../rollout/commands.ts';
import type { Actor, Role } from '../rollout/event.ts';
import type { AuditEntry, RolloutRecord } from '../rollout/record.ts';
import type { ConsumerRule } from '../split/order.ts';

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
  readonly rollouts: RolloutCommands;
  readonly reader: RolloutReader;
  readonly consumers: ConsumerControl;
  readonly tokens: TokenControl;
  health(): Promise<Health>;
  /** Prometheus text exposition. */
  metrics(): Promise<string>;
  readonly build: { readonly version: string; readonly node: string };
}
