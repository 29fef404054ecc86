import { describe, expect, it } from 'vitest';
import {
  ANSWER_KINDS,
  addStatuses,
  answerClass,
  countExcusing,
  countLike,
  countOfKind,
  countWell,
  type KindCounts,
  type KindOfAnswer,
  kindOfStatus,
  statusesOf,
} from '../../../src/stats/answer-kind.ts';

/** 100 requests: 10 errors, 5 4xx, 50 with content, 9 without, 12 redirects, 11 times 304, 2 of 101 and one 599 that is no error. */
const ANSWERS: KindCounts = {
  requests: 100,
  errors: 10,
  clientErrors: 5,
  empty: 9,
  statuses: { 200: 4, 204: 5, 301: 2, 302: 10, 304: 11, 101: 2, 599: 1 },
};
const COUNTS: Readonly<Record<KindOfAnswer, number>> = {
  withContent: 50,
  empty: 9,
  redirects: 12,
  unmodified: 11,
  otherAnswers: 3,
};

describe('the kinds of answers', () => {
  it('divide what is neither an error nor a 4xx', () => {
    expect(Object.fromEntries(ANSWER_KINDS.map((kind) => [kind, countOfKind(ANSWERS, kind)]))).toEqual(COUNTS);
    const all = Object.values(COUNTS).reduce((sum, count) => sum + count, 0);
    expect(all).toBe(ANSWERS.requests - ANSWERS.errors - ANSWERS.clientErrors);
  });

  it('are content where no status is known', () => {
    const bare = { requests: 9, errors: 1, clientErrors: 2 };
    expect(ANSWER_KINDS.map((kind) => countOfKind(bare, kind))).toEqual([6, 0, 0, 0, 0]);
    expect(ANSWER_KINDS.flatMap((kind) => statusesOf(bare, kind))).toEqual([]);
  });

  it.each<[number, KindOfAnswer]>([
    [101, 'otherAnswers'],
    [204, 'empty'],
    [299, 'empty'],
    [300, 'redirects'],
    [303, 'redirects'],
    [304, 'unmodified'],
    [305, 'redirects'],
    [399, 'redirects'],
    [599, 'otherAnswers'],
    [999, 'otherAnswers'],
  ])('%d is one of %s', (status, kind) => {
    expect(kindOfStatus(status)).toBe(kind);
  });

  it('excuse what another version may have mended, and content that clients held already', () => {
    expect(ANSWER_KINDS.map((kind) => countExcusing(ANSWERS, kind))).toEqual([76, 24, 27, 26, 18]);
    expect(countExcusing({ requests: 3, errors: 3, clientErrors: 0 }, 'empty')).toBe(3);
  });

  it('name their statuses, the most frequent first', () => {
    expect(ANSWER_KINDS.map((kind) => statusesOf(ANSWERS, kind))).toEqual([
      [],
      [204, 200],
      [302, 301],
      [304],
      [101, 599],
    ]);
  });

  it('add up', () => {
    expect(addStatuses({ 302: 1 }, { 302: 2, 204: 1 })).toEqual({ 302: 3, 204: 1 });
    expect(addStatuses(undefined, {})).toBeUndefined();
  });
});

describe('the classes of answers', () => {
  it.each<[number, boolean, number]>([
    [0, false, 0],
    [200, false, 2],
    [200, true, 6],
    [204, true, 6],
    [302, false, 3],
    [304, false, 7],
    [404, false, 4],
    [503, false, 5],
  ])('%d, empty %s: %d', (status, isEmpty, of) => {
    expect(answerClass(status, isEmpty)).toBe(of);
  });

  it('make content usual where 304 is, and not the other way round', () => {
    const past = [0, 0, 5, 1, 2, 3, 4, 20];
    expect([countLike(past, 2), countLike(past, 7), countLike(past, 3)]).toEqual([25, 20, 1]);
    expect([countWell(past), countWell([0, 0, 5, 1, 2, 3])]).toEqual([30, 6]);
  });
});
