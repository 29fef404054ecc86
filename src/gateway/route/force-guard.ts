import { createHmac } from 'node:crypto';
import type { ForceRule } from '../gateway.ts';
import { AddressRanges } from '../http/address-ranges.ts';
import { FORCE_TOKEN_HEADER } from '../http/headers.ts';
import { isSignature } from './signature.ts';

/**
 * A token that lets its bearer force a version of one route until `expiresAt` (epoch s): `<expiresAt>.<HMAC-SHA256>`,
 * with the signature in base64url and bound to the route.
 */
export function forceToken(secret: Uint8Array, route: string, expiresAt: number): string {
  return `${expiresAt}.${signatureOf(secret, route, String(expiresAt)).toString('base64url')}`;
}

/** Who asks for a version. */
export interface Forcer {
  readonly address: string;
  readonly fields: { field(lower: string): string | undefined };
}

/** Decides whose force header counts on a guarded route: known networks, and bearers of a token that has not expired. */
export class ForceGuard {
  private readonly secret: Uint8Array;
  private readonly route: string;
  private readonly ranges: AddressRanges;
  private readonly tokens: ForceRule['tokens'];
  private readonly wall: () => number;

  /** `wall` gives epoch ms. Throws TypeError on an invalid range. */
  constructor({ from, tokens }: ForceRule, route: string, secret: Uint8Array, wall: () => number) {
    this.secret = secret;
    this.route = route;
    this.ranges = new AddressRanges(from, `the force rule of ${route}`);
    this.tokens = tokens;
    this.wall = wall;
  }

  admits({ address, fields }: Forcer): boolean {
    if (this.ranges.includes(address)) return true;
    const token = this.tokens === 'accepted' ? fields.field(FORCE_TOKEN_HEADER) : undefined;
    return token !== undefined && this.isValid(token);
  }

  private isValid(token: string): boolean {
    const [, expiresAt, signature] = /^(\d{1,12})\.([\w-]{43})$/.exec(token) ?? [];
    if (expiresAt === undefined || signature === undefined || Number(expiresAt) * 1_000 <= this.wall()) return false;
    return isSignature(signature, signatureOf(this.secret, this.route, expiresAt));
  }
}

function signatureOf(secret: Uint8Array, route: string, expiresAt: string): Buffer {
  return createHmac('sha256', secret).update(`force\0${route}\0${expiresAt}`).digest();
}
