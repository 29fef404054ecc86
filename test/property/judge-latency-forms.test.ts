import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { look, openJudgement } from '../../src/judge/judge.ts';
import type { Block, Tally } from '../../src/stats/block.ts';
import { nativeGrid } from '../../src/stats/latency/latency-grid.ts';
import { takesPart } from '../../src/stats/latency/slower.ts';
import { blockOf, inputOf } from '../support/judge-blocks.ts';
import { briskPolicy, judgePolicy } from '../support/judge-policy.ts';
import { BOUNDARIES_MS, classicTally, tallyOnGrid } from '../support/prometheus-tallies.ts';

const policy = judgePolicy({
  checks: {
    errors: { parity: { relative: '25%', absolute: '1pp' } },
    latency: { classic: { parity: { relative: '60%', absolute: '2pp' } } },
  },
  judge: { block: '1s', minStep: '3s', warmUp: '0s' },
});
const json = fc.jsonValue({ maxDepth: 4 });

const counts = fc.array(fc.nat({ max: 400 }), {
  minLength: BOUNDARIES_MS.length + 1,
  maxLength: BOUNDARIES_MS.length + 1,
});
/** Answers by bin, as a classic histogram has them. */
const classic: fc.Arbitrary<Tally> = counts.map((bins) => {
  const answers = bins.reduce((sum, count) => sum + count, 0);
  let left = answers;
  const above = BOUNDARIES_MS.map((ms, index) => {
    left -= bins[index] ?? 0;
    return { ms, count: left };
  });
  return { requests: answers, errors: 0, clientErrors: 0, latency: {}, slower: { answers, above } };
});
const healthy: fc.Arbitrary<Tally> = fc.integer({ min: 100, max: 900 }).map((requests) => classicTally(requests));
const block: fc.Arbitrary<Block> = fc
  .record({
    stable: fc.oneof(healthy, classic),
    canary: fc.oneof(healthy, classic),
    canaryBps: fc.constantFrom(0, 100, 5_000, 10_000),
    splitEpoch: fc.nat({ max: 2 }),
  })
  .map((parts) => blockOf(parts));

/** Something near counts above boundaries, or anything. */
const nearSlower = fc.oneof(
  json,
  fc.record({
    answers: fc.oneof(fc.nat({ max: 50 }), json),
    above: fc.oneof(
      json,
      fc.array(fc.record({ ms: fc.oneof(fc.double(), json), count: fc.oneof(fc.nat({ max: 50 }), json) }), {
        maxLength: 4,
      }),
    ),
  }),
);
const damaged = fc.oneof(
  nearSlower.map((slower) => ({ ...blockOf(), canary: { ...classicTally(0), slower } })),
  nearSlower.map((slower) =>
    blockOf({ stable: classicTally(900), canary: { ...classicTally(90), slower: slower as never } }),
  ),
  fc
    .tuple(fc.oneof(json, fc.record({ ratio: fc.double(), unitMs: fc.double() })), fc.dictionary(fc.string(), json))
    .map(([grid, latency]) => ({ ...blockOf(), grid, canary: { ...classicTally(0), latency } })),
);

describe('latencies from a metrics source', () => {
  it('never make the judge throw or promote, whatever JSON they are', () => {
    fc.assert(
      fc.property(fc.array(damaged, { maxLength: 8 }), (blocks) => {
        const input = { ...inputOf([]), at: 10_000, blocks: blocks as readonly Block[] };
        const { verdict, state } = look(policy, openJudgement(policy), input);
        expect(verdict.name).not.toBe('at-parity');
        expect(verdict.reason).not.toBe('');
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
      { seed: 20_260_110, numRuns: 500 },
    );
  });

  it('promote only where every boundary that takes part has shown parity in this step, and one at least does', () => {
    let promotions = 0;
    fc.assert(
      fc.property(
        fc.array(block, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 5, max: 60 }),
        (blocks, repeats) => {
          let state = openJudgement(policy);
          for (let round = 0; round <= repeats; round += 1) {
            const { verdict, state: next } = look(policy, state, inputOf(blocks, { at: 10_000 }));
            state = next;
            if (verdict.name !== 'at-parity') continue;
            promotions += 1;
            const claims = verdict.findings.filter(({ parityMargin }) => parityMargin !== null);
            const taking = state.checks.latency.slower.filter(takesPart).map(({ ms }) => `slower:${ms}`);
            expect(taking.length).toBeGreaterThan(0);
            expect(claims.map(({ check }) => check)).toEqual(['errors', 'clientErrors', ...taking]);
            for (const { logParity, logParityThreshold } of claims) {
              expect(logParity).toBeGreaterThanOrEqual(logParityThreshold ?? Number.POSITIVE_INFINITY);
            }
          }
        },
      ),
      { seed: 20_260_111, numRuns: 120 },
    );
    expect(promotions).toBeGreaterThan(0);
  });

  it('decide the same whether blocks come one by one or queued, and after JSON', () => {
    const grid = nativeGrid(4);
    const native = fc
      .tuple(fc.integer({ min: 15, max: 40 }), fc.nat({ max: 600 }))
      .map(([medianMs, requests]) =>
        blockOf({ grid, stable: tallyOnGrid(900, grid), canary: tallyOnGrid(requests, grid, { medianMs }) }),
      );
    const judged = briskPolicy();
    fc.assert(
      fc.property(fc.array(fc.oneof(block, native), { minLength: 1, maxLength: 10 }), (blocks) => {
        const at = 20_000;
        const queued = look(judged, openJudgement(judged), inputOf(blocks, { at }));
        let state = openJudgement(judged);
        for (const one of blocks) state = JSON.parse(JSON.stringify(look(judged, state, inputOf([one], { at })).state));
        expect(JSON.stringify(state)).toBe(JSON.stringify(queued.state));
      }),
      { seed: 20_260_112, numRuns: 100 },
    );
  });
});
