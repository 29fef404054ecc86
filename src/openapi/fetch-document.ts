import { isIP } from 'node:net';
import type { OwnListeners } from '../gateway/upstream/own-listeners.ts';
import { httpPlace, ownRequest } from '../gateway/upstream/own-request.ts';
import { lookupUnless, refusedPlace } from '../gateway/upstream/upstream-address.ts';
import type { UpstreamTrust } from '../gateway/upstream/upstream-trust.ts';

export interface FetchOptions {
  readonly own: OwnListeners;
  /** Null leaves it to Node's defaults. */
  readonly trust: UpstreamTrust | null;
  readonly timeoutMs?: number;
}

export type FetchedText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

export const MOST_DOCUMENT_BYTES = 4 * 1024 * 1024;
const FETCH_MS = 10_000;

/** A GET to a place where an upstream may be. No redirect is followed, and no coding is asked for. Never throws. */
export function fetchDocument(
  target: string,
  { own, trust, timeoutMs = FETCH_MS }: FetchOptions,
): Promise<FetchedText> {
  const { promise, resolve } = Promise.withResolvers<FetchedText>();
  const fail = (reason: string): void => resolve({ ok: false, reason });
  const place = httpPlace(target);
  if (place === null) return Promise.resolve({ ok: false, reason: 'is at no http or https URL' });
  const refused = isIP(place.host) === 0 ? null : refusedPlace(place.host, place.port, own);
  if (refused !== null) return Promise.resolve({ ok: false, reason: `is where no upstream may be: ${refused}` });
  const isRefused = (address: string): boolean => refusedPlace(address, place.port, own) !== null;
  const request = ownRequest(
    place,
    { agent: 'serin-preflight', timeoutMs, trust, via: null },
    {
      method: 'GET',
      lookup: lookupUnless(isRefused),
      headers: { accept: 'application/json, application/yaml', 'accept-encoding': 'identity' },
    },
  );
  request.once('response', (answer) => {
    const { statusCode } = answer;
    if (statusCode !== 200) {
      fail(`was answered with ${statusCode}`);
      request.destroy();
      return;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes <= MOST_DOCUMENT_BYTES) return;
      fail(`has more than ${MOST_DOCUMENT_BYTES / 1024 / 1024} MB`);
      request.destroy();
    });
    answer.once('end', () => resolve({ ok: true, text: Buffer.concat(chunks).toString('utf8') }));
    answer.once('error', () => fail('broke off'));
  });
  request.on('error', (error) => {
    const isLate = error.name === 'AbortError' || error.name === 'TimeoutError';
    fail(isLate ? `was not there within ${timeoutMs / 1_000} s` : `could not be asked for (${codeOf(error)})`);
  });
  request.end();
  return promise;
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}
