import type { Actor } from '../rollout/event.ts';
import type { TokenStore } from '../store/store.ts';

const MOST = 100;
/** A token that the database has not confirmed for this long is no longer accepted. */
const LASTING_MS = 24 * 3_600_000;
/** How soon a revocation that was made elsewhere is known here. */
const CONFIRMED_EVERY_MS = 60_000;

interface Verified {
  readonly id: string;
  readonly actor: Actor;
  readonly confirmedAtMs: number;
}

/** What the database says; where it does not answer soon, what is remembered, if that is not null. */
type OrRemembered = <T>(work: () => Promise<T>, remembered: () => T | null) => Promise<T>;

/**
 * Tokens that were presented and found good, by their hash, so that a person can still take a canary back while the
 * database is away. They are asked for in memory only when the database does not answer.
 */
export class VerifiedTokens {
  private readonly byHash = new Map<string, Verified>();
  private readonly tokens: Pick<TokenStore, 'findByHash'>;
  private readonly orRemembered: OrRemembered;
  private readonly monotonic: () => number;

  constructor(
    tokens: Pick<TokenStore, 'findByHash'>,
    orRemembered: OrRemembered,
    monotonic: () => number = () => performance.now(),
  ) {
    this.tokens = tokens;
    this.orRemembered = orRemembered;
    this.monotonic = monotonic;
  }

  /** The actor of a token's hash; null when it is unknown or revoked. */
  authenticate(hash: string): Promise<Actor | null> {
    return this.orRemembered(
      () => this.confirm(hash),
      () => this.remembered(hash),
    );
  }

  /** Immediately, for a token that was revoked through this process. */
  forget(id: string): void {
    for (const [hash, verified] of this.byHash) if (verified.id === id) this.byHash.delete(hash);
  }

  /** Confirms what is remembered now and then; a database that does not answer leaves it as it is. */
  startConfirming(): void {
    setInterval(() => void this.confirmAll(), CONFIRMED_EVERY_MS).unref();
  }

  async confirmAll(): Promise<void> {
    try {
      // A copy: confirming one puts it last.
      const hashes = Array.from(this.byHash.keys());
      for (const hash of hashes) await this.confirm(hash);
    } catch {
      // The database is away: `LASTING_MS` bounds how long the tokens are still accepted.
    }
  }

  private async confirm(hash: string): Promise<Actor | null> {
    const found = await this.tokens.findByHash(hash);
    this.byHash.delete(hash);
    if (!found || found.revokedAt !== null) return null;
    const { id, name, role } = found;
    const actor = { name, role };
    // The oldest goes first: a map keeps the order of insertion.
    for (const [oldest] of this.byHash) if (this.byHash.size >= MOST) this.byHash.delete(oldest);
    this.byHash.set(hash, { id, actor, confirmedAtMs: this.monotonic() });
    return actor;
  }

  private remembered(hash: string): Actor | null {
    const verified = this.byHash.get(hash);
    return verified && this.monotonic() - verified.confirmedAtMs < LASTING_MS ? verified.actor : null;
  }
}
