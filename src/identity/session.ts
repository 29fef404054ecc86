import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Actor } from '../rollout/event.ts';
import { hashOf } from './tokens.ts';
import type { VerifiedTokens } from './verified-tokens.ts';

/** How long a browser stays signed in; nothing prolongs it. */
const LASTS_MS = 12 * 3_600_000;

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
  const sign = (cookie: string, id: string, seconds: string) =>
    createHmac('sha256', key).update(`${cookie}\0${id}\0${seconds}`).digest('base64url');

  return {
    /** The value of a cookie of this name. Null when the token is unknown or revoked. */
    async open(token: string, cookie: string): Promise<{ actor: Actor; value: string; lastsMs: number } | null> {
      const known = await verified.find({ hash: hashOf(token) });
      if (known === null) return null;
      const { id, actor } = known;
      const seconds = String(Math.floor((now() + LASTS_MS) / 1_000));
      return { actor, value: `${id}.${seconds}.${sign(cookie, id, seconds)}`, lastsMs: LASTS_MS };
    },
    /**
     * Whose session the value of this cookie is, until when (epoch ms, whole seconds). Null when it was not made here, is
     * over, or its token was revoked.
     */
    async read(value: string, cookie: string): Promise<{ actor: Actor; until: number } | null> {
      const [, id, seconds, mac] = VALUE.exec(value) ?? [];
      if (id === undefined || seconds === undefined || mac === undefined) return null;
      if (!timingSafeEqual(Buffer.from(mac), Buffer.from(sign(cookie, id, seconds)))) return null;
      const until = Number(seconds) * 1_000;
      const known = now() < until ? await verified.find({ id }) : null;
      return known === null ? null : { actor: known.actor, until };
    },
  };
}
