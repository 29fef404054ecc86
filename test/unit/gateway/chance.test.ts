import { describe, expect, it } from 'vitest';
import { Chance, RecentDraws } from '../../../src/gateway/route/chance.ts';
import { assign } from '../../../src/split/assign.ts';

describe('the gateway’s own chance', () => {
  const DRAWS = 200_000;

  it.each([1, 100, 1_000, 5_000, 9_900])('gives the canary its share at %d bps', (bps) => {
    const chance = new Chance();
    let canaries = 0;
    for (let draw = 0; draw < DRAWS; draw++) if (assign(chance.draw(), bps) === 'canary') canaries++;
    const share = bps / 10_000;
    // Five sigma: one failing run in two million.
    expect(Math.abs(canaries - DRAWS * share)).toBeLessThan(5 * Math.sqrt(DRAWS * share * (1 - share)) + 1);
  });

  it('is never the same again: two processes that start together draw differently', () => {
    const one = new Chance();
    const other = new Chance();
    const draws = (of: Chance) => Array.from({ length: 3_000 }, () => of.draw());
    const [ours, theirs] = [draws(one), draws(other)];
    expect(new Set(ours).size).toBeGreaterThan(2_990);
    expect(ours.filter((drawn, at) => drawn === theirs[at]).length).toBeLessThan(3);
    expect(ours.slice(0, 1_024)).not.toEqual(ours.slice(1_024, 2_048));
  });
});

describe('recent draws', () => {
  it('know a hash again, until another takes its place', () => {
    const recent = new RecentDraws();
    const [hash, sameplace] = [12_345, 12_345 + 16_384];
    expect([recent.again(hash), recent.again(hash), recent.again(12_346)]).toEqual([false, true, false]);
    expect([recent.again(sameplace), recent.again(hash)]).toEqual([false, false]);
  });
});
