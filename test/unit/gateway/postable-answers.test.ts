import { describe, expect, it } from 'vitest';
import {
  MOST_POSTABLE,
  POSTABLE_FOR_MS,
  PostableAnswers,
} from '../../../src/gateway/measure/reading/postable-answers.ts';
import type { Findings } from '../../../src/gateway/measure/reading/reader.ts';

function opened() {
  const told: (readonly [string, number | string])[] = [];
  let isOver = false;
  let now = 0;
  const findings: Findings = {
    value: (name, value) => {
      if (!isOver) told.push([name, value]);
      return !isOver;
    },
    word: () => {},
    content: () => {},
    streamEnd: () => {},
  };
  const answers = new PostableAnswers(() => now);
  answers.follow(new Set(['score', 'tone']));
  return {
    answers,
    told,
    note: (id: string) => answers.note(id, findings),
    post: (requestId: string, value: unknown = 0.5, name = 'score') => answers.post([{ requestId, name, value }])[0],
    pass: (ms: number) => {
      now += ms;
    },
    endSplit: () => {
      isOver = true;
    },
  };
}

describe('a posted value', () => {
  it('is counted once for an answer and a name', () => {
    const { note, post, told } = opened();
    note('r-1');
    expect([post('r-1', 0.5), post('r-1', 0.7), post('r-1', 0.25, 'tone')]).toEqual(['counted', 'twice', 'counted']);
    expect(told).toEqual([
      ['score', 0.5],
      ['tone', 0.25],
    ]);
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [-0.1], ['0.5'], [null], [undefined], [{}], [true]])(
    'of %s is unusable, and leaves the answer its value',
    (value) => {
      const { note, answers, post } = opened();
      note('r-1');
      expect(answers.post([{ requestId: 'r-1', name: 'score', value }])).toEqual(['unusable']);
      expect(post('r-1', 0)).toBe('counted');
    },
  );

  it('is late where the split of its request is over, whenever it is posted again', () => {
    const { note, post, told, endSplit } = opened();
    note('r-1');
    endSplit();
    expect([post('r-1'), post('r-1')]).toEqual(['late', 'late']);
    expect(told).toEqual([]);
  });

  it('has a request that is known, and a name that is waited for', () => {
    const { note, post } = opened();
    note('r-1');
    expect([post('r-2'), post('__proto__'), post('r-1', 1, 'size'), post('r-1', 1, 'constructor')]).toEqual([
      'unknown-request',
      'unknown-request',
      'unknown-value',
      'unknown-value',
    ]);
  });

  it('counts for none of several answers with one id', () => {
    const { note, post, told } = opened();
    note('same');
    note('same');
    expect([post('same'), told]).toEqual(['ambiguous-request', []]);
  });
});

describe('the answers that are remembered', () => {
  it('are so many at most, the newest', () => {
    const { note, post } = opened();
    for (let at = 0; at <= MOST_POSTABLE; at++) note(`r-${at}`);
    expect([post('r-0'), post('r-2'), post(`r-${MOST_POSTABLE}`)]).toEqual(['unknown-request', 'counted', 'counted']);
  });

  it('are so old at most', () => {
    const { note, post, pass } = opened();
    note('r-1');
    pass(POSTABLE_FOR_MS - 1);
    note('r-2');
    expect(post('r-1')).toBe('counted');
    pass(1);
    expect([post('r-1'), post('r-2')]).toEqual(['unknown-request', 'counted']);
  });

  it('are none where nothing is waited for', () => {
    const { note, post, answers } = opened();
    note('r-1');
    answers.follow(new Set());
    note('r-2');
    answers.follow(new Set(['score']));
    expect([post('r-1'), post('r-2')]).toEqual(['unknown-request', 'unknown-request']);
  });
});
