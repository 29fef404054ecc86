import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/config.ts';
import { gatewayRoute } from '../../../src/config/routes.ts';

const routeWith = (mirror: unknown) => ({
  routes: [{ name: 'shop', stable: 'http://127.0.0.1:9001', policy: 'standard', mirror }],
});
const ruleOf = (mirror: unknown) => {
  const [route] = configSchema.parse(routeWith(mirror)).routes;
  return route && gatewayRoute(route).mirror;
};

const FIVE = {
  share: 0.05,
  methods: ['GET', 'HEAD'],
  perSecond: 20,
  concurrency: 10,
  timeoutMs: 10_000,
  compare: true,
};

describe('mirror of a route', () => {
  it('is a share, with a default for everything else', () => {
    expect(ruleOf('5%')).toEqual(FIVE);
    expect(ruleOf({ share: '5%' })).toEqual(FIVE);
    expect(ruleOf(undefined)).toBeUndefined();
    expect(
      ruleOf({ share: '0.1%', methods: ['POST'], perSecond: 1, concurrency: 2, timeout: '2s', compare: false }),
    ).toEqual({ share: 0.001, methods: ['POST'], perSecond: 1, concurrency: 2, timeoutMs: 2_000, compare: false });
  });

  it.each([
    ['nothing', '0%'],
    ['more than everything', '101%'],
    ['no method', { share: '5%', methods: [] }],
    ['a method that cannot be repeated', { share: '5%', methods: ['CONNECT'] }],
    ['no time', { share: '5%', timeout: '0s' }],
    ['more time than a minute', { share: '5%', timeout: '2m' }],
    ['no place', { share: '5%', concurrency: 0 }],
    ['an unknown key', { share: '5%', header: 'x-shadow' }],
  ])('is not %s', (_, mirror) => {
    expect(configSchema.safeParse(routeWith(mirror)).success).toBe(false);
  });
});
