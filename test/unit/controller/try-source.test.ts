import { describe, expect, it } from 'vitest';
import { trySource } from '../../../src/controller/try-source.ts';
import type { CheckRequest, MetricsSource, SourceAnswer } from '../../../src/metrics/source.ts';

const REQUEST: CheckRequest = { route: 'payments', versions: { stable: 'v1', canary: 'v2' }, queries: {} };
const { signal } = new AbortController();

function answerOf(more: Partial<SourceAnswer>): SourceAnswer {
  return {
    check: 'cpu',
    what: 'cpu',
    source: 'prometheus',
    track: 'stable',
    version: 'v1',
    outcome: 'value',
    value: 1,
    says: '1',
    ...more,
  };
}

const collect = () => Promise.resolve({ kind: 'unusable', reason: 'not asked' } as const);
const answering = (...answers: readonly SourceAnswer[]): MetricsSource => ({
  name: 'answering',
  collect,
  check: () => Promise.resolve(answers),
});

describe('what a source answers before a rollout', () => {
  it.each<[string, Partial<SourceAnswer>, string | null]>([
    ['a value', {}, null],
    ['no number yet', { outcome: 'unusable', value: null }, null],
    ['nothing of a canary that has not begun', { outcome: 'nothing', track: 'canary', value: null }, null],
    [
      'nothing of the stable',
      { outcome: 'nothing', says: 'it selects nothing' },
      'cpu of the stable v1: it selects nothing',
    ],
    ['a query that does not parse', { outcome: 'refused', track: 'canary', says: 'parse error' }, 'cpu: parse error'],
    ['no such source', { outcome: 'undeclared', says: 'there is none' }, 'cpu: there is none'],
    [
      'no answer',
      { outcome: 'unreachable', says: 'it answered 503' },
      'the source prometheus cannot be reached: it answered 503',
    ],
  ])('%s', async (_, answer, reason) => {
    expect(await trySource(answering(answerOf({}), answerOf(answer)), REQUEST, signal)).toBe(reason);
  });

  it('may be nothing at all, where there is nothing to ask', async () => {
    expect(await trySource({ name: 'gateway', collect }, REQUEST, signal)).toBeNull();
  });
});
