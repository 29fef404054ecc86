import { createHmac } from 'node:crypto';
import type { ConsumerRule } from '../split/order.ts';
import { Recent } from './recent.ts';

const REMEMBERED = 5_000;

/** HMAC-SHA256, hex, of a consumer's credential on a route: what lists hold in its place. */
export function hashConsumerKey(secret: Uint8Array, route: string, credential: string): string {
  return createHmac('sha256', secret).update(`consumer\0${route}\0${credential}`).digest('hex');
}

/** The consumer list of one route. No HMAC is taken for a credential that was seen lately. */
export class ConsumerRules {
  private readonly secret: Uint8Array;
  private readonly route: string;
  private readonly known = new Recent<ConsumerRule | 'not-listed'>(REMEMBERED);
  private rules: ReadonlyMap<string, ConsumerRule> = new Map();

  constructor(secret: Uint8Array, route: string) {
    this.secret = secret;
    this.route = route;
  }

  replace(rules: ReadonlyMap<string, ConsumerRule>): void {
    this.rules = new Map(rules);
    this.known.clear();
  }

  /** The rule of whoever presents the credential; null when nobody listed it. */
  ruleOf(credential: string): ConsumerRule | null {
    if (this.rules.size === 0) return null;
    let rule = this.known.get(credential);
    if (rule === undefined) {
      rule = this.rules.get(hashConsumerKey(this.secret, this.route, credential)) ?? 'not-listed';
      this.known.set(credential, rule);
    }
    return rule === 'not-listed' ? null : rule;
  }
}
