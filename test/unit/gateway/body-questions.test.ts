import { describe, expect, it } from 'vitest';
import { askBody } from '../../../src/gateway/measure/reading/ask-body.ts';
import { bodyQuestionsOf } from '../../../src/gateway/measure/reading/body-questions.ts';
import type { AnswerReads, FailureRule } from '../../../src/split/answer-reads.ts';

const NOTHING: AnswerReads = { sample: 1, failures: [], values: {}, categories: {}, own: [], lastData: null };

describe('an error by content', () => {
  it.each<[string, FailureRule, unknown, string]>([
    ['a member', { json: '/error', is: 'present' }, { error: null }, 'failed'],
    ['no member', { json: '/error', is: 'present' }, { ok: true }, 'well'],
    ['a member of a prototype', { json: '/__proto__', is: 'present' }, { ok: true }, 'well'],
    ['a member called __proto__', { json: '/__proto__/a', is: { equals: 1 } }, '{"__proto__":{"a":1}}', 'failed'],
    ['an empty list', { json: '/errors', is: 'non-empty' }, { errors: [] }, 'well'],
    ['a list', { json: '/errors', is: 'non-empty' }, { errors: [0] }, 'failed'],
    ['a zero', { json: '/errors', is: 'non-empty' }, { errors: 0 }, 'well'],
    ['an element', { json: '/0/a~1b', is: { equals: 'x' } }, [{ 'a/b': 'x' }], 'failed'],
    ['beyond the elements', { json: '/-', is: 'present' }, [1], 'well'],
    ['the length of a list', { json: '/length', is: 'present' }, [1], 'well'],
    ['the same number in other digits', { json: '/code', is: { equals: 0 } }, '{"code": 0.0}', 'failed'],
    ['a text for a number', { json: '/code', is: { equals: 0 } }, { code: '0' }, 'well'],
    ['the whole document', { json: '', is: { equals: null } }, 'null', 'failed'],
    ['a text that is no JSON', { json: '/call', is: 'invalid-json' }, { call: '{"days":3' }, 'failed'],
    ['a text that is', { json: '/call', is: 'invalid-json' }, { call: '{"days":3}' }, 'well'],
    ['no text at all', { json: '/call', is: 'invalid-json' }, { call: {} }, 'well'],
    [
      'a text with a pattern',
      { json: '/said', is: { matches: "(?i)^i'm sorry" } },
      { said: "I'm sorry, but" },
      'failed',
    ],
    ['a text without it', { json: '/said', is: { matches: "(?i)^i'm sorry" } }, { said: "Oh, I'm sorry" }, 'well'],
    ['a number for a text with a pattern', { json: '/said', is: { matches: '1' } }, { said: 1 }, 'well'],
    ['GraphQL without data', { graphql: 'total' }, { errors: [{ message: 'no' }] }, 'failed'],
    ['GraphQL with null for data', { graphql: 'total' }, { data: null, errors: [{ message: 'no' }] }, 'failed'],
    ['GraphQL with data and errors', { graphql: 'total' }, { data: { a: null }, errors: [{}] }, 'partial'],
    ['the same as an error', { graphql: 'any' }, { data: { a: null }, errors: [{}] }, 'failed'],
    ['GraphQL without errors', { graphql: 'any' }, { data: {} }, 'well'],
    ['GraphQL in a batch', { graphql: 'total' }, [{ data: {} }, { errors: [{}] }], 'failed'],
    ['no GraphQL', { graphql: 'any' }, { status: 'fine' }, 'unread'],
    ['JSON-RPC', { jsonRpc: 'any' }, { jsonrpc: '2.0', id: 1, result: null }, 'well'],
    ['an error of JSON-RPC', { jsonRpc: 'any' }, { jsonrpc: '2.0', id: 1, error: { code: -32_601 } }, 'failed'],
    [
      'an error in a batch',
      { jsonRpc: 'any' },
      [
        { id: 1, result: 1 },
        { id: 2, error: {} },
      ],
      'failed',
    ],
    ['JSON-RPC 1.0', { jsonRpc: 'any' }, { id: 1, result: 1, error: null }, 'well'],
    ['no JSON-RPC', { jsonRpc: 'any' }, [], 'unread'],
  ])('%s: %j in %j is %s', (_, rule, body, outcome) => {
    const questions = bodyQuestionsOf({ ...NOTHING, failures: [rule] });
    if (questions === null) throw new Error('nothing is asked');
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    expect(askBody({ bytes, coding: 'identity' }, questions).content).toBe(outcome);
  });

  it('is the worst that any rule says', () => {
    const failures: readonly FailureRule[] = [{ graphql: 'total' }, { jsonRpc: 'any' }, { json: '/a', is: 'present' }];
    const questions = bodyQuestionsOf({ ...NOTHING, failures });
    const outcome = (text: string) =>
      questions && askBody({ bytes: Buffer.from(text), coding: 'identity' }, questions).content;
    expect(outcome('{"data":{},"errors":[1]}')).toBe('partial');
    expect(outcome('{"data":{},"errors":[1],"error":1}')).toBe('failed');
    // The rule on a member can be asked of any document.
    expect(outcome('7')).toBe('well');
  });

  it.each([
    ['no JSON', Buffer.from('{"a":1')],
    ['NaN', Buffer.from('{"a":NaN}')],
    ['nothing', Buffer.alloc(0)],
    ['no UTF-8', Buffer.from('7b2261223a22ff227d', 'hex')],
  ])('is not told of %s', (_, bytes) => {
    const questions = bodyQuestionsOf({
      ...NOTHING,
      failures: [{ json: '/a', is: 'present' }],
      values: { a: { json: '/a' } },
      categories: { b: { json: '/b' } },
    });
    expect(questions && askBody({ bytes, coding: 'identity' }, questions)).toEqual({
      content: 'unread',
      unreadAs: 'broken',
      values: { a: 'unusable' },
      words: { b: '' },
    });
  });

  it('is found behind a byte order mark', () => {
    const questions = bodyQuestionsOf({ ...NOTHING, failures: [{ json: '/a', is: 'present' }] });
    const bytes = Buffer.from('\ufeff{"a":1}');
    expect(questions && askBody({ bytes, coding: 'identity' }, questions).content).toBe('failed');
  });

  it('needs no body where only fields of the head tell', () => {
    expect(bodyQuestionsOf({ ...NOTHING, failures: [{ header: 'x-error', is: 'present' }] })).toBeNull();
  });
});
