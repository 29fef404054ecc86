import { describe, expect, it } from 'vitest';
import type { ForcedAnswers } from '../../../src/stats/block.ts';
import { LOG_SURPRISED, ruledOut, surpriseOf } from '../../../src/stats/rates/surprise.ts';
import { binomialMasses } from '../../support/reference-formulas.ts';

/** 1 % of the stable's answers are 4xx. */
const PAST = [0, 0, 990, 0, 10, 0];
const at = (status: number, requests: number, parts: Partial<ForcedAnswers> = {}): ForcedAnswers => ({
  endpoint: 'GET /orders/{id}',
  status,
  requests,
  past: PAST,
  ...parts,
});

describe('forced answers that the stable seldom gives', () => {
  it('refuse at 8 of 20, and not at 7', () => {
    expect(surpriseOf([at(404, 7), at(200, 13)]).logE).toBeLessThan(LOG_SURPRISED);
    const eight = surpriseOf([at(404, 8), at(200, 12)]);
    expect(eight.logE).toBeGreaterThanOrEqual(LOG_SURPRISED);
    expect(eight.unusual).toEqual([{ endpoint: 'GET /orders/{id}', status: 404, requests: 8 }]);
  });

  it('are none where the stable gives them often, and are not known where it has answered little', () => {
    const often = at(404, 21, { past: [0, 0, 50, 0, 50, 0] });
    expect(surpriseOf([often])).toMatchObject({ counted: 21, unknown: 0, unusual: [] });
    expect(surpriseOf([at(404, 21, { past: [0, 0, 19, 0, 0, 0] })])).toEqual({
      logE: expect.closeTo(0, 12),
      counted: 0,
      unknown: 21,
      unusual: [],
      unheld: [{ endpoint: 'GET /orders/{id}', status: 404, requests: 21 }],
    });
  });

  it.each([
    [20, 0.139],
    [60, 0.0487],
    [300, 0.00994],
  ])('rule out little when there are none of %d', (usual, share) => {
    expect(ruledOut(usual)).toBeCloseTo(share, 3);
  });

  it('have a mean of at most 1 where the canary is as unusual as is tolerated', () => {
    const mean = (share: number) =>
      binomialMasses(20, share).reduce((sum, mass, unusual) => {
        return sum + mass * Math.exp(surpriseOf([at(404, unusual), at(200, 20 - unusual)]).logE);
      }, 0);
    expect(mean(0.12)).toBeLessThanOrEqual(1 + 1e-9);
    expect(mean(0.12)).toBeGreaterThan(0.99);
    expect(mean(0.3)).toBeGreaterThan(10);
  });
});

describe('forced answers of another kind', () => {
  const content = [0, 0, 990, 0, 10, 0, 0, 0];

  it.each<[string, Partial<ForcedAnswers>, readonly number[], boolean]>([
    ['a redirect where the stable has content', { status: 302 }, content, true],
    ['204 where it has content', { status: 204, isEmpty: true }, content, true],
    ['200 without content where it has some', { status: 200, isEmpty: true }, content, true],
    ['304 where it has content', { status: 304 }, content, true],
    ['content where it redirects', { status: 200 }, [0, 0, 0, 990, 10, 0, 0, 0], true],
    ['content where it says 304', { status: 200 }, [0, 0, 100, 0, 0, 0, 0, 900], false],
    ['content where it redirects half', { status: 200 }, [0, 0, 500, 500, 0, 0, 0, 0], false],
    ['204 where it has 204', { status: 204, isEmpty: true }, [0, 0, 0, 0, 0, 0, 990, 0], false],
    ['content, by a past that an older version stored', { status: 200 }, PAST, false],
  ])('%s', (_, answer, past, isRefused) => {
    const { logE, unusual } = surpriseOf([at(200, 20, { ...answer, past })]);
    expect([logE >= LOG_SURPRISED, unusual.length]).toEqual([isRefused, isRefused ? 1 : 0]);
  });
});
