import { timingSafeEqual } from 'node:crypto';

/** An HMAC-SHA256 in base64url without padding. */
export const SIGNATURE_LENGTH = 43;
const SHAPE = /^[A-Za-z0-9_-]+$/;

/**
 * Whether a text is this HMAC-SHA256 in base64url, in constant time. Texts are compared, not what they decode to: a
 * decoder ignores foreign characters, padding and unused bits (RFC 4648 section 3.5), so a signature would
 * have many spellings.
 */
export function isSignature(text: string, wanted: Buffer): boolean {
  const canonical = Buffer.from(wanted.toString('base64url'), 'latin1');
  return (
    text.length === SIGNATURE_LENGTH && SHAPE.test(text) && timingSafeEqual(Buffer.from(text, 'latin1'), canonical)
  );
}
