/** Stands for what varies. */
export const WILDCARD = '<*>';

/** What is behind either of these is one: it varies. */
const MOST_WORDS = 40;
const MOST_CHARACTERS = 300;

/**
 * What varies in a text wherever it stands, most special first. Each is linear in the length of the text: none has a repetition within
 * a repetition.
 */
const VARYING: readonly RegExp[] = [
  // Quoted.
  /"[^"]{0,500}"|'[^']{0,500}'(?![a-z])|`[^`]{0,500}`/g,
  // URLs: their host says whom, the rest varies.
  /(?<=\bhttps?:\/\/[A-Za-z0-9.-]{1,100})[:/?#][^\s,;)\]}"'<>]*/g,
  // E-mail addresses.
  /[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}/g,
  // UUIDs.
  /\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b/g,
  // Times.
  /\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?/g,
  /\b\d\d?:\d\d:\d\d(?:[.,]\d{1,9})?\b/g,
  // Addresses: IPv6, then IPv4, with a port.
  /(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4}(?![\w:])/g,
  /\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?\b/g,
];

/** A word that varies as a whole. */
const HEX = /^(?:0x[0-9a-f]+|(?=[a-f]*\d)[0-9a-f]{6,})$/i;
/** A name and its value: `user=bob`. */
const PAIR = /^([A-Za-z_][\w.-]{0,60}[=])(.+)$/;
/** What stands around a word. */
const AROUND = /^([([{<"',;:=]*)(.*?)([)\]}>"',;:.!?=]*)$/;

/** The words of a text with `<*>` for what varies: the same for every text that differs in nothing else. Never none. */
export function maskedWords(text: string): readonly string[] {
  let masked = text;
  for (const pattern of VARYING) masked = masked.replace(pattern, WILDCARD);
  const kept: string[] = [];
  let characters = 0;
  for (const word of masked.split(/\s+/, MOST_WORDS + 2)) {
    if (word === '') continue;
    const plain = maskedWord(word);
    characters += plain.length + 1;
    if (kept.length >= MOST_WORDS || characters > MOST_CHARACTERS) {
      kept.push(WILDCARD);
      break;
    }
    kept.push(plain);
  }
  return kept.length > 0 ? kept : [''];
}

/** A logger's name without the numbers of its instances. */
export function maskedLogger(logger: string): string {
  return logger.replace(/\d+/g, WILDCARD);
}

function maskedWord(word: string): string {
  if (word.length > 200) return WILDCARD;
  const pair = PAIR.exec(word);
  if (pair) return `${pair[1]}${WILDCARD}`;
  const [, before = '', bare = '', after = ''] = AROUND.exec(word) ?? [];
  return before + maskedBare(bare) + after;
}

function maskedBare(bare: string): string {
  if (bare === '' || bare === WILDCARD) return bare;
  if (HEX.test(bare)) return WILDCARD;
  // Segments of a path that have a digit are ids.
  if (bare.includes('/')) return bare.split('/').map(maskedSegment).join('/');
  return maskedSegment(bare);
}

/** A digit makes a word vary: a number with its unit, an id. Short codes such as `HTTP2` or `utf-8` are lost with them. */
function maskedSegment(segment: string): string {
  if (HEX.test(segment)) return WILDCARD;
  return /\d/.test(segment) ? WILDCARD : segment;
}
