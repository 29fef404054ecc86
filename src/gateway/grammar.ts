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

/** 1 for the octets that may stand in a request target; which of them are refused is another question. */
export const TARGET = octets((octet) => octet > SP && octet < 0x7f);

/** Whether an octet is optional whitespace (RFC 9110 section 5.6.3). */
export function isBlank(octet: number): boolean {
  return octet === SP || octet === HTAB;
}
