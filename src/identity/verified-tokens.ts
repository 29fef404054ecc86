import { Problem } from '../problem/problem.ts';
import type { Scope } from '../rollout/acts/scope.ts';
import type { Actor } from '../rollout/event.ts';
import type { TokenKey, TokenRecord, TokenStore } from '../store/store.ts';
import type { LastUses } from './last-uses.ts';

const MOST = 100;
/** A token that the database has not confirmed for this long is no longer accepted. */
const LASTING_MS = 24 * 3_600_000;
/** How soon this process notices a revocation made elsewhere. */
const CONFIRMED_EVERY_MS = 60_000;

/** A token that is in use, and whose it is. */
export interface KnownToken {
  readonly id: string;
  readonly actor: Actor;
  /** Null where its role alone decides. */
  readonly scope: Scope | null;
  /** Epoch ms; null where it does not expire. */
  readonly expiresAt: number | null;
}

interface Verified extends KnownToken {
  /** Null while the token was only found by its id. */
  readonly hash: string | null;
  readonly confirmedAtMs: number;
}

export interface VerifiedParts {
  readonly tokens: Pick<TokenStore, 'find'>;
  readonly orRemembered: OrRemembered;
  readonly uses: Pick<LastUses, 'used'>;
  /** Epoch ms. */
  readonly now?: () => number;
  readonly monotonic?: () => number;
}

/** The database's answer; if it does not come soon, the remembered one, unless that is null. */
type OrRemembered = <T>(work: () => Promise<T>, remembered: () => T | null) => Promise<T>;

/**
 * Tokens that were presented and found valid, so that an operator can still roll a canary back while the
 * database is away. The memory is used only when the database does not answer.
 */
export class VerifiedTokens {
  private readonly byId = new Map<string, Verified>();
  private readonly parts: VerifiedParts;
  private readonly now: () => number;
  private readonly monotonic: () => number;

  constructor(parts: VerifiedParts) {
    this.parts = parts;
    this.now = parts.now ?? Date.now;
    this.monotonic = parts.monotonic ?? (() => performance.now());
  }

  /** For a request that is let in by it. Null when the token is unknown or revoked; throws Problem('unauthenticated') once it has expired. */
  async find(by: TokenKey): Promise<KnownToken | null> {
    const known = await this.parts.orRemembered(
      () => this.confirm(by),
      () => this.lasting(by),
    );
    if (known === null) return null;
    refuseExpired(known, this.now());
    this.parts.uses.used(known.id);
    return known;
  }

  /** So that it is found even if the database goes away before its first use. */
  async remember(hash: string): Promise<void> {
    await this.confirm({ hash });
  }

  /** Immediately, for a token revoked through this process. */
  forget(id: string): void {
    this.byId.delete(id);
  }

  /** Confirms the remembered tokens now and then; if the database does not answer, they stay as they are. */
  startConfirming(): void {
    setInterval(() => void this.confirmAll(), CONFIRMED_EVERY_MS).unref();
  }

  async confirmAll(): Promise<void> {
    try {
      // A copy, because confirming a token moves it to the end.
      const ids = Array.from(this.byId.keys());
      for (const id of ids) await this.confirm({ id });
    } catch {
      // The database is away: `LASTING_MS` bounds how long the tokens are still accepted.
    }
  }

  private async confirm(by: TokenKey): Promise<KnownToken | null> {
    const found = await this.parts.tokens.find(by);
    const before = this.remembered(by);
    if (before) this.byId.delete(before.id);
    if (!found || found.revokedAt !== null) return null;
    const { id, name, role, scope, expiresAt, createdAt, makers } = found;
    const hash = 'hash' in by ? by.hash : (before?.hash ?? null);
    this.byId.delete(id);
    // The oldest goes first: a map keeps insertion order.
    for (const [oldest] of this.byId) if (this.byId.size >= MOST) this.byId.delete(oldest);
    const actor = { name, role, subject: `token:${id}`, madeAt: createdAt, ...(makers ? { makers } : {}) };
    const known = { id, actor, scope, expiresAt };
    this.byId.set(id, { ...known, hash, confirmedAtMs: this.monotonic() });
    return known;
  }

  private lasting(by: TokenKey): KnownToken | null {
    const verified = this.remembered(by);
    return verified && this.monotonic() - verified.confirmedAtMs < LASTING_MS ? verified : null;
  }

  private remembered(by: TokenKey): Verified | undefined {
    if ('id' in by) return this.byId.get(by.id);
    for (const verified of this.byId.values()) if (verified.hash === by.hash) return verified;
    return undefined;
  }
}

/** Whether its role alone does not say what it may, or for how long: a version that knows no limits must not find it. */
export function isLimited({ scope, expiresAt }: Pick<TokenRecord, 'scope' | 'expiresAt'>): boolean {
  return scope !== null || expiresAt !== null;
}

function refuseExpired({ actor: { name, role }, expiresAt }: KnownToken, nowMs: number): void {
  if (expiresAt === null || nowMs < expiresAt) return;
  const at = new Date(expiresAt).toISOString();
  throw new Problem(
    'unauthenticated',
    `the token of ${name} expired at ${at}: an admin makes another with \`serin token create NAME --role ${role}\``,
  );
}
