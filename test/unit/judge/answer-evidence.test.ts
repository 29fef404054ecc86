import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvidence } from '../../../src/judge/evidence.ts';
import { type LookInput, look, openJudgement } from '../../../src/judge/judge.ts';
import type { Block } from '../../../src/stats/block.ts';
import { blockOf, inputOf, tallyOf } from '../../support/judge-blocks.ts';
import { briskPolicy } from '../../support/judge-policy.ts';

const VALUE = { asked: 3, missing: 1, unusable: 0, counts: { 768: 2 } };
const CONTENT = { sampled: 10, unread: 1, failed: 2, partial: 3 };

const carrying = (parts: object) => ({ ...blockOf(), canary: { ...tallyOf(100), ...parts } });
const queriesOf = (parts: object) => ({ values: { queries: { ...VALUE, ...parts } } });
const many = (count: number, part: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, part]));
const blindBy = (block: unknown) => readEvidence(inputOf([block as Block])).blind;

describe('what answers carry', () => {
  it('is read where it is whole', () => {
    const carried = {
      content: { ...CONTENT, unreadAs: { 'text/html': 1 } },
      streams: { ended: 5, unfinished: 1 },
      values: { queries: VALUE },
      categories: { finish: { stop: 90, '': 2 } },
    };
    const { blocks, blind } = readEvidence(inputOf([carrying(carried)]));
    expect(blind).toBeNull();
    expect(blocks[0]?.canary).toMatchObject(carried);
  });

  it('may have more gaps than answers, and more of nothing else', () => {
    const gaps = { asked: 1, missing: 0, unusable: 0, counts: { 900: 40 } };
    expect(blindBy(carrying({ values: { gap: gaps } }))).toBeNull();
    expect(blindBy(carrying({ values: { end: gaps } }))).toContain('canary.values.end has more values than answers');
  });

  it.each<[fault: string, parts: object]>([
    ['content is 5, not counts of answers that were read', { content: 5 }],
    ['content.failed is 0.5, not a count', { content: { ...CONTENT, failed: 0.5 } }],
    ['content has more outcomes than answers', { content: { ...CONTENT, sampled: 5 } }],
    ['content.unreadAs is 1, not counts of words', { content: { ...CONTENT, unreadAs: 1 } }],
    ['streams is 5, not counts of streams', { streams: 5 }],
    ['streams.ended is undefined, not a count', { streams: { unfinished: 1 } }],
    ['streams has more unfinished streams than streams', { streams: { ended: 1, unfinished: 2 } }],
    ['values is 7, not counts by name', { values: 7 }],
    ['values has the name A b, which no check can have', { values: { 'A b': VALUE } }],
    ['values has more than 100 names', { values: many(101, VALUE) }],
    ['values.queries is null, not counts of a value', { values: { queries: null } }],
    ['values.queries.asked is -1, not a count', queriesOf({ asked: -1 })],
    [
      'values.queries has more answers without a value than answers',
      queriesOf({ missing: 2, unusable: 2, counts: {} }),
    ],
    ['values.queries has more values than answers', queriesOf({ counts: { 768: 4 } })],
    ['values.queries.counts is 3, not a histogram', queriesOf({ counts: 3 })],
    ['values.queries.counts has the bucket -1, which is none from 0 to 2093', queriesOf({ counts: { '-1': 1 } })],
    ['values.queries.counts has the bucket 2094, which is none from 0 to 2093', queriesOf({ counts: { 2094: 1 } })],
    ['values.queries.counts[768] is 0.5, not a count', queriesOf({ counts: { 768: 0.5 } })],
    ['categories.finish is a, not counts of words', { categories: { finish: 'a' } }],
    ['categories.finish has more than 21 words', { categories: { finish: many(22, 1) } }],
    ['categories.finish has a word of more than 100 characters', { categories: { finish: { ['x'.repeat(101)]: 1 } } }],
    ['categories.finish[stop] is NaN, not a count', { categories: { finish: { stop: Number.NaN } } }],
  ])('is unusable: %s', (fault, parts) => {
    expect(blindBy(carrying(parts))).toBe(`a block of measurements is unusable: canary.${fault}`);
  });

  it('never makes the judge throw, whatever it is', () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    const value = fc.oneof(json, fc.record({ asked: json, missing: json, unusable: json, counts: json }));
    const parts = fc.record(
      {
        streams: fc.oneof(json, fc.record({ ended: json, unfinished: json })),
        content: fc.oneof(json, fc.record({ sampled: json, unread: json, failed: json, partial: json })),
        values: fc.oneof(json, fc.record({ queries: value, end: value })),
        categories: fc.oneof(json, fc.record({ finish: json })),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(parts, (carried) => {
        const blocks = [carrying(carried)] as unknown as LookInput['blocks'];
        const policy = briskPolicy();
        const { verdict, state } = look(policy, openJudgement(policy), { ...inputOf([]), blocks });
        expect(['blind', 'undecided']).toContain(verdict.name);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
      { seed: 20_261_130, numRuns: 500 },
    );
  });
});
