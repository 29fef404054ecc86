import { isSecretText } from '../../../../redact/example.ts';

/** Longer keys are data. */
const LONGEST_KEY = 64;
const MANY_DIGITS = 4;
const HEX = /^(?=.*\d)[0-9a-f]{8,}$/i;
const ONLY_DIGITS = /^\d+$/;
/** The part of an address before its domain. */
const ADDRESS = /^[^@]+@[^@]+\.[^@.]+$/;
const SHORTEST_ID = 20;
/** No form of a secret is shorter. */
const SHORTEST_SECRET = 11;

/**
 * Whether the key of an object is data rather than a name of the API: a number, a date, a UUID, hex, an address, a path, a long opaque
 * word, what looks like a secret. All keys that are data count as one, so what is said of them is said of every customer alike.
 */
export function isDataKey(key: string): boolean {
  if (key.length > LONGEST_KEY || ONLY_DIGITS.test(key) || key.includes('/')) return true;
  if (hasUnprintable(key) || ADDRESS.test(key)) return true;
  const digits = digitsIn(key);
  if (digits >= MANY_DIGITS || HEX.test(key)) return true;
  if (digits > 1 && key.length >= SHORTEST_ID && !/[-_. ]/.test(key)) return true;
  return key.length >= SHORTEST_SECRET && isSecretText(key);
}

/** Control characters and halves of characters, which no store takes. */
function hasUnprintable(key: string): boolean {
  for (let at = 0; at < key.length; at += 1) {
    const code = key.charCodeAt(at);
    if (code < 0x20 || code === 0x7f || (code >= 0xd800 && code <= 0xdfff)) return true;
  }
  return false;
}

function digitsIn(key: string): number {
  let digits = 0;
  for (let at = 0; at < key.length; at += 1) {
    const code = key.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) digits += 1;
  }
  return digits;
}
