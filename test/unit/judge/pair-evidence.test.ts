import { describe, expect, it } from 'vitest';
import { readEvidence } from '../../../src/judge/evidence.ts';
import { blockOf, inputOf } from '../../support/judge-blocks.ts';

const PLACE = 'GET /orders/{id} 2xx';
const FIELD = { differs: 4, noise: 2, both: 1, removed: 3, retyped: 1 };
const WHOLE = { compared: 10, unusable: 1, places: { [PLACE]: 9 }, fields: { [`${PLACE} /total`]: FIELD } };

const read = (pairs: unknown) => readEvidence(inputOf([Object.assign(blockOf(), { pairs })]));
const withField = (name: string, counts: unknown) => ({ ...WHOLE, fields: { [name]: counts } });
const many = (count: number, nameOf: (at: number) => string, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [nameOf(at), value]));

describe('answers that were compared', () => {
  it('are read where they are whole', () => {
    expect(read(WHOLE)).toMatchObject({ blind: null, blocks: [{ pairs: WHOLE }] });
    expect(read({ compared: 0, unusable: 3, places: {}, fields: {} }).blind).toBeNull();
  });

  it.each<[fault: string, pairs: unknown]>([
    ['pairs are 5, not counts of compared answers', 5],
    ['pairs.compared is -1, not a count', { ...WHOLE, compared: -1 }],
    ['pairs.unusable is undefined, not a count', { ...WHOLE, unusable: undefined }],
    ['pairs have no places or no fields', { ...WHOLE, places: undefined }],
    ['pairs have more than 200 places', { ...WHOLE, places: many(201, (at) => `GET /${at} 2xx`, 0) }],
    ['pairs.places has 0.5 for GET / 2xx, not a count', { ...WHOLE, places: { 'GET / 2xx': 0.5 } }],
    ['pairs have more requests at their places than were compared', { ...WHOLE, compared: 8 }],
    ['pairs have more than 2000 fields', { ...WHOLE, fields: many(2_001, (at) => `${PLACE} /${at}`, FIELD) }],
    ['pairs have the field GET / 2xx /a, which is at none of', withField('GET / 2xx /a', FIELD)],
    ['pairs have the field total, which is at none of', withField('total', FIELD)],
    ['which is at none of their places', withField(`${PLACE} /${'a'.repeat(20_000)}`, FIELD)],
    ['/total of pairs is null, not counts', withField(`${PLACE} /total`, null)],
    ['/total of pairs has 1.5 for noise, not a count', withField(`${PLACE} /total`, { ...FIELD, noise: 1.5 })],
    ['differs in more requests than were compared there', withField(`${PLACE} /total`, { ...FIELD, differs: 9 })],
    ['is both more often than it differs or is noise', withField(`${PLACE} /total`, { ...FIELD, both: 3 })],
    ['differs less often than it says how', withField(`${PLACE} /total`, { ...FIELD, added: 1 })],
  ])('are not used where %s', (fault, pairs) => {
    const { blocks, blind } = read(pairs);
    expect(blind).toContain(fault);
    expect(blocks).toEqual([]);
  });
});
