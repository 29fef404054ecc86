import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { bearerOf, hashOf } from './tokens.ts';
import { isLimited, type VerifiedTokens } from './verified-tokens.ts';

/** How long a browser stays signed in; nothing prolongs it. */
const LASTS_MS = 12 * 3_600_000;

const EXTENTS = ['whole', 'limited'] as const;
type Extent = (typeof EXTENTS)[number];

/** `ID.SECONDS.MAC`: the id of the token, the end in seconds since the epoch, the signature in base64url. */
const VALUE = /^([0-9a-f-]{36})\.(\d{10})\.([A-Za-z0-9_-]{43})$/;

export interface SessionParts {
  readonly secret: Uint8Array;
  readonly verified: Pick<VerifiedTokens, 'find'>;
  /** Epoch ms. */
  readonly now: () => number;
}

/**
 * Sessions that nobody stores: the value of a cookie names a token and an end, signed with a key that is derived from the
 * installation's secret for this use alone (RFC 5869). The signature holds for one name of the cookie, so that a value is
 * worth nothing under another. The token is looked up whenever a session is read: it ends with its token.
 */
export function sessionControl({ secret, verified, now }: SessionParts) {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'serin session cookie', 32));
  /** Of a token that is limited it is another one, which a version that would not know the limits takes for forged. */
  const sign = (cookie: string, extent: Extent, id: string, seconds: string) =>
    createHmac('sha256', key)
      .update(`${cookie}\0${extent === 'limited' ? 'limited\0' : ''}${id}\0${seconds}`)
      .digest('base64url');

  return {
    /** The value of a cookie of this name. Null when the token is unknown or revoked. */
    async open(token: string, cookie: string) {
      const known = await verified.find({ hash: hashOf(token) });
      if (known === null) return null;
      const { id, expiresAt } = known;
      // It ends with its token.
      const lastsMs = Math.min(LASTS_MS, (expiresAt ?? Infinity) - now());
      const seconds = String(Math.floor((now() + lastsMs) / 1_000));
      const mac = sign(cookie, extentOf(known), id, seconds);
      return { actor: bearerOf(known), value: `${id}.${seconds}.${mac}`, lastsMs };
    },
    /**
     * Whose session the value of this cookie is, until when (epoch ms, whole seconds). Null when it was not made here, is
     * over, or its token was revoked.
     */
    async read(value: string, cookie: string) {
      const [, id, seconds, mac] = VALUE.exec(value) ?? [];
      if (id === undefined || seconds === undefined || mac === undefined) return null;
      const signedFor = EXTENTS.find((extent) =>
        timingSafeEqual(Buffer.from(mac), Buffer.from(sign(cookie, extent, id, seconds))),
      );
      if (signedFor === undefined) return null;
      const until = Number(seconds) * 1_000;
      const known = now() < until ? await verified.find({ id }) : null;
      return known === null || extentOf(known) !== signedFor ? null : { actor: bearerOf(known), until };
    },
  };
}

function extentOf(known: Parameters<typeof isLimited>[0]): Extent {
  return isLimited(known) ? 'limited' : 'whole';
}
