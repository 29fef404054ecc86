import { type FetchedText, type FetchParts, fetchText } from '../gateway/upstream/fetch-text.ts';

export interface FetchOptions extends FetchParts {
  readonly timeoutMs?: number;
}

export const MOST_DOCUMENT_BYTES = 4 * 1024 * 1024;
const FETCH_MS = 10_000;

/** A version's OpenAPI document, within bounds. Never throws. */
export function fetchDocument(target: string, { timeoutMs = FETCH_MS, ...parts }: FetchOptions): Promise<FetchedText> {
  const accept = 'application/json, application/yaml';
  return fetchText(target, parts, { agent: 'serin-preflight', timeoutMs, mostBytes: MOST_DOCUMENT_BYTES, accept });
}
