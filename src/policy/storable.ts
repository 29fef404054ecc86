/**
 * What no database stores: NUL, and lone surrogates. JSON (RFC 8259 section 8.2) and YAML can both write them as an
 * escape, so they can appear in any text input.
 */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

export const UNSTORABLE = 'must not contain NUL or a lone surrogate (half of a character)';

/** The same value with U+FFFD for each of them, at any depth; for actions that already happened and have to be recorded. */
export function storable<T>(value: T): T {
  return storableValue(value) as T;
}

function storableValue(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\ufffd');
  if (Array.isArray(value)) return value.map(storableValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, storableValue(item)]));
}
