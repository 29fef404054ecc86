import { isCount } from '../../judge/shape.ts';
import type { AnsweredSeries, RawHistogramSample, Sample } from './answered-series.ts';
import type { InstantResult } from './instant-query.ts';
import { excerpt, Unreadable } from './unreadable.ts';

/** One sample of a counter; `at` is the time of its scrape in epoch ms. */
export interface CounterSample {
  readonly at: number;
  readonly value: number;
}

export interface MatrixSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly CounterSample[];
  readonly histograms: readonly RawHistogramSample[];
}

export type Matrix =
  | { readonly ok: true; readonly series: readonly MatrixSeries[] }
  | { readonly ok: false; readonly reason: string };

/**
 * The answer to a range selector, read as strictly as possible: anything that is not a count at a time makes the whole
 * answer unusable, because the rest alone could mislead. A warning means that a part is missing.
 *
 * @param readSample the value of one sample; throws `Unreadable` if it is not a count
 */
export function readMatrix(result: InstantResult, readSample: (sample: Sample) => number = countIn): Matrix {
  try {
    return { ok: true, series: matrixOf(result, readSample) };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, reason: error.message };
    throw error;
  }
}

/** A record's labels as one text, which identifies its series. */
export function labelsKey(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function matrixOf({ type, series, warnings }: InstantResult, readSample: (sample: Sample) => number): MatrixSeries[] {
  if (warnings.length > 0) throw new Unreadable(`warned: ${excerpt(warnings[0])}`);
  if (type !== 'matrix') throw new Unreadable(`answered a ${type} instead of samples`);
  const seen = new Set<string>();
  return series.map(({ labels, samples, histograms }: AnsweredSeries) => {
    const key = labelsKey(labels);
    if (seen.has(key)) throw new Unreadable(`answered two series with the same labels ${excerpt(key)}`);
    seen.add(key);
    return { labels, samples: samples.map((sample) => ({ at: sample.at, value: readSample(sample) })), histograms };
  });
}

function countIn({ value, text }: Sample): number {
  if (!isCount(value)) throw notCount(text);
  return value;
}

/** A count within a native histogram: a number as text. */
export function countOf(text: unknown): number {
  const count = typeof text === 'string' && /^\+?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (!isCount(count)) throw notCount(text);
  return count;
}

function notCount(text: unknown): Unreadable {
  return new Unreadable(`answered ${excerpt(text)}, which is no count`);
}
