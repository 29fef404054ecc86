import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib';
import { SoughtField } from '../../http/sought-field.ts';
import type { UpstreamHead } from '../../upstream/upstream-client.ts';

/** How a body is compressed (RFC 9110 section 8.4.1, RFC 7932, RFC 9659). */
export type Coding = 'identity' | 'gzip' | 'deflate' | 'br' | 'zstd';

/** Of a body that has been inflated, in bytes; more is not read. */
export const MOST_INFLATED_BYTES = 1_048_576;

const CONTENT_ENCODING = new SoughtField('content-encoding');
/** RFC 9659: no more than 8 MB of window, in powers of two. */
const ZSTD_WINDOW_LOG = 23;
const CODINGS: ReadonlyMap<string, Coding> = new Map([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
  ['zstd', 'zstd'],
]);

/** Null for a coding that is not known, and for several on top of each other. */
export function codingOf(head: UpstreamHead): Coding | null {
  const [first = 'identity', ...more] = CONTENT_ENCODING.valuesIn(head)
    .join(',')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (more.length > 0) return null;
  return first === 'identity' ? 'identity' : (CODINGS.get(first) ?? null);
}

/** Throws for what is broken, or longer than `MOST_INFLATED_BYTES`. Takes its time: not for the thread that serves. */
export function inflated(bytes: Uint8Array, coding: Exclude<Coding, 'identity'>): Uint8Array {
  const most = { maxOutputLength: MOST_INFLATED_BYTES };
  switch (coding) {
    case 'gzip':
      return gunzipSync(bytes, most);
    case 'deflate':
      // RFC 9110 section 8.4.1.2: some send it without the frame of RFC 1950, which begins with 8 in its low four bits.
      return ((bytes[0] ?? 0) & 0x0f) === 8 ? inflateSync(bytes, most) : inflateRawSync(bytes, most);
    case 'br':
      return brotliDecompressSync(bytes, most);
    case 'zstd':
      return zstdDecompressSync(bytes, { ...most, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } });
  }
}
