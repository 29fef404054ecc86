import type { GatewayRoute } from '../gateway.ts';
import { FORCE_TOKEN_HEADER } from '../http/headers.ts';

/**
 * The header fields by which a route chooses versions, known once it is configured. What chose a version must reach that
 * version as it was read here, in one line and under one name; otherwise the two could see different clients.
 */
export class DecidingFields {
  /** In lower case. */
  readonly names: readonly string[];
  /** Whether one of them has an underscore, so that a hyphen can disguise it; the fast path does not check for that. */
  readonly isOdd: boolean;
  private readonly plain: ReadonlySet<string>;

  constructor({ consumerKey, sticky, forceHeader, forceRule }: GatewayRoute) {
    this.names = [
      ...new Set([
        forceHeader,
        ...(consumerKey === null || consumerKey.kind === 'query' ? [] : [consumerKey.name]),
        ...(sticky.kind === 'header' ? [sticky.name] : []),
        ...(forceRule?.tokens === 'accepted' ? [FORCE_TOKEN_HEADER] : []),
      ]),
    ];
    this.plain = new Set(this.names.map(hyphenated));
    this.isOdd = this.names.some((name) => name.includes('_'));
  }

  has(lower: string): boolean {
    return this.names.includes(lower);
  }

  /** CGI and its successors read `X_Api_Key` as `X-Api-Key` (RFC 3875 section 4.1.18). */
  isDisguised(lower: string): boolean {
    return (this.isOdd || lower.includes('_')) && this.plain.has(hyphenated(lower)) && !this.has(lower);
  }

  /** The first of them with more than one line among alternating names and values, or null. */
  repeated(rawHeaders: readonly string[]): string | null {
    for (const name of this.names) {
      let lines = 0;
      for (let at = 0; at < rawHeaders.length; at += 2) {
        const field = rawHeaders[at];
        if (field?.length === name.length && field.toLowerCase() === name && ++lines > 1) return name;
      }
    }
    return null;
  }
}

function hyphenated(name: string): string {
  return name.replaceAll('_', '-');
}
