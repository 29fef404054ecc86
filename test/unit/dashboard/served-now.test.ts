import { describe, expect, it } from 'vitest';
import { servedNow } from '../../../src/dashboard/words/served-now.ts';

describe('a route on which nothing is rolled out', () => {
  it('serves its stable to everybody, unless another router decides that', () => {
    const route = { name: 'shop', stable: { url: 'http://shop.test/', version: 'v1' } };
    expect(servedNow({ ...route, router: 'gateway' })).toBe('shop serves v1 to everybody');
    expect(servedNow({ ...route, router: 'none' })).toBe('v1 is the stable of shop');
  });
});
