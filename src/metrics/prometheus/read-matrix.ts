import { isRecord } from '../../policy/is-record.ts';

/** One sample of a counter; `at` is the time of its scrape in epoch ms. */
export interface CounterSample {
  readonly at: number;
  readonly value: number;
}

/** One sample of a native histogram as Prometheus writes it down, not yet looked at. */
export interface RawHistogramSample {
  readonly at: number;
  readonly histogram: unknown;
}

export interface MatrixSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly CounterSample[];
  readonly histograms: readonly RawHistogramSample[];
}

export type Matrix =
  | { readonly ok: true; readonly series: readonly MatrixSeries[] }
  | { readonly ok: false; readonly reason: string };

/** What is wrong with an answer, in one clause. Thrown within this room only. */
export class Unreadable extends Error {}

/**
 * The answer to a range selector, read as strictly as possible: whatever is no count at a time makes the whole answer
 * unusable, because what a part of it would show is anybody's guess. A warning means that a part is missing.
 *
 * @param readValue reads one value, and throws `Unreadable` where it is none
 */
export function readMatrix(body: unknown, readValue: (value: unknown) => number = countOf): Matrix {
  try {
    return { ok: true, series: matrixOf(body, readValue) };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, reason: error.message };
    throw error;
  }
}

/** A record's labels as one text, by which series are told apart. */
export function labelsKey(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function matrixOf(body: unknown, readValue: (value: unknown) => number): MatrixSeries[] {
  if (!isRecord(body)) throw new Unreadable('answered something that is no JSON object');
  if (body['status'] !== 'success') throw new Unreadable(`answered with the status ${show(body['status'])}`);
  const { warnings, data } = body;
  if (Array.isArray(warnings) && warnings.length > 0) throw new Unreadable(`warned: ${show(warnings[0])}`);
  if (!isRecord(data) || data['resultType'] !== 'matrix') {
    throw new Unreadable(`answered a ${show(isRecord(data) ? data['resultType'] : data)} instead of samples`);
  }
  const { result } = data;
  if (!Array.isArray(result)) throw new Unreadable('answered no list of series');
  const seen = new Set<string>();
  return result.map((entry: unknown) => {
    const series = seriesOf(entry, readValue);
    const key = labelsKey(series.labels);
    if (seen.has(key)) throw new Unreadable(`answered two series with the same labels ${show(key)}`);
    seen.add(key);
    return series;
  });
}

function seriesOf(entry: unknown, readValue: (value: unknown) => number): MatrixSeries {
  if (!isRecord(entry)) throw new Unreadable(`answered ${show(entry)} as a series`);
  const { metric, values = [], histograms = [] } = entry;
  if (!isRecord(metric)) throw new Unreadable('answered a series without labels');
  const labels: Record<string, string> = {};
  for (const [label, value] of Object.entries(metric)) {
    if (typeof value !== 'string') throw new Unreadable(`answered a label ${label} that is no text`);
    if (label !== '__name__') labels[label] = value;
  }
  return {
    labels,
    samples: pairsOf(values).map(([at, value]) => ({ at, value: readValue(value) })),
    histograms: pairsOf(histograms).map(([at, histogram]) => ({ at, histogram })),
  };
}

function pairsOf(pairs: unknown): [at: number, value: unknown][] {
  if (!Array.isArray(pairs)) throw new Unreadable('answered a series without samples');
  let last = Number.NEGATIVE_INFINITY;
  return pairs.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw new Unreadable(`answered ${show(pair)} as a sample`);
    const [seconds, value]: readonly unknown[] = pair;
    if (typeof seconds !== 'number' || !Number.isFinite(seconds)) {
      throw new Unreadable(`answered ${show(seconds)} as a time`);
    }
    const at = Math.round(seconds * 1_000);
    if (at <= last) throw new Unreadable('answered samples out of order');
    last = at;
    return [at, value];
  });
}

/** A count of Prometheus is a decimal number in text. */
export function countOf(value: unknown): number {
  const count = typeof value === 'string' && /^\+?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(count)) throw new Unreadable(`answered ${show(value)}, which is no count`);
  return count;
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, 200);
}
