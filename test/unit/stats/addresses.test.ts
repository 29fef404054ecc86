import { describe, expect, it } from 'vitest';
import { histogramOf } from '../../../src/stats/latency/log-histogram.ts';
import { tailsOf } from '../../../src/stats/latency/tails.ts';
import {
  type AddressCounts,
  type AddressSpread,
  addressAllowance,
  onlyCanaryAddress,
  stepAddresses,
} from '../../../src/stats/slices/addresses.ts';
import { seededRandom } from '../../support/random.ts';
import { simulateTally } from '../../support/simulated-traffic.ts';
import { exactBlocks } from '../../support/slice-traffic.ts';

const WELL = { errors: 0, clientErrors: 0, medianMs: 40, sigma: 0.6 };
const past = tailsOf(histogramOf(simulateTally(seededRandom(1), 50_000, WELL).latency));

/** Addresses with these medians, in parts of the stable's, and this many answers each. */
function addresses(track: AddressCounts['track'], medians: readonly number[], answers = 5_000): AddressSpread {
  const p50 = 40;
  return medians.map((median, index) => {
    const { latency } = simulateTally(seededRandom(10 * index + answers), answers, { ...WELL, medianMs: p50 * median });
    const above = Object.entries(latency).reduce(
      (sum, [bucket, count]) => (1.02 ** Number(bucket) > p50 ? sum + count : sum),
      0,
    );
    return { track, name: `10.0.${track === 'stable' ? 0 : 1}.${index}`, answers, above };
  });
}

const alike = (count: number) => Array.from({ length: count }, () => 1);

describe('the allowance for addresses', () => {
  it('is nothing where nothing is known, and where the stable has too few addresses to measure by', () => {
    expect(addressAllowance([], past)).toBe(0);
    expect(addressAllowance(addresses('stable', alike(10)), past)).toBe(0);
    const two = [...addresses('stable', [0.8, 1.2]), ...addresses('canary', [1])];
    expect([addressAllowance(two, past), onlyCanaryAddress(two)]).toEqual([0, null]);
  });

  it('is one bucket for a single address beside many that are alike, and none for several', () => {
    const one = [...addresses('stable', alike(10)), ...addresses('canary', [1.05])];
    expect([addressAllowance(one, past), onlyCanaryAddress(one)]).toEqual([1, '10.0.1.0']);
    const three = [...addresses('stable', alike(10)), ...addresses('canary', alike(3))];
    expect([addressAllowance(three, past), onlyCanaryAddress(three)]).toEqual([0, null]);
  });

  it('is what the spread of the stable would explain, less with more addresses', () => {
    const uneven = [0.9, 0.93, 0.95, 0.98, 1, 1, 1.02, 1.05, 1.08, 1.1];
    const of = (count: number) =>
      addressAllowance([...addresses('stable', uneven), ...addresses('canary', alike(count))], past);
    // Their standard deviation is 6.5 %: 2.33 of them and a tenth more are 16 %, or eight buckets.
    expect(of(1)).toBeGreaterThanOrEqual(7);
    expect(of(1)).toBeLessThanOrEqual(9);
    expect(of(4)).toBeLessThan(of(1));
    expect(of(4)).toBeGreaterThanOrEqual(4);
  });

  it('takes what chance explains for no spread', () => {
    const few = [...addresses('stable', alike(10), 60), ...addresses('canary', alike(2))];
    expect(addressAllowance(few, past)).toBe(0);
  });

  it('is nothing where both versions are behind the same address', () => {
    const [shared] = addresses('canary', [1]);
    const behind = [...addresses('stable', alike(4)), ...addresses('canary', [1])];
    expect(addressAllowance([...behind, { ...shared, track: 'stable' } as AddressCounts], past)).toBe(0);
  });

  it('counts the answers of addresses, and forgets those that are gone', () => {
    const row = (dimension: 'endpoint' | 'upstream', name: string, canary: number, stable: number) => ({
      dimension,
      name,
      canary: [canary, 0] as const,
      stable: [stable, 0] as const,
      answers: { canary: [canary / 2, canary / 2, 0, 0], stable: [stable / 2, stable / 2, 0, 0] },
    });
    const [table] = exactBlocks(
      [row('endpoint', 'GET /a', 10, 90), row('upstream', '10.0.0.1', 0, 90), row('upstream', '10.0.1.1', 10, 0)],
      1,
    );
    if (table === undefined) throw new Error('there is no block');
    const counted = { ...table, slowMs: [20, 60, 120] as const };
    const once = stepAddresses([], counted, 5_000);
    expect(once).toEqual([
      { track: 'stable', name: '10.0.0.1', answers: 90, above: 45 },
      { track: 'canary', name: '10.0.1.1', answers: 10, above: 5 },
    ]);
    const empty = { ...counted, canary: new Uint32Array(24), stable: new Uint32Array(24) };
    expect(stepAddresses(once, empty, 9 * 3_600_000)).toEqual([]);
    expect(stepAddresses([], { ...counted, slowMs: null }, 5_000)).toEqual([]);
  });
});
