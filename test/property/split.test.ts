import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, canaryThreshold, saltOf, stickyHash } from '../../src/split/assign.ts';

const IDS = 1_000_000;
const WEIGHTS_BPS = [10, 100, 1_000, 5_000];

/** The hash of each of 10^6 ids of a kind that people use; every later question is asked of the same hashes. */
function hashesOf(salt: number, idOf: (index: number) => string): Uint32Array {
  const hashes = new Uint32Array(IDS);
  for (let index = 0; index < IDS; index++) hashes[index] = stickyHash(salt, idOf(index));
  return hashes;
}

function count(hashes: Uint32Array, bps: number): number {
  let canaries = 0;
  for (const hash of hashes) if (assign(hash, bps) === 'canary') canaries++;
  return canaries;
}

function sigma(share: number): number {
  return Math.sqrt(IDS * share * (1 - share));
}

const numbered = (index: number) => `user-${index}`;
const V2 = hashesOf(saltOf('payments', 'v2'), numbered);

describe('the share of a weight', () => {
  it.each([
    ['numbered users', V2],
    ['bare numbers', hashesOf(saltOf('orders', '2.0.0'), (index) => `${index}`)],
    ['addresses', hashesOf(saltOf('a', 'b'), (index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`)],
    [
      'request ids',
      hashesOf(saltOf('search', 'sha-4be1'), (index) => `0190${Math.imul(index, 0x9e3779b1) >>> 0}-7${index}`),
    ],
  ])('is met within three sigma by a million %s', (_, hashes) => {
    for (const bps of WEIGHTS_BPS) {
      const share = bps / 10_000;
      expect(Math.abs(count(hashes, bps) - IDS * share)).toBeLessThan(3 * sigma(share));
    }
  });

  it('is nobody at 0 and everybody at 100 %', () => {
    expect(count(V2, 0)).toBe(0);
    expect(count(V2, 10_000)).toBe(IDS);
  });
});

describe('a rising weight', () => {
  it('moves nobody back to the stable', () => {
    const rising = [0, 1, 10, 100, 101, 1_000, 2_500, 5_000, 9_999, 10_000];
    let moved = 0;
    for (const hash of V2) {
      const first = rising.findIndex((bps) => assign(hash, bps) === 'canary');
      if (rising.slice(first).some((bps) => assign(hash, bps) === 'stable')) moved++;
    }
    expect(moved).toBe(0);
  });

  it('moves nobody back for any hash and any two weights', () => {
    const bps = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), bps, bps, (hash, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(canaryThreshold(low)).toBeLessThanOrEqual(canaryThreshold(high));
        expect([assign(hash, low), assign(hash, high)]).not.toEqual(['canary', 'stable']);
      }),
      { seed: 20_261_123, numRuns: 5_000 },
    );
  });
});

describe('another version', () => {
  it.each([
    ['the next version', 'payments', 'v3'],
    ['a version like it', 'payments', 'v2 '],
    ['another route', 'payment', 'v2'],
  ])('draws its people independently: %s', (_, route, version) => {
    const other = hashesOf(saltOf(route, version), numbered);
    for (const bps of [100, 1_000, 5_000]) {
      let both = 0;
      for (const [index, hash] of V2.entries()) {
        if (assign(hash, bps) === 'canary' && assign(other[index] ?? 0, bps) === 'canary') both++;
      }
      const product = (bps / 10_000) ** 2;
      expect(Math.abs(both - IDS * product)).toBeLessThan(3 * sigma(product));
    }
  });

  it('keeps its people over a retry of the same version', () => {
    expect(saltOf('payments', 'v2')).toBe(saltOf('payments', 'v2'));
  });
});
