import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { httpUpstream } from './upstream.ts';

export interface LokiLine {
  /** Epoch ns. */
  readonly at: bigint;
  readonly labels: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface ToyLoki {
  readonly url: string;
  push(...lines: readonly LokiLine[]): void;
  /** Answers instead, where it is set. */
  instead: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  /** What was asked so far. */
  readonly asked: { readonly words: URLSearchParams; readonly head: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

export interface ToyLokiOptions {
  /** Its `max_entries_limit_per_query`. */
  readonly mostEntries?: number;
  /** Set: requests of no other tenant are answered. */
  readonly tenant?: string;
}

type Said = readonly [status: number, text: string];

/**
 * `GET /loki/api/v1/query_range` over lines that a test pushed, as the documentation of Loki 3.7 has it: lines from `start` on and before
 * `end`, the oldest first or the newest, `limit` of all streams together, errors as texts. It knows selectors with equality alone.
 */
export async function toyLoki({ mostEntries = 5_000, tenant }: ToyLokiOptions = {}): Promise<ToyLoki> {
  const lines: LokiLine[] = [];
  const answerTo = (words: URLSearchParams, { 'x-scope-orgid': by }: IncomingHttpHeaders): Said => {
    if (tenant !== undefined && by !== tenant) return [401, 'no org id'];
    const selector = matchersIn(words.get('query') ?? '');
    if (selector === null) return [400, 'parse error at line 1, col 2: syntax error: unexpected IDENTIFIER'];
    const limit = Number(words.get('limit') ?? 100);
    if (limit > mostEntries) {
      const most = `limit > max_entries_limit_per_query (${limit} > ${mostEntries})`;
      return [400, `max entries limit per query exceeded, ${most}`];
    }
    const [start, end] = [BigInt(words.get('start') ?? 0), BigInt(words.get('end') ?? 0)];
    const sign = words.get('direction') === 'forward' ? 1 : -1;
    const found = lines
      .filter(({ at, labels }) => at >= start && at < end && selector.every(([name, value]) => labels[name] === value))
      .toSorted((one, other) => (one.at === other.at ? 0 : one.at < other.at ? -sign : sign))
      .slice(0, limit);
    const data = { resultType: 'streams', result: streamsOf(found), stats: { summary: { totalLinesProcessed: 0 } } };
    return [200, JSON.stringify({ status: 'success', data })];
  };
  const upstream = await httpUpstream((request, response) => {
    const { pathname, searchParams: words } = new URL(request.url ?? '/', 'http://loki');
    toy.asked.push({ words, head: request.headers });
    if (toy.instead) toy.instead(request, response);
    else {
      const isKnown = pathname === '/loki/api/v1/query_range';
      const [status, text] = isKnown ? answerTo(words, request.headers) : [404, '404 page not found'];
      const type = status === 200 ? 'application/json' : 'text/plain; charset=utf-8';
      response.writeHead(status, { 'content-type': type }).end(text);
    }
  });
  const toy: ToyLoki = {
    url: upstream.url,
    push(...more) {
      lines.push(...more);
    },
    instead: null,
    asked: [],
    close: () => upstream.close(),
  };
  return toy;
}

function matchersIn(query: string): readonly (readonly [name: string, value: string])[] | null {
  const [, inside] = /^\s*\{\s*(\w+\s*=\s*"[^"]*"(?:\s*,\s*\w+\s*=\s*"[^"]*")*)\s*\}\s*$/.exec(query) ?? [];
  if (inside === undefined) return null;
  return [...inside.matchAll(/(\w+)\s*=\s*"([^"]*)"/g)].map(([, name = '', value = '']) => [name, value] as const);
}

function streamsOf(found: readonly LokiLine[]): unknown[] {
  const streams = new Map<string, { stream: LokiLine['labels']; values: [string, string][] }>();
  for (const { at, labels, text } of found) {
    const key = JSON.stringify(labels);
    const stream = streams.get(key) ?? { stream: labels, values: [] };
    stream.values.push([at.toString(), text]);
    streams.set(key, stream);
  }
  return [...streams.values()];
}
