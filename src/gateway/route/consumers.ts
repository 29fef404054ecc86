import { createHmac } from 'node:crypto';
import type { ConsumerRule } from '../../split/order.ts';
import { Recent } from '../http/recent.ts';

const REMEMBERED = 5_000;

/** A consumer as identified by a request: its name, and its rule if it is listed. */
export interface Listed {
  readonly rule: ConsumerRule | null;
  readonly name: string;
}

const UNLISTED: Listed = { rule: null, name: 'not listed' };

/** HMAC-SHA256, hex, of a consumer's credential on a route: lists contain this instead of the credential. */
export function hashConsumerKey(secret: Uint8Array, route: string, credential: string): string {
  return createHmac('sha256', secret).update(`consumer\0${route}\0${credential}`).digest('hex');
}

/** The consumer list of one route. Recently seen credentials are not hashed again. */
export class ConsumerRules {
  private readonly secret: Uint8Array;
  private readonly route: string;
  private readonly known = new Recent<Listed>(REMEMBERED);
  private rules: ReadonlyMap<string, ConsumerRule> = new Map();
  private names: ReadonlyMap<string, string> = new Map();

  constructor(secret: Uint8Array, route: string) {
    this.secret = secret;
    this.route = route;
  }

  replace(rules: ReadonlyMap<string, ConsumerRule>, names: ReadonlyMap<string, string> = new Map()): void {
    this.rules = new Map(rules);
    this.names = new Map(names);
    this.known.clear();
  }

  /** The consumer that presents the credential; without a rule if it is not listed. */
  find(credential: string): Listed {
    if (this.rules.size === 0) return UNLISTED;
    let listed = this.known.get(credential);
    if (listed === undefined) {
      const hash = hashConsumerKey(this.secret, this.route, credential);
      const rule = this.rules.get(hash);
      listed = rule === undefined ? UNLISTED : { rule, name: this.names.get(hash) ?? 'unnamed' };
      this.known.set(credential, listed);
    }
    return listed;
  }
}
