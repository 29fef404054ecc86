/** A part of a text that is not shown, and what stands in its place. */
export interface SecretSpan {
  readonly from: number;
  readonly to: number;
  readonly as: string;
}

interface Rule {
  readonly as: string;
  /** Every repetition in it is bounded, so that a text takes time in proportion to its length, whatever it is. */
  readonly pattern: RegExp;
  readonly isMeant?: (found: string) => boolean;
}

const RULES: readonly Rule[] = [
  // Who signs in, in an address.
  { as: '[secret]', pattern: /(?<=:\/\/)[^\s/@"'<>]{1,200}(?=@)/g },
  {
    as: '[email]',
    pattern: /[^\s"'<>(),;:=@/?&[\]{}|\\]{1,64}(?:@|%40|%2540|&#64;)[^\s"'<>(),;:=@/?&[\]{}|\\]{1,255}/gi,
  },
  { as: '[secret]', pattern: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY.{0,2000}/gs },
  { as: '[secret]', pattern: /\bbearer[ :=]{1,3}["']?[\w.~+/=-]{4,2000}/gi },
  {
    as: '[secret]',
    pattern: /\bbasic +[A-Za-z0-9+/]{6,2000}={0,2}/gi,
    isMeant: (found) => /[A-Z0-9=]/.test(found.slice(6)),
  },
  // A JSON web token: `eyJ` is how `{"` looks in base64.
  { as: '[jwt]', pattern: /eyJ[\w-]{5,2000}\.[\w-]{2,2000}(?:\.[\w-]{0,2000})?/g },
  // As they are handed out by who says in them what they are.
  {
    as: '[secret]',
    pattern: /\b(?:sk|pk|rk|whsec|gh[opsru]|github_pat|glpat|xox[abeprs]|npm|serin|shpat)[_-][\w-]{8,500}/g,
  },
  { as: '[secret]', pattern: /\b(?:SG\.[\w-]{8,60}\.|sq0[a-z]{3}-|dop_v1_|hf_)[\w-]{8,500}/g },
  { as: '[secret]', pattern: /\b(?:AKIA|ASIA|AIza)[\w-]{12,60}/g },
  {
    as: '[iban]',
    pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b/g,
    isMeant: (found) => /\d{2}.*\d{4}/.test(found),
  },
  { as: '[card]', pattern: /(?<!\d)[2-6]\d{3}(?:[ ._/\u2010-\u2015-]?\d){9,15}(?!\d)/g, isMeant: isCardNumber },
  { as: '[phone]', pattern: /\+\d(?:[ ().-]{0,2}\d){7,14}(?!\d)/g },
  { as: '[ssn]', pattern: /(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])/g },
  { as: '[secret]', pattern: /(?<![A-Za-z0-9])[A-Fa-f0-9]{32,2000}/g },
  { as: '[secret]', pattern: /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,2000}={0,2}/g, isMeant: isRandom },
];

/** What in a text looks like a secret, or like a person's: addresses, cards, accounts, numbers, keys. From the left, none within another. */
export function secretSpans(text: string): readonly SecretSpan[] {
  const found = RULES.flatMap(({ as, pattern, isMeant }) =>
    [...text.matchAll(pattern)]
      .filter(([match]) => isMeant?.(match) ?? true)
      .map(({ index, 0: { length } }) => ({ from: index, to: index + length, as })),
  );
  return withoutOverlaps(found);
}

/** Those that touch become one, under the name of the first. */
export function withoutOverlaps(spans: readonly SecretSpan[]): readonly SecretSpan[] {
  const apart: SecretSpan[] = [];
  for (const span of spans.toSorted((one, other) => one.from - other.from || other.to - one.to)) {
    const last = apart.at(-1);
    if (last === undefined || span.from >= last.to) apart.push(span);
    else if (span.to > last.to) apart[apart.length - 1] = { ...last, to: span.to };
  }
  return apart;
}

/** 13 to 19 digits whose last is the check digit of the others (Luhn); what follows behind a space may be another number. */
function isCardNumber(found: string): boolean {
  const ends = [...found.matchAll(/\d(?=\D|$)/g)].map(({ index }) => found.slice(0, index + 1).replace(/\D/g, ''));
  return ends.some((digits) => digits.length >= 13 && checkSum(digits) % 10 === 0);
}

function checkSum(digits: string): number {
  return Array.from(digits)
    .toReversed()
    .reduce((total, digit, at) => {
      const value = Number(digit) * (at % 2 === 0 ? 1 : 2);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
}

/** Letters of both sizes and digits in one run, or very long without a mark: words, ids and UUIDs are none. */
function isRandom(found: string): boolean {
  const mixed = /[a-z]/.test(found) && /[A-Z]/.test(found) && /\d/.test(found);
  return mixed || /[A-Za-z0-9]{40}/.test(found);
}
