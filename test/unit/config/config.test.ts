import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/config.ts';
import { gatewayRoute } from '../../../src/config/routes.ts';
import { routeFactsOf, stickinessOf } from '../../../src/config/stickiness.ts';
import { DEFAULT_LIMITS } from '../../../src/gateway/http/limits.ts';

const route = (stable: string) => ({ name: 'shop', stable, policy: 'standard' });
const withLimits = (limits: object) => ({ gateway: { limits }, routes: [route('http://127.0.0.1:9001')] });

describe('gateway.limits', () => {
  it('have defaults, each of which can be declared alone', () => {
    expect(configSchema.parse(withLimits({})).gateway.limits).toEqual(DEFAULT_LIMITS);
    const declared = configSchema.parse(withLimits({ connections: 7, bodyBytes: 1_000 }));
    expect(declared.gateway.limits).toEqual({ ...DEFAULT_LIMITS, connections: 7, bodyBytes: 1_000 });
  });

  it.each([
    ['an unknown key', { conections: 7 }],
    ['no connection at all', { connections: 0 }],
    ['a fraction', { pipelined: 1.5 }],
    ['a target that fits in no head', { urlBytes: 16_384 }],
    ['a number in words', { headerCount: 'many' }],
  ])('refuse %s', (_name, limits) => {
    expect(configSchema.safeParse(withLimits(limits)).success).toBe(false);
  });
});

describe('docs/failures.md: SSRF through upstream URLs', () => {
  it.each([
    'http://169.254.169.254/latest',
    'http://2852039166',
    'http://0xa9.254.43518',
    'http://[::ffff:169.254.169.254]',
    'http://[fe80::1]',
    'http://[fd00:ec2::254]',
    'http://user:secret@10.0.0.1',
    'ftp://10.0.0.1',
    'file:///etc/passwd',
  ])('%s is no stable', (url) => {
    expect(configSchema.safeParse({ routes: [route(url)] }).success).toBe(false);
  });

  it.each(['http://10.0.0.1', 'http://[::ffff:127.0.0.1]:9001', 'https://api.internal/payments/v2'])(
    '%s is one',
    (url) => {
      expect(configSchema.safeParse({ routes: [route(url)] }).success).toBe(true);
    },
  );
});

describe('templates of paths', () => {
  const withTemplates = (templates: unknown) => ({ routes: [{ ...route('http://127.0.0.1:9001'), templates }] });

  it('are none unless a route declares them, and slices are on', () => {
    const { routes, gateway } = configSchema.parse({ routes: [route('http://127.0.0.1:9001')] });
    expect([routes[0]?.templates, gateway.slices]).toEqual([[], 'on']);
  });

  it.each(['/', '/orders', '/orders/{id}', '/users/{user-id}/posts/{post}', '/a.b/~c/d_e-f/'])('may be %s', (one) => {
    expect(configSchema.parse(withTemplates([one])).routes[0]?.templates).toEqual([one]);
  });

  it.each(['orders', '/orders/{}', '/or{id}', '/orders/*', '/a b', '//', '/x?y', `/${'a'.repeat(200)}`])(
    'are not %s',
    (one) => {
      expect(configSchema.safeParse(withTemplates([one])).success).toBe(false);
    },
  );

  it('are no more than there is room for in the slices', () => {
    const many = Array.from({ length: 91 }, (_, at) => `/e${at}`);
    expect(configSchema.safeParse(withTemplates(many)).success).toBe(false);
  });
});

describe('what a rollout shows of its route', () => {
  it.each([
    [{}, { sticky: null, source: 'gateway' }],
    [{ sticky: 'request' }, { sticky: null, source: 'gateway' }],
    [{ sticky: { header: 'X-User-Id' } }, { sticky: 'the header x-user-id', source: 'gateway' }],
    [
      {
        sticky: 'client-address',
        source: 'prometheus',
        metrics: { preset: 'otel', version: { label: 'service_version' } },
      },
      { sticky: "the client's address", source: 'prometheus' },
    ],
  ])('%j', (more, shown) => {
    const [declared] = configSchema.parse({ routes: [{ ...route('http://127.0.0.1:9001'), ...more }] }).routes;
    expect(declared && routeFactsOf(declared)).toEqual(shown);
  });
});

describe('what it means that a route is sticky', () => {
  const meaningOf = (more: object) => {
    const [declared] = configSchema.parse({ routes: [{ ...route('http://127.0.0.1:9001'), ...more }] }).routes;
    return declared && stickinessOf(declared);
  };
  const elsewhere = { source: 'prometheus', metrics: { preset: 'otel', version: { label: 'service_version' } } };

  it.each([
    [{}, null],
    [{ sticky: 'request' }, null],
    [{ sticky: 'consumer', router: 'none', ...elsewhere }, null],
    [{ sticky: 'consumer' }, ['ok', /^sticky by consumer, so versions are compared by key and not by request/]],
    [{ sticky: { header: 'X-User' } }, ['ok', /^sticky by the header x-user, .*; a client that can send another key/]],
    [{ sticky: { cookie: 'serin' } }, ['ok', /^sticky by the cookie serin, .*; a client that can send another key/]],
    [{ sticky: 'client-address' }, ['warning', /; all clients behind one address are one key$/]],
    [
      { sticky: { header: 'x-user' }, ...elsewhere },
      ['warning', /^sticky by the header x-user, and its source prometheus does not count by key/],
    ],
  ] as const)('%o', (more, meaning) => {
    const found = meaningOf(more);
    if (meaning === null) expect(found).toBeNull();
    else expect([found?.level, found?.says]).toEqual([meaning[0], expect.stringMatching(meaning[1])]);
  });

  it('has a rollout that began before keep the default of its time', () => {
    const gatewayOf = (more: object) => {
      const [declared] = configSchema.parse({ routes: [{ ...route('http://127.0.0.1:9001'), ...more }] }).routes;
      return declared && gatewayRoute(declared);
    };
    expect(gatewayOf({})).toMatchObject({ sticky: { kind: 'request' }, formerSticky: { kind: 'client-address' } });
    expect(gatewayOf({ sticky: 'request' })).not.toHaveProperty('formerSticky');
  });
});

describe('what a route does to paths, redirects and its cookie', () => {
  const gatewayOf = (more: object) => {
    const [route] = configSchema.parse({ routes: [{ ...route0, ...more }] }).routes;
    return route && gatewayRoute(route);
  };
  const route0 = route('http://127.0.0.1:9001');

  it('has defaults that refuse encoded slashes and map redirects', () => {
    expect(gatewayOf({ sticky: { cookie: 'serin' } })).toMatchObject({
      encodedSlash: 'refuse',
      redirects: 'map',
      sticky: { kind: 'cookie', name: 'serin', sameSite: 'lax' },
    });
  });

  it('reaches the gateway as it is declared', () => {
    const declared = { encodedSlash: 'pass', redirects: 'keep', sticky: { cookie: '__Host-v', sameSite: 'none' } };
    expect(gatewayOf(declared)).toMatchObject({
      encodedSlash: 'pass',
      redirects: 'keep',
      sticky: { kind: 'cookie', name: '__Host-v', sameSite: 'none' },
    });
    expect(configSchema.safeParse({ routes: [{ ...route0, sticky: { cookie: 'a', sameSite: 'Laxx' } }] }).success).toBe(
      false,
    );
  });
});

describe('health of a route', () => {
  const healthOf = (health: unknown) =>
    configSchema.safeParse({
      routes: [{ ...route('http://127.0.0.1:9001'), ...(health === undefined ? {} : { health }) }],
    }).data?.routes[0]?.health;

  it.each([
    [undefined, { path: '/healthz', status: ['2xx'] }],
    ['/ping', { path: '/ping', status: ['2xx'] }],
    ['ping', { path: 'ping', status: ['2xx'] }],
    [
      { path: '/', status: 404 },
      { path: '/', status: [404] },
    ],
    [{ status: ['2xx', 401] }, { path: '/healthz', status: ['2xx', 401] }],
  ])('%j', (declared, meant) => {
    expect(healthOf(declared)).toEqual(meant);
  });

  it.each([[{ path: '/', status: 99 }], [{ status: '6xx' }], [{ status: [] }], ['/a b'], ['/a?b'], [{ url: '/' }]])(
    'is not %j',
    (declared) => {
      expect(healthOf(declared)).toBeUndefined();
    },
  );
});
