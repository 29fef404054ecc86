import type { InstantVector, Metric, QueryResult, RangeVector, SampleValue } from 'prometheus-query';
import { isRecord } from '../../policy/is-record.ts';
import { excerpt, Unreadable } from './unreadable.ts';

/** A sample as the driver read it. */
export interface Sample {
  /** Epoch ms. */
  readonly at: number;
  /** NaN for anything but a decimal number: the driver would take `12 apples` for 12. */
  readonly value: number;
  /** The value as written in the answer, for the error that rejects it. */
  readonly text: unknown;
}

/** One sample of a native histogram as Prometheus sends it, not validated yet. */
export interface RawHistogramSample {
  readonly at: number;
  readonly histogram: unknown;
}

export interface AnsweredSeries {
  /** Without the metric's name. */
  readonly labels: Readonly<Record<string, string>>;
  /** In order of time. */
  readonly samples: readonly Sample[];
  readonly histograms: readonly RawHistogramSample[];
}

/** Prometheus also writes `1e+06`. */
const DECIMAL = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/**
 * A body that the driver can read: it fails on a series that has only native histograms, and such a series has no number.
 * Anything else is left as it is.
 */
export function readableBody(body: unknown): unknown {
  if (!isRecord(body) || !isRecord(body['data']) || !Array.isArray(body['data']['result'])) return body;
  const { resultType, result } = body['data'];
  if (resultType !== 'matrix' && resultType !== 'vector') return body;
  const series = result.map((one: unknown) => ({ values: [], value: [0, 'NaN'], ...(isRecord(one) ? one : {}) }));
  return { ...body, data: { resultType, result: series } };
}

/**
 * The series that the driver read: labels, times and numbers are the driver's. Where the driver reads loosely, the original
 * body is checked as well. Throws `Unreadable`.
 *
 * @param readSample the driver's own, for a scalar, which the driver leaves as it came
 */
export function answeredSeries(
  { resultType, result }: QueryResult,
  body: unknown,
  readSample: typeof SampleValue.fromJSON,
): readonly AnsweredSeries[] {
  const type: `${typeof resultType}` = resultType;
  switch (type) {
    case 'matrix': {
      const written = writtenSeries(body);
      return result.map((vector: RangeVector, at) => ofRange(vector, written[at] ?? {}));
    }
    case 'vector': {
      const written = writtenSeries(body);
      return result.map((vector: InstantVector, at) => ({
        labels: labelsOf(vector.metric),
        samples: [sampleOf(vector.value, written[at]?.['value'])],
        histograms: [],
      }));
    }
    case 'scalar':
      return [{ labels: {}, samples: [sampleOf(readSample(pairOf(result)), result)], histograms: [] }];
    case 'string':
      return [];
  }
}

type Written = Readonly<Record<string, unknown>>;

function writtenSeries(body: unknown): readonly Written[] {
  const data = isRecord(body) && isRecord(body['data']) ? body['data'] : {};
  return Array.isArray(data['result']) ? data['result'].filter(isRecord) : [];
}

function ofRange(vector: RangeVector, { metric, values, histograms = [] }: Written): AnsweredSeries {
  if (!isRecord(metric)) throw new Unreadable('answered a series without labels');
  const texts: readonly unknown[] = Array.isArray(values) ? values : [];
  if (!Array.isArray(histograms)) throw new Unreadable('answered a series without samples');
  return {
    labels: labelsOf(vector.metric),
    samples: inOrder(vector.values.map((sample: SampleValue, at) => sampleOf(sample, texts[at]))),
    histograms: inOrder(
      histograms.map((pair: unknown) => {
        const [seconds, histogram] = pairOf(pair);
        return { at: Math.round(seconds * 1_000), histogram };
      }),
    ),
  };
}

function labelsOf(metric: Metric | null): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(metric?.labels ?? {}).map(([label, value]: readonly [string, unknown]) => {
      if (typeof value !== 'string') throw new Unreadable(`answered a label ${label} that is no text`);
      return [label, value];
    }),
  );
}

function sampleOf({ time, value }: SampleValue, written: unknown): Sample {
  const [seconds, text] = pairOf(written);
  const at = time.getTime();
  if (!Number.isFinite(at)) throw new Unreadable(`answered ${excerpt(seconds)} as a time`);
  return { at, value: typeof text === 'string' && DECIMAL.test(text) ? value : Number.NaN, text };
}

function pairOf(pair: unknown): [seconds: number, value: unknown] {
  if (!Array.isArray(pair) || pair.length !== 2) throw new Unreadable(`answered ${excerpt(pair)} as a sample`);
  const [seconds, value]: readonly unknown[] = pair;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) {
    throw new Unreadable(`answered ${excerpt(seconds)} as a time`);
  }
  return [seconds, value];
}

function inOrder<S extends { readonly at: number }>(samples: readonly S[]): readonly S[] {
  for (const [before, { at }] of samples.slice(1).entries()) {
    if (at <= (samples[before]?.at ?? 0)) throw new Unreadable('answered samples out of order');
  }
  return samples;
}
