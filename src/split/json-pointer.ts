const INDEX = /^(?:0|[1-9]\d{0,8})$/;

/**
 * The reference tokens of a valid JSON pointer (RFC 6901 section 3).
 *
 * @example pointerTokens('/usage/a~1b') // ['usage', 'a/b']
 */
export function pointerTokens(pointer: string): readonly string[] {
  // In this order: `~01` is `~1`, not `/` (RFC 6901 section 4).
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value that the tokens lead to; undefined if there is none. */
export function valueAt(document: unknown, tokens: readonly string[]): unknown {
  let value = document;
  for (const token of tokens) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) value = INDEX.test(token) ? value[Number(token)] : undefined;
    else value = Object.hasOwn(value, token) ? (value as Readonly<Record<string, unknown>>)[token] : undefined;
  }
  return value;
}
