import { describe, expect, it } from 'vitest';
import { changeList, isEffective, listAfter } from '../../src/consumers/change-list.ts';
import type { Consumer } from '../../src/consumers/consumer.ts';
import { inMovingOrder, shareInWords, shareOf } from '../../src/consumers/group-share.ts';
import { seededRandom } from '../support/random.ts';

const member = (name: string): Consumer => ({
  name,
  keyHash: name,
  rule: 'stable',
  group: 'beta',
  wave: null,
  due: null,
  contact: null,
});

function shared(list: readonly Consumer[], shareBps: number): readonly Consumer[] {
  const who = { by: 'share', group: 'beta', shareBps } as const;
  return listAfter(list, changeList('shop', list, { kind: 'move', who, to: 'canary' }).filter(isEffective));
}

function moved(list: readonly Consumer[]): ReadonlySet<string> {
  return new Set(list.filter(({ rule }) => rule === 'canary').map(({ name }) => name));
}

function isWithin(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  return [...some].every((one) => all.has(one));
}

describe('the share of a group', () => {
  it('is whole consumers: rounded down, at least one above 0%', () => {
    const of = (size: number, ...shares: readonly number[]) => shares.map((share) => shareOf(size, share));
    expect(of(3, 0, 1, 3_000, 6_600, 6_700, 9_999, 10_000)).toEqual([0, 1, 1, 1, 2, 2, 3]);
    expect(of(10, 3_000, 3_500)).toEqual([3, 3]);
    expect(of(0, 5_000)).toEqual([0]);
    expect(shareInWords('beta', 3, 3_000)).toBe('1 of the 3 consumers of beta (30%, rounded down, at least one)');
    expect(shareInWords('beta', 10, 3_000)).toBe('3 of the 10 consumers of beta (30%)');
  });

  it('only adds when it rises, only takes back the last when it falls, and again changes nothing', () => {
    const random = seededRandom(16);
    for (let run = 0; run < 200; run += 1) {
      const size = 1 + Math.floor(random() * 40);
      let list: readonly Consumer[] = Array.from({ length: size }, (_, at) => member(`c${run}-${at}`));
      let last = 0;
      for (let turn = 0; turn < 12; turn += 1) {
        const share = Math.floor(random() * 10_001);
        const before = moved(list);
        list = shared(list, share);
        const after = moved(list);
        expect(after.size).toBe(shareOf(size, share));
        expect(share >= last ? isWithin(before, after) : isWithin(after, before)).toBe(true);
        expect(moved(shared(list, share))).toEqual(after);
        last = share;
      }
    }
  });

  it('gives the same consumers again after it was taken back, and moves nobody back because another joins', () => {
    const list = Array.from({ length: 12 }, (_, at) => member(`c${at}`));
    const half = shared(list, 5_000);
    expect(moved(shared(shared(half, 1_000), 5_000))).toEqual(moved(half));
    const more = [...half, ...Array.from({ length: 8 }, (_, at) => member(`new${at}`))];
    expect(isWithin(moved(half), moved(shared(more, 5_000)))).toBe(true);
  });

  it('chooses others for another group, and about alike whatever the names', () => {
    const list = Array.from({ length: 200 }, (_, at) => member(`consumer-${at}`));
    const first = inMovingOrder('shop', 'beta', list).slice(0, 100);
    const second = new Set(inMovingOrder('shop', 'gold', list).slice(0, 100));
    const both = first.filter((one) => second.has(one)).length;
    expect(both).toBeGreaterThan(30);
    expect(both).toBeLessThan(70);
  });
});
