import { expect, it } from 'vitest';
import { readPlace, writePlace } from '../../../../src/stats/answers/shape-place.ts';

it.each([
  ['GET /orders/{id} 2xx', { endpoint: 'GET /orders/{id}', group: null, status: '2xx' }],
  ['GET /orders/{id} for acme 2xx', { endpoint: 'GET /orders/{id}', group: 'acme', status: '2xx' }],
  ['GET /for for all for us 2xx', { endpoint: 'GET /for', group: 'all for us', status: '2xx' }],
])('%s is read as it was written', (text, place) => {
  expect(readPlace(text)).toEqual(place);
  expect(writePlace(place)).toBe(text);
});

it('is read of anything', () => {
  expect(readPlace('pay')).toEqual({ endpoint: '', group: null, status: 'pay' });
  expect(readPlace('')).toEqual({ endpoint: '', group: null, status: '' });
});
