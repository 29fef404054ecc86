import type { Actor } from '../rollout/event.ts';
import type { TokenStore } from '../store/store.ts';

const MOST = 100;
/** A token that the database has not confirmed for this long is no longer accepted. */
const LASTING_MS = 24 * 3_600_000;
/** How soon this process notices a revocation made elsewhere. */
const CONFIRMED_EVERY_MS = 60_000;

interface Verified {
  readonly id: string;
  readonly actor: Actor;
  readonly confirmedAtMs: number;
}

/** The database's answer; if it does not come soon, the remembered one, unless that is null. */
type OrRemembered = <T>(work: () => Promise<T>, remembered: () => T | null) => Promise<T>;

/**
 * Tokens that were presented and found valid, by their hash, so that an operator can still roll a canary back while the
 * database is away. The memory is used only when the database does not answer.
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

  /** Immediately, for a token revoked through this process. */
  forget(id: string): void {
    for (const [hash, verified] of this.byHash) if (verified.id === id) this.byHash.delete(hash);
  }

  /** Confirms the remembered tokens now and then; if the database does not answer, they stay as they are. */
  startConfirming(): void {
    setInterval(() => void this.confirmAll(), CONFIRMED_EVERY_MS).unref();
  }

  async confirmAll(): Promise<void> {
    try {
      // A copy, because confirming a token moves it to the end.
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
    // The oldest goes first: a map keeps insertion order.
    for (const [oldest] of this.byHash) if (this.byHash.size >= MOST) this.byHash.delete(oldest);
    this.byHash.set(hash, { id, actor, confirmedAtMs: this.monotonic() });
    return actor;
  }

  private remembered(hash: string): Actor | null {
    const verified = this.byHash.get(hash);
    return verified && this.monotonic() - verified.confirmedAtMs < LASTING_MS ? verified.actor : null;
  }
}
