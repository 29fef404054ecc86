import { describe, expect, it } from 'vitest';
import { Problem } from '../../../src/problem/problem.ts';
import { assign, canaryThreshold, saltOf, splitWeights, stickyHash, WHOLE_BPS } from '../../../src/split/assign.ts';

const OFFSET_BASIS = 0x811c9dc5;
const U32 = 0xffff_ffffn;

/** The published definitions in big integers, as an independent second opinion. */
function referenceHash(state: number, text: string): number {
  let hash = BigInt(state);
  for (const char of text.split('')) hash = ((hash ^ BigInt(char.charCodeAt(0))) * 0x01000193n) & U32;
  hash = ((hash ^ (hash >> 16n)) * 0x85ebca6bn) & U32;
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) & U32;
  return Number(hash ^ (hash >> 16n));
}

describe('stickyHash', () => {
  it.each([
    [0, 0],
    [1, 0x514e28b7],
    [0xffff_ffff, 0x81f16f39],
  ])('ends in the finaliser of MurmurHash3: %d gives %d', (state, hash) => {
    expect(stickyHash(state, '')).toBe(hash);
  });

  it('continues FNV-1a: the published hash of foobar is 0xbf9cf968', () => {
    expect(stickyHash(OFFSET_BASIS, 'foobar')).toBe(stickyHash(0xbf9cf968, ''));
    expect(stickyHash(OFFSET_BASIS, 'a')).toBe(stickyHash(0xe40c292c, ''));
  });

  it.each(['', 'a', 'user-42', '203.0.113.7', 'ü', '日本', '\ud800', 'x'.repeat(5_000)])(
    'agrees with big integers on %j',
    (key) => {
      for (const salt of [0, OFFSET_BASIS, saltOf('payments', 'v2')]) {
        const hash = stickyHash(salt, key);
        expect(hash).toBe(referenceHash(salt, key));
        expect(hash).toBe(hash >>> 0);
      }
    },
  );
});

describe('saltOf', () => {
  it('is the state of the hash after route and version', () => {
    expect(stickyHash(saltOf('payments', 'v2'), 'user')).toBe(referenceHash(OFFSET_BASIS, 'payments\0v2\0user'));
  });

  it('tells route from version', () => {
    expect(saltOf('ab', 'c')).not.toBe(saltOf('a', 'bc'));
    expect(saltOf('payments', 'v2')).not.toBe(saltOf('payments', 'v3'));
    expect(saltOf('payments', 'v2')).not.toBe(saltOf('orders', 'v2'));
  });
});

describe('assign', () => {
  it('gives nobody at 0 and everybody at 100 %', () => {
    for (const hash of [0, 1, 2 ** 31, 0xffff_ffff]) {
      expect(assign(hash, 0)).toBe('stable');
      expect(assign(hash, 10_000)).toBe('canary');
    }
  });

  it('cuts at one threshold', () => {
    expect(assign(2 ** 31 - 1, 5_000)).toBe('canary');
    expect(assign(2 ** 31, 5_000)).toBe('stable');
    expect(assign(0, 1)).toBe('canary');
  });

  it('gives nobody for a weight that is none', () => {
    expect(assign(0, Number.NaN)).toBe('stable');
    expect(assign(0, -1)).toBe('stable');
  });
});

describe('canaryThreshold', () => {
  it.each([
    [0, 0],
    [1, 429_497],
    [5_000, 2 ** 31],
    [10_000, 2 ** 32],
  ])('%d basis points are %d hashes', (bps, hashes) => {
    expect(canaryThreshold(bps)).toBe(hashes);
  });

  it('is exact to one hash and rises with every basis point', () => {
    for (let bps = 0; bps <= WHOLE_BPS; bps++) {
      const exact = (BigInt(bps) << 32n) / 10_000n;
      const roundedUp = (BigInt(bps) << 32n) % 10_000n === 0n ? exact : exact + 1n;
      expect(canaryThreshold(bps)).toBe(Number(roundedUp));
      expect(canaryThreshold(bps)).toBeGreaterThan(canaryThreshold(bps - 1));
    }
  });
});

describe('splitWeights', () => {
  it.each([0, 1, 1_000, 9_999, 10_000])('sums to 10,000 with a canary of %d', (bps) => {
    const { stable, canary } = splitWeights(bps);
    expect(canary).toBe(bps);
    expect(stable + canary).toBe(WHOLE_BPS);
  });

  it.each([-1, 0.5, 10_001, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (bps) => {
    expect(() => splitWeights(bps)).toThrow(Problem);
  });
});
