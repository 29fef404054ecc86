import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bet } from '../../src/stats/evidence/bet.ts';
import { errorGuardLogE, slowGuardLogE } from '../../src/stats/evidence/guard.ts';
import { histogramOf } from '../../src/stats/latency/log-histogram.ts';
import { logQuantileHarm, logQuantileParity, openQuantile, stepQuantile } from '../../src/stats/latency/quantile.ts';
import { tailsOf } from '../../src/stats/latency/tails.ts';
import { logRateHarm, logRateParity, openRate, type RateMargins, stepRate } from '../../src/stats/rates/error-rate.ts';

const RUN = { seed: 20_260_101, numRuns: 300 };

const rate = fc.double({ min: 0, max: 1, noNaN: true });
const pair = fc.nat({ max: 5_000 }).chain((n) => fc.tuple(fc.constant(n), fc.nat({ max: n })));
const latency = fc.dictionary(fc.integer({ min: -100, max: 500 }).map(String), fc.nat({ max: 1_000 }), { maxKeys: 12 });
const bet = fc.record<Bet>({
  cap: fc.double({ min: 0.1, max: 12, noNaN: true }),
  phi: fc.double({ min: 1, max: 40, noNaN: true }),
  past: fc.constantFrom('learnt', 'frozen'),
  spent: fc.double({ min: 0, max: 1, noNaN: true }),
  parity: fc.constantFrom('counted', 'left-out'),
  parityCeiling: fc.double({ min: 0.1, max: 10, noNaN: true }),
});

describe('whatever the counts and the margins', () => {
  it('an error rate keeps finite logs and a state that JSON restores', () => {
    const step = fc.record({ canary: pair, stable: pair, bet });
    fc.assert(
      fc.property(rate, rate, rate, fc.array(step, { maxLength: 12 }), (relative, absolute, wide, blocks) => {
        const margins: RateMargins = {
          rollback: { rho: 1 + relative, a: absolute },
          parity: [
            { rho: 1 + wide, a: 0 },
            { rho: 1, a: absolute },
          ],
        };
        let state = openRate(margins);
        for (const { canary, stable, bet: told } of blocks) {
          state = stepRate(state, margins, { nc: canary[0], xc: canary[1], ns: stable[0], xs: stable[1] }, 5_000, told);
          expect(Number.isFinite(logRateHarm(state))).toBe(true);
          expect(Number.isFinite(logRateParity(state))).toBe(true);
          expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        }
      }),
      RUN,
    );
  });

  it('a quantile keeps finite logs', () => {
    const margins = fc.record({ rollback: fc.nat({ max: 60 }), parity: fc.nat({ max: 60 }) });
    const step = fc.record({ canary: latency, stable: latency, bet });
    fc.assert(
      fc.property(latency, margins, fc.array(step, { maxLength: 6 }), (past, buckets, blocks) => {
        let state = openQuantile();
        for (const { canary, stable, bet: told } of blocks) {
          const block = { canary: tailsOf(histogramOf(canary)), stable: tailsOf(histogramOf(stable)) };
          state = stepQuantile(state, tailsOf(histogramOf(past)), 0.95, buckets, block, told);
          expect(Number.isFinite(logQuantileHarm(state))).toBe(true);
          expect(Number.isFinite(logQuantileParity(state))).toBe(true);
        }
      }),
      RUN,
    );
  });

  it('a guard keeps finite logs, and they rise with what it counts', () => {
    fc.assert(
      fc.property(pair, rate, ([n, x], limit) => {
        for (const logE of [errorGuardLogE, slowGuardLogE]) {
          const logs = logE(n, x, limit, 1e9);
          const more = logE(n + 1, x + 1, limit, 1e9);
          expect(logs.every(Number.isFinite)).toBe(true);
          expect(more.every((log, g) => log >= (logs[g] ?? 0) || limit > 0.1)).toBe(true);
        }
      }),
      RUN,
    );
  });
});
