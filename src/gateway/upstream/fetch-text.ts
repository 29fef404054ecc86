import { isIP } from 'node:net';
import type { OwnListeners } from './own-listeners.ts';
import { httpPlace, ownRequest } from './own-request.ts';
import { lookupUnless, refusedPlace } from './upstream-address.ts';
import type { UpstreamTrust } from './upstream-trust.ts';

export interface FetchParts {
  readonly own: OwnListeners;
  /** Null leaves it to Node's defaults. */
  readonly trust: UpstreamTrust | null;
}

export interface FetchBounds {
  readonly agent: 'serin-preflight' | 'serin-keys';
  readonly timeoutMs: number;
  readonly mostBytes: number;
  readonly accept: string;
}

/** `reason` continues a sentence that begins with what was fetched. */
export type FetchedText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

/** A GET to a place where an upstream may be. No redirect is followed, and no coding is asked for. Never throws. */
export function fetchText(
  target: string,
  { own, trust }: FetchParts,
  { agent, timeoutMs, mostBytes, accept }: FetchBounds,
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
    { agent, timeoutMs, trust, via: null },
    {
      method: 'GET',
      lookup: lookupUnless(isRefused),
      headers: { accept, 'accept-encoding': 'identity' },
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
      if (bytes <= mostBytes) return;
      fail(`has more than ${sizeOf(mostBytes)}`);
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

function sizeOf(bytes: number): string {
  return bytes >= 1_048_576 ? `${bytes / 1_048_576} MB` : `${bytes / 1_024} KB`;
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}
