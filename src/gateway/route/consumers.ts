import { createHash, createHmac } from 'node:crypto';
import type { ConsumerRule } from '../../split/order.ts';
import type { ConsumerKey } from '../gateway.ts';
import { Recent } from '../http/recent.ts';
import type { ConsumerBook } from '../measure/consumers/consumer-book.ts';
import type { ConsumerTally } from '../measure/consumers/consumer-tally.ts';

const REMEMBERED = 5_000;
/** Credentials that are longer are hashed each time: a flood of them would fill the memory. */
const LONGEST_REMEMBERED = 1_024;

/** A consumer as identified by a request: its name, and its rule if it is listed. */
export interface Listed {
  readonly rule: ConsumerRule | null;
  readonly name: string;
  /** Its last day on the old version; null for none. */
  readonly due: string | null;
  /** Where its requests are counted. */
  readonly tally: ConsumerTally;
}

/** How those are called that no list names. */
export const NOT_LISTED = 'not listed';

/**
 * HMAC-SHA256, hex, of the SHA-256 of a consumer's credential on a route: lists contain this instead of the credential. Whoever
 * lists a consumer need not have its credential: SHA-256 is what many databases of keys keep.
 */
function hashConsumerDigest(secret: Uint8Array, route: string, sha256: string): string {
  return createHmac('sha256', secret).update(`consumer-sha256\0${route}\0${sha256}`).digest('hex');
}

/** The same of the credential itself. */
export function hashConsumerKey(secret: Uint8Array, route: string, credential: string): string {
  return hashConsumerDigest(secret, route, createHash('sha256').update(credential).digest('hex'));
}

/** As lists had it before they could be made of SHA-256: a consumer keeps it until it is given its credential again. */
export function formerConsumerHash(secret: Uint8Array, route: string, credential: string): string {
  return createHmac('sha256', secret).update(`consumer\0${route}\0${credential}`).digest('hex');
}

/**
 * The same of a client id, which is no secret. It never equals the hash of a credential: whoever knows the id cannot use it
 * as a key, or the other way round.
 */
export function hashClientId(secret: Uint8Array, route: string, id: string): string {
  return createHmac('sha256', secret).update(`client-id\0${route}\0${id}`).digest('hex');
}

/** The hash of what a consumer is listed with. */
export function hashMark(
  secret: Uint8Array,
  route: string,
  mark: { readonly key: string } | { readonly sha256: string } | { readonly clientId: string },
): string {
  if ('key' in mark) return hashConsumerKey(secret, route, mark.key);
  return 'sha256' in mark ? hashConsumerDigest(secret, route, mark.sha256) : hashClientId(secret, route, mark.clientId);
}

/** What a route knows its consumers by: a secret of their own, or an id that somebody else has verified. */
export type KnownBy = 'key' | 'client-id';

export function knownBy(key: ConsumerKey | null): KnownBy {
  if (key?.kind === 'jwt') return 'client-id';
  return key?.kind === 'header' && key.from === 'trustedProxies' ? 'client-id' : 'key';
}

/** The consumer list of one route. Recently seen credentials are not hashed again. */
export class ConsumerRules {
  private readonly secret: Uint8Array;
  private readonly route: string;
  private readonly by: KnownBy;
  private readonly book: ConsumerBook;
  private readonly known = new Recent<Listed>(REMEMBERED);
  /** By hash. */
  private listed: ReadonlyMap<string, Listed> = new Map();

  constructor(secret: Uint8Array, route: string, by: KnownBy, book: ConsumerBook) {
    this.secret = secret;
    this.route = route;
    this.by = by;
    this.book = book;
  }

  replace(
    rules: ReadonlyMap<string, ConsumerRule>,
    names: ReadonlyMap<string, string> = new Map(),
    dues: ReadonlyMap<string, string> = new Map(),
  ): void {
    this.listed = new Map(
      Array.from(rules, ([hash, rule]) => {
        const name = names.get(hash) ?? 'unnamed';
        return [hash, { rule, name, due: dues.get(hash) ?? null, tally: this.book.listed(name, hash) }];
      }),
    );
    this.known.clear();
  }

  /** The consumer with the credential or the client id; without a rule if it is not listed. */
  find(credential: string): Listed {
    const known = this.known.get(credential);
    if (known !== undefined) return known;
    const listed = this.lookUp(credential);
    if (credential.length <= LONGEST_REMEMBERED) this.known.set(ownText(credential), listed);
    return listed;
  }

  private lookUp(credential: string): Listed {
    const { secret, route, by } = this;
    const hash = by === 'key' ? hashConsumerKey(secret, route, credential) : hashClientId(secret, route, credential);
    const listed = this.listed.get(hash);
    if (listed !== undefined) return listed;
    const former = by === 'key' && this.listed.size > 0 ? formerConsumerHash(secret, route, credential) : hash;
    return this.listed.get(former) ?? { rule: null, name: NOT_LISTED, due: null, tally: this.book.unlisted(hash) };
  }
}

/** The same text by itself: one that was cut out of a head would keep all of the head. */
function ownText(text: string): string {
  return Buffer.from(text).toString();
}
