import { expect, it } from 'vitest';
import { counted } from '../../../src/policy/counted.ts';

it.each([
  [0, 'route', undefined, '0 routes'],
  [1, 'route', undefined, '1 route'],
  [2, 'route', undefined, '2 routes'],
  [1, 'policy', 'policies', '1 policy'],
  [1_204, 'entry', 'entries', '1,204 entries'],
])('counts %d %s', (count, one, many, text) => {
  expect(counted(count, one, many)).toBe(text);
});
