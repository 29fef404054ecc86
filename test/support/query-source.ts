import { lookup } from 'node:dns';
import type { RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';
import { httpClient } from '../../src/metrics/http.ts';
import { jsonValues } from '../../src/metrics/json/json-values.ts';
import { prometheusValues } from '../../src/metrics/prometheus/prometheus-values.ts';
import type { QuerySource, Taken } from '../../src/metrics/queries/query-source.ts';
import { httpUpstream } from './upstream.ts';

/** The most bytes that an answer to these sources may have. */
export const ANSWER_CAP = 100_000;
export const ASKED_AT = Date.UTC(2026, 10, 23, 12);
export const WORDS = { route: 'payments', track: 'canary', version: 'v2' } as const;

export interface QueryKind {
  readonly kind: 'prometheus' | 'json';
  readonly query: string;
  /** An answer with the value 0.41. */
  readonly good: string;
  readonly open: (url: string, more?: object) => QuerySource;
}

const clientOf = (url: string, more: object) =>
  httpClient({
    url,
    timeoutMs: 5_000,
    maxAnswerBytes: ANSWER_CAP,
    headers: { authorization: 'Bearer s3cret', 'X-Scope-OrgID': 'team' },
    tls: {},
    lookup,
    ...more,
  });

export const PROMETHEUS: QueryKind = {
  kind: 'prometheus',
  query: 'cpu{version="{{version}}"}',
  good: '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"0.41"]}]}}',
  open: (url, more = {}) => prometheusValues(clientOf(url, more), { scrapeMs: 15_000 }),
};

export const JSON_ENDPOINT: QueryKind = {
  kind: 'json',
  query: '/stats/{{version}}?window=1m#/cpu',
  good: '{"cpu":0.41}',
  open: (url, more = {}) => jsonValues(clientOf(url, more)),
};

/** A server of this test alone; its address. */
export async function served(handler: RequestListener): Promise<string> {
  const upstream = await httpUpstream(handler);
  onTestFinished(() => upstream.close());
  return upstream.url;
}

export function takeFrom(
  source: QuerySource,
  query: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<Taken> {
  return source.take({ query, words: WORDS, at: ASKED_AT }, signal);
}
