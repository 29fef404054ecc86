import type { TokenFault } from '../../gateway.ts';
import { Recent } from '../../http/recent.ts';
import type { IssuerKey } from './key-set.ts';

/** Of each kind, twice as many at most: `Recent` keeps two generations. */
const REMEMBERED = 10_000;
/** A token that is refused may be valid later: its key or its time has yet to come. */
const REFUSED_MS = 60_000;
const NO_KEY_MS = 10_000;

/** What is known of a token. */
export interface TokenVerdict {
  /** Null for one that is refused. */
  readonly clientId: string | null;
  /** Epoch ms. */
  readonly until: number;
  /** The key that verified it. */
  readonly key: IssuerKey | null;
  /** Of the keys by which it was refused. */
  readonly generation: number;
}

/**
 * What is known of tokens, by hash. Refused ones have a room of their own, so that no flood of forged tokens makes those forgotten
 * that were verified.
 */
export class KnownTokens {
  private readonly verified = new Recent<TokenVerdict>(REMEMBERED);
  private readonly refused = new Recent<TokenVerdict>(REMEMBERED);

  /** What still holds; `now` in epoch ms. A key that is gone ends what it signed, and a new generation of keys ends refusals. */
  get(hash: string, now: number, generation: number): TokenVerdict | null {
    const verified = this.verified.get(hash);
    if (verified !== undefined && now < verified.until && verified.key?.isGone === false) return verified;
    const refused = this.refused.get(hash);
    return refused !== undefined && now < refused.until && refused.generation === generation ? refused : null;
  }

  verify(hash: string, token: { readonly clientId: string; readonly until: number }, key: IssuerKey): void {
    this.verified.set(hash, { ...token, key, generation: 0 });
  }

  refuse(hash: string, fault: TokenFault | 'no-key', now: number, generation: number): void {
    const until = now + (fault === 'no-key' ? NO_KEY_MS : REFUSED_MS);
    this.refused.set(hash, { clientId: null, until, key: null, generation });
  }
}
