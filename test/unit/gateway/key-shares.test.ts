import { describe, expect, it } from 'vitest';
import { KeyShares, type KeyUse } from '../../../src/gateway/measure/key-shares.ts';
import { seededRandom } from '../../support/random.ts';

const use = (name: string): KeyUse => ({ keyKind: 'client-address', keyName: name });
const KEYLESS: KeyUse = { keyKind: null, keyName: null };

describe('the shares of sticky keys', () => {
  it('are those of one address that sends everything', () => {
    const shares = new KeyShares();
    expect(shares.read()).toBeNull();
    for (let request = 0; request < 200; request += 1) shares.add(7, use('10.0.0.1'), request);
    expect(shares.read()).toEqual({
      requests: 200,
      squares: 1,
      heaviest: { kind: 'client-address', name: '10.0.0.1', requests: 200 },
    });
  });

  it('are never less than they are, and find a heavy key among thousands', () => {
    const shares = new KeyShares();
    const random = seededRandom(20_263_201);
    const counts = new Map<number, number>();
    const requests = 20_000;
    for (let request = 0; request < requests; request += 1) {
      const key = random() < 0.55 ? -1 : Math.floor(random() * 3_000);
      counts.set(key, (counts.get(key) ?? 0) + 1);
      shares.add(key, use(String(key)), 0);
    }
    const squares = [...counts.values()].reduce((sum, count) => sum + (count / requests) ** 2, 0);
    const read = shares.read();
    expect(read?.squares).toBeGreaterThanOrEqual(squares);
    expect(read?.squares).toBeLessThan(squares + 0.05);
    expect(read?.heaviest).toMatchObject({ name: '-1' });
    expect(read?.heaviest?.requests).toBeGreaterThan(requests / 2);
    expect(read?.heaviest?.requests).toBeLessThanOrEqual(counts.get(-1) ?? 0);
  });

  it('are of 30 s, and requests without a key are of none', () => {
    const shares = new KeyShares();
    for (let request = 0; request < 50; request += 1) shares.add(1, use('a'), 0);
    for (let request = 0; request < 50; request += 1) shares.add(request, KEYLESS, 29_999);
    expect(shares.read()).toMatchObject({ requests: 100, squares: 0.25 });
    shares.add(2, KEYLESS, 30_001);
    expect(shares.read()).toEqual({ requests: 1, squares: 0, heaviest: null });
  });
});

describe('the counters of sticky keys', () => {
  /** Misra and Gries as they wrote it, over a Map. */
  function counted(keys: readonly number[]): { readonly counts: ReadonlyMap<number, number>; readonly missed: number } {
    const counts = new Map<number, number>();
    let missed = 0;
    for (const key of keys) {
      if (counts.has(key) || counts.size < 64) counts.set(key, (counts.get(key) ?? 0) + 1);
      else {
        missed += 1;
        for (const [other, count] of counts) {
          if (count === 1) counts.delete(other);
          else counts.set(other, count - 1);
        }
      }
    }
    return { counts, missed };
  }

  it.each([3, 64, 65, 300, 3_000])('are those of Misra and Gries among %d keys', (different) => {
    const random = seededRandom(20_263_202 + different);
    // Squared, so that some keys are heavy; as far apart as hashes are.
    const keys = Array.from(
      { length: 5_000 },
      () => Math.imul(Math.floor(different * random() ** 2), 2_654_435_761) >>> 0,
    );
    const shares = new KeyShares();
    for (const [at, key] of keys.entries()) {
      shares.add(key, use(String(key)), 0);
      if (at % 97 !== 0) continue;
      const { counts, missed } = counted(keys.slice(0, at + 1));
      const [heaviest, most] = [...counts].reduce((one, other) => (other[1] > one[1] ? other : one), [0, 0]);
      const sum = [...counts.values()].reduce((all, count) => all + count, 0);
      const requests = at + 1;
      const squares =
        [...counts.values()].reduce((all, count) => all + ((count + missed) / requests) ** 2, 0) +
        (missed / requests) * (1 - sum / requests);
      const read = shares.read();
      expect(read?.requests).toBe(requests);
      expect(read?.squares).toBeCloseTo(Math.min(1, squares), 12);
      expect(read?.heaviest).toEqual(
        most === 0 ? null : { kind: 'client-address', name: String(heaviest), requests: most },
      );
    }
  });
});
