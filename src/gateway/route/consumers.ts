import { createHmac } from 'node:crypto';
import type { ConsumerRule } from '../../split/order.ts';
import type { ConsumerKey } from '../gateway.ts';
import { Recent } from '../http/recent.ts';

const REMEMBERED = 5_000;

/** A consumer as identified by a request: its name, and its rule if it is listed. */
export interface Listed {
  readonly rule: ConsumerRule | null;
  readonly name: string;
}

export const UNLISTED: Listed = { rule: null, name: 'not listed' };

/** HMAC-SHA256, hex, of a consumer's credential on a route: lists contain this instead of the credential. */
export function hashConsumerKey(secret: Uint8Array, route: string, credential: string): string {
  return createHmac('sha256', secret).update(`consumer\0${route}\0${credential}`).digest('hex');
}

/**
 * The same of a client id, which is no secret. It never equals the hash of a credential: whoever knows the id cannot use it
 * as a key, or the other way round.
 */
export function hashClientId(secret: Uint8Array, route: string, id: string): string {
  return createHmac('sha256', secret).update(`client-id\0${route}\0${id}`).digest('hex');
}

/** What a route knows its consumers by: a secret of their own, or an id that somebody else has verified. */
export type KnownBy = 'key' | 'client-id';

export function knownBy(key: ConsumerKey | null): KnownBy {
  return key?.kind === 'header' && key.from === 'trustedProxies' ? 'client-id' : 'key';
}

/** The consumer list of one route. Recently seen credentials are not hashed again. */
export class ConsumerRules {
  private readonly secret: Uint8Array;
  private readonly route: string;
  private readonly hash: typeof hashConsumerKey;
  private readonly known = new Recent<Listed>(REMEMBERED);
  private rules: ReadonlyMap<string, ConsumerRule> = new Map();
  private names: ReadonlyMap<string, string> = new Map();

  constructor(secret: Uint8Array, route: string, by: KnownBy = 'key') {
    this.secret = secret;
    this.route = route;
    this.hash = by === 'key' ? hashConsumerKey : hashClientId;
  }

  replace(rules: ReadonlyMap<string, ConsumerRule>, names: ReadonlyMap<string, string> = new Map()): void {
    this.rules = new Map(rules);
    this.names = new Map(names);
    this.known.clear();
  }

  /** The consumer with the credential or the client id; without a rule if it is not listed. */
  find(credential: string): Listed {
    if (this.rules.size === 0) return UNLISTED;
    let listed = this.known.get(credential);
    if (listed === undefined) {
      const hash = this.hash(this.secret, this.route, credential);
      const rule = this.rules.get(hash);
      listed = rule === undefined ? UNLISTED : { rule, name: this.names.get(hash) ?? 'unnamed' };
      this.known.set(credential, listed);
    }
    return listed;
  }
}
