import { pointerTokens } from '../../split/json-pointer.ts';

/** The reference tokens of a JSON pointer in a URI fragment (RFC 6901 section 6), or null when it is invalid. */
export function parsePointer(fragment: string): readonly string[] | null {
  const pointer = percentDecoded(fragment);
  if (pointer === null || /~(?![01])/.test(pointer)) return null;
  return pointer === '' || pointer.startsWith('/') ? pointerTokens(pointer) : null;
}

function percentDecoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
