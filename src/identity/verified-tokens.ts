import type { Actor } from '../rollout/event.ts';
import type { TokenKey, TokenStore } from '../store/store.ts';

const MOST = 100;
/** A token that the database has not confirmed for this long is no longer accepted. */
const LASTING_MS = 24 * 3_600_000;
/** How soon this process notices a revocation made elsewhere. */
const CONFIRMED_EVERY_MS = 60_000;

/** A token that is in use, and whose it is. */
export interface KnownToken {
  readonly id: string;
  readonly actor: Actor;
}

interface Verified extends KnownToken {
  /** Null while the token was only found by its id. */
  readonly hash: string | null;
  readonly confirmedAtMs: number;
}

/** The database's answer; if it does not come soon, the remembered one, unless that is null. */
type OrRemembered = <T>(work: () => Promise<T>, remembered: () => T | null) => Promise<T>;

/**
 * Tokens that were presented and found valid, so that an operator can still roll a canary back while the
 * database is away. The memory is used only when the database does not answer.
 */
export class VerifiedTokens {
  private readonly byId = new Map<string, Verified>();
  private readonly tokens: Pick<TokenStore, 'find'>;
  private readonly orRemembered: OrRemembered;
  private readonly monotonic: () => number;

  constructor(
    tokens: Pick<TokenStore, 'find'>,
    orRemembered: OrRemembered,
    monotonic: () => number = () => performance.now(),
  ) {
    this.tokens = tokens;
    this.orRemembered = orRemembered;
    this.monotonic = monotonic;
  }

  /** Null when the token is unknown or revoked. */
  find(by: TokenKey): Promise<KnownToken | null> {
    return this.orRemembered(
      () => this.confirm(by),
      () => this.lasting(by),
    );
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
    const found = await this.tokens.find(by);
    const before = this.remembered(by);
    if (before) this.byId.delete(before.id);
    if (!found || found.revokedAt !== null) return null;
    const { id, name, role } = found;
    const hash = 'hash' in by ? by.hash : (before?.hash ?? null);
    this.byId.delete(id);
    // The oldest goes first: a map keeps insertion order.
    for (const [oldest] of this.byId) if (this.byId.size >= MOST) this.byId.delete(oldest);
    const known = { id, actor: { name, role } };
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
