import { describe, expect, it } from 'vitest';
import { addAnswerCounts, MOST_WORDS } from '../../../../src/stats/answers/answer-counts.ts';

describe('what answers carry, added up', () => {
  it('takes words and names for nothing but text', () => {
    const words: Record<string, number> = JSON.parse('{"constructor":2,"__proto__":3,"stop":1}');
    const one = { categories: { toString: words } };
    const { categories } = addAnswerCounts(one, one);
    expect(Object.entries(categories?.['toString'] ?? {})).toEqual([
      ['constructor', 4],
      ['__proto__', 6],
      ['stop', 2],
    ]);
  });

  it('counts words beyond the twentieth as other', () => {
    const words = (from: number) =>
      Object.fromEntries(Array.from({ length: MOST_WORDS }, (_, at) => [`w${from + at}`, 1]));
    const { categories } = addAnswerCounts({ categories: { kind: words(0) } }, { categories: { kind: words(15) } });
    const sum = categories?.['kind'] ?? {};
    expect([Object.keys(sum).length, sum['w15'], sum['other']]).toEqual([MOST_WORDS + 1, 2, 15]);
  });
});
