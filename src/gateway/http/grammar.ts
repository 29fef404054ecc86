/** Octets that the grammar of RFC 9112 names. */
export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const SLASH = 0x2f;
export const COLON = 0x3a;

function octets(belongs: (octet: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, octet) => (belongs(octet) ? 1 : 0));
}

/** 1 for the octets of a token (RFC 9110 section 5.6.2). */
export const TOKEN = octets((octet) => /[A-Za-z0-9!#$%&'*+.^_`|~-]/.test(String.fromCharCode(octet)));

/** 1 for the octets of a field value: visible ones, obs-text, SP and HTAB (RFC 9110 section 5.5). */
export const VALUE = octets((octet) => octet === HTAB || (octet >= SP && octet !== 0x7f));

/** 1 for the octets that may appear in a request target; which of them are refused is decided elsewhere. */
export const TARGET = octets((octet) => octet > SP && octet < 0x7f);

/** Whether an octet is optional whitespace (RFC 9110 section 5.6.3). */
export function isBlank(octet: number): boolean {
  return octet === SP || octet === HTAB;
}

/**
 * More digits than any body's length has, and few enough for a double to stay exact: rounded, a length would differ from
 * what the server behind us reads, and beyond 64 bits a server with 64-bit counters would read a small one.
 */
export const MAX_LENGTH_DIGITS = 15;
const ZERO = 0x30;

/** The length from `from` up to `to`: digits and nothing else (RFC 9110 section 8.6), or null. */
export function lengthAt(bytes: Uint8Array, from: number, to: number): number | null {
  if (from === to || to - from > MAX_LENGTH_DIGITS) return null;
  let length = 0;
  for (let at = from; at < to; at++) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return null;
    length = length * 10 + digit;
  }
  return length;
}
