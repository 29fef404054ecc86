import { expect, it } from 'vitest';
import { declaredAndSeen } from '../../../../src/parity/declared/declared-and-seen.ts';
import { declaredDifferences } from '../../../../src/parity/declared/declared-difference.ts';
import { declaredShapes } from '../../../../src/parity/declared/declared-shape.ts';

const document = (schema: object, path = '/orders/{id}') =>
  declaredShapes({
    paths: { [path]: { get: { responses: { 200: { content: { 'application/json': { schema } } } } } } },
  });
const object = (properties: object, required: readonly string[] = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
});
const differences = (stable: object, canary: object) =>
  declaredDifferences(document(stable), document(canary)).map(({ kind, path, to }) => [kind, path, to]);

const STRING = { type: 'string' };
const INTEGER = { type: 'integer' };

it.each([
  ['removed', object({ a: STRING, b: INTEGER }), object({ a: STRING }), ['removed', '/b', null]],
  ['renamed', object({ a: STRING, b: INTEGER }), object({ a: STRING, c: INTEGER }), ['renamed', '/b', '/c']],
  ['retyped', object({ a: INTEGER }), object({ a: STRING }), ['retyped', '/a', 'string']],
  ['of a wider type', object({ a: INTEGER }), object({ a: { type: 'number' } }), ['retyped', '/a', 'number']],
  ['nullable in 3.0', object({ a: STRING }), object({ a: { ...STRING, nullable: true } }), ['nullable', '/a', 'null']],
  ['nullable in 3.1', object({ a: STRING }), object({ a: { type: ['string', 'null'] } }), ['nullable', '/a', 'null']],
  [
    'nullable by forms',
    object({ a: STRING }),
    object({ a: { anyOf: [STRING, { type: 'null' }] } }),
    ['nullable', '/a', 'null'],
  ],
  ['optional', object({ a: STRING }), object({ a: STRING }, []), ['optional', '/a', null]],
  ['of more values', object({ a: { enum: ['X'] } }), object({ a: { enum: ['X', 'Y'] } }), ['new-value', '/a', 'Y']],
  [
    'of another format',
    object({ a: { ...STRING, format: 'date' } }),
    object({ a: { ...STRING, format: 'date-time' } }),
    ['reformatted', '/a', 'date-time'],
  ],
  ['added', object({ a: STRING }), object({ a: STRING, b: STRING }), ['added', '/b', null]],
  [
    'removed from items',
    { type: 'array', items: object({ a: STRING }) },
    { type: 'array', items: object({}) },
    ['removed', '/*/a', null],
  ],
  [
    'removed from a part of all',
    { allOf: [object({ a: STRING }), object({ b: STRING })] },
    object({ a: STRING }),
    ['removed', '/b', null],
  ],
])('a field is %s', (_, stable, canary, difference) => {
  expect(differences(stable, canary)).toEqual([difference]);
});

it.each([
  ['the same', object({ a: STRING }), object({ a: STRING })],
  ['never null any more', object({ a: { type: ['string', 'null'] } }), object({ a: STRING })],
  ['an integer, which is a number', object({ a: { type: 'number' } }), object({ a: INTEGER })],
  ['sent in requests only', object({ a: { ...STRING, writeOnly: true } }), object({})],
])('nothing breaks where a field is %s', (_, stable, canary) => {
  expect(differences(stable, canary)).toEqual([]);
});

it('an object goes with all that is in it, and an answer with all of its fields', () => {
  expect(differences(object({ a: object({ b: STRING }), c: STRING }), object({ c: STRING }))).toEqual([
    ['removed', '/a', null],
  ]);
  const found = declaredDifferences(document(object({ a: STRING }), '/old'), document(object({ a: STRING }), '/new'));
  expect(found.map(({ says }) => says)).toEqual(['GET /old 2xx is not declared any more', 'GET /new 2xx is new']);
});

it('a schema that leads back into itself is read once, and one of endless combinations is refused', () => {
  const node: Record<string, unknown> = { type: 'object', properties: {} };
  node['properties'] = { next: node, name: STRING };
  expect([...(document(node).get('GET /orders/{id} 2xx')?.keys() ?? [])]).toEqual(['', '/next', '/name']);
  let deep: object = STRING;
  for (let level = 0; level < 11; level++)
    deep = {
      oneOf: Array(8)
        .fill(0)
        .map(() => ({ ...deep })),
    };
  expect(() => document(deep)).toThrow(RangeError);
});

it('what was seen is held against what was declared, by template and below any prefix', () => {
  const declared = declaredDifferences(
    document(object({ amount: INTEGER, state: { enum: ['X'] }, note: STRING })),
    document(object({ total: INTEGER, state: { enum: ['X', 'Y'] }, note: STRING })),
  );
  const seen = (kind: 'renamed' | 'nullable', path: string, to: string) =>
    ({ kind, effect: 'breaking', place: 'GET /shop/orders/{n} 2xx', path, to, says: path }) as const;
  const told = declaredAndSeen(declared, [seen('renamed', '/amount', '/total'), seen('nullable', '/note', 'null')]);
  expect(told.map(({ kind, path, told: how }) => [kind, path, how])).toEqual([
    ['renamed', '/amount', 'declared-and-seen'],
    ['nullable', '/note', 'seen-and-not-declared'],
    ['new-value', '/state', 'declared-and-not-seen'],
  ]);
  const only = { ...seen('nullable', '/state', 'null'), kind: 'other-value', effect: 'compatible', to: 'Y' } as const;
  expect(declaredAndSeen(declared, [only])[0]).toMatchObject({ kind: 'other-value', told: 'declared-and-seen' });
});

it('thousands of fields of other names, and a list of values beyond what a call takes, are compared at once', () => {
  const fields = (of: string) =>
    object(Object.fromEntries(Array.from({ length: 4_000 }, (_, at) => [of + at, STRING])));
  expect(differences(fields('a'), fields('b'))).toHaveLength(8_000);
  const fieldOf = (values: readonly string[]) =>
    new Map([['GET / 2xx', new Map([['/a', { types: [], optional: false, format: null, values }]])]]);
  const many = Array.from({ length: 130_000 }, (_, at) => `${at}`);
  expect(declaredDifferences(fieldOf([]), fieldOf(many))).toHaveLength(130_000);
  expect(() => document(object({ a: { enum: many } }))).toThrow(/^its fields list more than 100000 values$/);
});
