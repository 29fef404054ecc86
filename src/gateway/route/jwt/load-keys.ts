import { resolve } from 'node:path';
import { readFailure } from '../../../problem/read-failure.ts';
import { readRegularFileSoon } from '../../../problem/regular-file.ts';
import type { TokenRule } from '../../gateway.ts';
import { type FetchedText, type FetchParts, fetchText } from '../../upstream/fetch-text.ts';

const MOST_BYTES = 262_144;
const FETCH_MS = 5_000;

export interface KeyPlaces extends FetchParts {
  /** Where relative paths begin. */
  readonly folder: string;
}

/** The text of a key set, from where a route says that it is. Never throws. */
export function loadKeys(jwks: TokenRule['jwks'], places: KeyPlaces): Promise<FetchedText> {
  if ('file' in jwks) return readBounded(resolve(places.folder, jwks.file));
  const accept = 'application/jwk-set+json, application/json';
  return fetchText(jwks.url, places, { agent: 'serin-keys', timeoutMs: FETCH_MS, mostBytes: MOST_BYTES, accept });
}

async function readBounded(path: string): Promise<FetchedText> {
  try {
    const bytes = await readRegularFileSoon(path, MOST_BYTES);
    if (bytes.length > MOST_BYTES) return { ok: false, reason: `has more than ${MOST_BYTES / 1_024} KB` };
    return { ok: true, text: bytes.toString() };
  } catch (error) {
    return { ok: false, reason: `is not there: ${readFailure(path, error)}` };
  }
}
