/** The reference tokens of a JSON pointer in a URI fragment (RFC 6901 section 6), or null when it is invalid. */
export function parsePointer(fragment: string): readonly string[] | null {
  const pointer = percentDecoded(fragment);
  if (pointer === null || /~(?![01])/.test(pointer)) return null;
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) return null;
  // In this order: `~01` is `~1`, not `/` (RFC 6901 section 4).
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value that the tokens lead to; undefined if there is none. */
export function valueAt(document: unknown, tokens: readonly string[]): unknown {
  return tokens.reduce<unknown>((value, token) => {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) return /^(0|[1-9]\d{0,8})$/.test(token) ? value[Number(token)] : undefined;
    return Object.hasOwn(value, token) ? (value as Readonly<Record<string, unknown>>)[token] : undefined;
  }, document);
}

function percentDecoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
