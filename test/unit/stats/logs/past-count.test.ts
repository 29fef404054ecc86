import { describe, expect, it } from 'vitest';
import { learnCount, leastShare, NOTHING_COUNTED, usualShare } from '../../../../src/stats/logs/past-count.ts';
import { seededRandom } from '../../../support/random.ts';
import { binomialCount, poissonCount } from '../../../support/random-counts.ts';

const INTERVAL_MS = 30_000;
const random = seededRandom(14);

function pastOf(intervals: number, countIn: (requests: number, at: number) => number, traffic = () => 300) {
  let past = NOTHING_COUNTED;
  for (let at = 0; at < intervals; at += 1) {
    const requests = poissonCount(random, traffic());
    past = learnCount(past, countIn(requests, at), requests, INTERVAL_MS);
  }
  return past;
}

describe('what the stable has for each request', () => {
  it('is what its requests cause, as far as that is sure', () => {
    const past = pastOf(40, (requests) => binomialCount(random, requests, 0.8));
    expect(usualShare(past)).toBeCloseTo(0.8, 1);
    expect(leastShare(past, 50)).toBeGreaterThan(0.5);
    expect(leastShare(past, 50)).toBeLessThanOrEqual(usualShare(past));
    expect(leastShare(past, 5)).toBeNull();
  });

  it('is nothing where machines do it, whatever the requests', () => {
    for (let round = 0; round < 20; round += 1) {
      expect(
        leastShare(
          pastOf(40, () => 60),
          50,
        ),
      ).toBeNull();
      expect(
        leastShare(
          pastOf(40, () => poissonCount(random, 60)),
          20,
        ),
      ).toBeNull();
    }
  });

  it('is nothing where a job does it now and then, and where the requests never vary', () => {
    expect(
      leastShare(
        pastOf(60, (_, at) => (at % 20 === 0 ? 4_000 : 0)),
        300,
      ),
    ).toBeNull();
    let past = NOTHING_COUNTED;
    for (let at = 0; at < 40; at += 1) past = learnCount(past, 300, 300, INTERVAL_MS);
    expect(leastShare(past, 300)).toBeNull();
  });

  it('is not known from a few intervals', () => {
    expect(
      leastShare(
        pastOf(3, (requests) => requests),
        300,
      ),
    ).toBeNull();
    expect(
      leastShare(
        pastOf(12, (requests) => requests),
        300,
      ),
    ).toBeCloseTo(1, 6);
  });
});
