import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpUpstream } from './upstream.ts';

/** A series as a test writes it down; times are epoch ms, values as they stand in the answer. */
export interface ScriptedSeries {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [at: number, value: string | number])[];
  /** Native histograms, in the form of the query API. */
  readonly histograms?: readonly (readonly [at: number, histogram: object])[];
}

export interface ScriptedPrometheus {
  readonly url: string;
  series: readonly ScriptedSeries[];
  /** Beside the data of every answer. */
  warnings: readonly string[];
  /** Answers instead, where it is set. */
  instead: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  /** Heads of the requests so far. */
  readonly heads: readonly IncomingMessage['headers'][];
  close(): Promise<void>;
}

/** The query API over fixed series: range selectors with equality matchers, and nothing else. */
export async function scriptedPrometheus(series: readonly ScriptedSeries[] = []): Promise<ScriptedPrometheus> {
  const heads: IncomingMessage['headers'][] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    heads.push(request.headers);
    let body = '';
    for await (const chunk of request) body += String(chunk);
    if (scripted.instead) return scripted.instead(request, response);
    const form = new URLSearchParams(body);
    const result = evaluate(scripted.series, form.get('query') ?? '', Number(form.get('time')) * 1_000);
    const { warnings } = scripted;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: 'success', warnings, data: { resultType: 'matrix', result } }));
  };
  const upstream = await httpUpstream((request, response) => void answer(request, response));
  const scripted: ScriptedPrometheus = {
    url: upstream.url,
    series,
    warnings: [],
    instead: null,
    heads,
    close: () => upstream.close(),
  };
  return scripted;
}

function evaluate(series: readonly ScriptedSeries[], query: string, at: number): object[] {
  const [, metric, matchers = '', window] = /^(\w+)\{(.*)\}\[(\d+)ms\]$/.exec(query) ?? [];
  if (metric === undefined) throw new Error(`the script cannot evaluate ${query}`);
  const wanted = [...matchers.matchAll(/(\w+)="([^"]*)"/g)];
  const inWindow = <T>(samples: readonly (readonly [number, T])[]) =>
    samples.filter(([time]) => time <= at && time >= at - Number(window)).map(([time, value]) => [time / 1_000, value]);
  return series
    .filter((one) => one.metric === metric && wanted.every(([, label = '', value]) => one.labels[label] === value))
    .map((one) => {
      const values = inWindow(one.samples).map(([time, value]) => [time, String(value)]);
      const histograms = inWindow(one.histograms ?? []);
      return {
        metric: { __name__: metric, ...one.labels },
        ...(values.length > 0 ? { values } : {}),
        ...(histograms.length > 0 ? { histograms } : {}),
      };
    })
    .filter((one) => 'values' in one || 'histograms' in one);
}
