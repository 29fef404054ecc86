import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HttpClient } from '../../src/metrics/http.ts';
import { instantQuery } from '../../src/metrics/prometheus/instant-query.ts';
import { type Matrix, readMatrix } from '../../src/metrics/prometheus/read-matrix.ts';
import { increaseOf, stepsIn } from '../../src/metrics/prometheus/steps.ts';

const SEED = { seed: 20_260_101, numRuns: 1_000 };

/** Scrapes of a counter that may begin again from zero between two of them. */
const scrapes = fc
  .array(fc.record({ wait: fc.integer({ min: 1, max: 30 }), by: fc.nat(50), again: fc.boolean() }), { maxLength: 40 })
  .map((moves) => {
    let at = 0;
    let value = 100;
    return moves.map(({ wait, by, again }) => {
      at += wait;
      value = again ? by : value + by;
      return { at, value };
    });
  });

describe('the growth of a counter', () => {
  it('is never negative, and what two blocks count is what one over both would', () => {
    fc.assert(
      fc.property(scrapes, fc.nat(600), fc.nat(600), (samples, first, second) => {
        const middle = Math.min(first, second);
        const end = Math.max(first, second);
        const grown = (from: number, to: number) =>
          increaseOf(stepsIn(samples, { from, to, baselineFrom: 0 }, 'unknown'));
        expect(grown(0, middle)).toBeGreaterThanOrEqual(0);
        expect(grown(0, middle) + grown(middle, end)).toBe(grown(0, end));
      }),
      SEED,
    );
  });

  it('is what was added, where the counter never began again', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 1, maxLength: 40 }), (added) => {
        let value = 0;
        const samples = added.map((by, n) => {
          value += by;
          return { at: n + 1, value };
        });
        const span = { from: 0, to: added.length, baselineFrom: 0 };
        expect(increaseOf(stepsIn(samples, span, 'known'))).toBe(value);
        expect(increaseOf(stepsIn(samples, span, 'unknown'))).toBe(value - (added[0] ?? 0));
      }),
      SEED,
    );
  });

  it('leaves out what grew over a gap that is too long, and goes on from there', () => {
    const samples = [
      { at: 10, value: 5 },
      { at: 100, value: 50 },
      { at: 110, value: 52 },
    ];
    expect(increaseOf(stepsIn(samples, { from: 90, to: 120, baselineFrom: 60 }, 'unknown'))).toBe(2);
  });
});

async function matrixOf(body: unknown): Promise<Matrix> {
  const http: HttpClient = {
    fetch: async () => ({ kind: 'answer', status: 200, body: JSON.stringify(body) }),
  };
  const answer = await instantQuery(http, { promql: 'up[1m]', at: 1 }, new AbortController().signal);
  return answer.kind === 'result' ? readMatrix(answer.result) : { ok: false, reason: answer.reason };
}

describe('an answer of anything', () => {
  const value = fc.oneof(fc.constantFrom('1', 'NaN', '-1', '+Inf', '0.5', '1e3', ' 2', ''), fc.jsonValue());
  const sample = fc.tuple(fc.oneof(fc.nat(), fc.jsonValue()), value);
  const series = fc
    .record({ metric: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue()) }, {})
    .chain((one) => fc.array(sample, { maxLength: 5 }).map((values) => ({ ...one, values })));
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record({
      status: fc.constantFrom('success', 'error'),
      data: fc.record({ resultType: fc.constantFrom('matrix', 'vector'), result: fc.array(series) }),
    }),
  );

  it('is read as counts at rising times, or is of no use for a reason, and nothing is thrown', async () => {
    await fc.assert(
      fc.asyncProperty(body, async (answer) => {
        const matrix = await matrixOf(answer);
        if (!matrix.ok) {
          expect(matrix.reason).not.toBe('');
          return;
        }
        for (const { samples } of matrix.series) {
          expect(samples.every((one) => Number.isSafeInteger(one.value) && one.value >= 0)).toBe(true);
          expect(samples.every((one, n) => n === 0 || one.at > (samples[n - 1]?.at ?? 0))).toBe(true);
        }
      }),
      SEED,
    );
  });

  it('keeps the millisecond of every sample', async () => {
    const anytime = fc.integer({ min: Date.UTC(2005), max: Date.UTC(2038) });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(anytime, { minLength: 1, maxLength: 5 }), async (times) => {
        const at = times.toSorted((left, right) => left - right);
        const values = at.map((ms) => [ms / 1_000, '7']);
        const data = { resultType: 'matrix', result: [{ metric: {}, values }] };
        const matrix = await matrixOf({ status: 'success', data });
        expect(matrix).toEqual({
          ok: true,
          series: [{ labels: {}, samples: at.map((ms) => ({ at: ms, value: 7 })), histograms: [] }],
        });
      }),
      SEED,
    );
  });
});
