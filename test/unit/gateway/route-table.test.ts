import { describe, expect, it } from 'vitest';
import { hostName } from '../../../src/gateway/http/host-name.ts';
import { RouteTable } from '../../../src/gateway/route/route-table.ts';
import { routeTo } from '../../support/gateway.ts';

describe('the route table', () => {
  const declared = [
    routeTo('http://v1', { name: 'api', prefix: '/api' }),
    routeTo('http://v1', { name: 'payments', prefix: '/api/payments/' }),
    routeTo('http://v1', { name: 'shop', prefix: '/api', host: 'Shop.test' }),
    routeTo('http://v1', { name: 'admin', prefix: '/', host: 'admin.test' }),
  ];
  const table = new RouteTable(declared, (route) => route);

  it.each([
    ['other.test', '/api', 'api'],
    ['other.test', '/api/', 'api'],
    ['other.test', '/api/x', 'api'],
    ['other.test', '/api//', 'api'],
    ['other.test', '/apis', null],
    ['other.test', '/API', null],
    ['other.test', '/%61pi', null],
    ['other.test', '/', null],
    ['other.test', '/api/payments', 'payments'],
    ['other.test', '/api/payments/7', 'payments'],
    ['other.test', '/api/paymentsx', 'api'],
    ['shop.test', '/api/x', 'shop'],
    ['SHOP.TEST:8443', '/api/x', 'shop'],
    ['shop.test', '/api/payments/7', 'payments'],
    ['admin.test', '/api', 'api'],
    ['admin.test', '/users', 'admin'],
    ['', '/api', 'api'],
  ])('sends %s%s to %s', (host, path, name) => {
    expect(table.find(host, path)?.name ?? null).toBe(name);
  });
});

describe('a host that a request names', () => {
  it.each([
    ['EXAMPLE.com:8080', 'example.com'],
    ['example.com', 'example.com'],
    ['[::1]:80', '[::1]'],
    ['[::1]', '[::1]'],
    ['[0:0:0:0:0:0:0:1]:80', '[::1]'],
    ['example.com:', 'example.com'],
    ['example.com.', 'example.com'],
    ['Example.com.:443', 'example.com'],
  ])('%s is %s', (host, name) => {
    expect(hostName(host)).toBe(name);
  });
});

describe('hosts of routes: an exact name, else the longest wildcard, else any host', () => {
  const hosts = ['*.example.com', 'a.example.com', '*.b.example.com', 'example.com', '[::1]', null];
  const table = new RouteTable(hosts, (host) => ({ prefix: '/', host }));

  it.each([
    ['foo.example.com', '*.example.com'],
    ['FOO.Example.com.:8443', '*.example.com'],
    ['x.y.example.com', '*.example.com'],
    ['a.example.com', 'a.example.com'],
    ['a.example.com.', 'a.example.com'],
    ['x.a.example.com', '*.example.com'],
    ['x.b.example.com', '*.b.example.com'],
    ['b.example.com', '*.example.com'],
    ['example.com', 'example.com'],
    ['notexample.com', null],
    ['.example.com', null],
    ['[0::1]:80', '[::1]'],
    ['', null],
  ])('%s goes to %s', (host, route) => {
    expect(table.find(host, '/')).toBe(route);
  });

  it('come after the path: the longest one wins, whichever host it has', () => {
    const longest = new RouteTable(['/', '/api'], (prefix) => ({ prefix, host: prefix === '/' ? 'a.test' : null }));
    expect([longest.find('a.test', '/api'), longest.find('a.test', '/')]).toEqual(['/api', '/']);
  });
});

describe('percent-encoded octets of a path', () => {
  it('are the same with small and with capital digits, in the route and in the request', () => {
    const table = new RouteTable(['/caf%c3%A9'], (prefix) => ({ prefix, host: null }));
    expect(['/caf%C3%A9', '/caf%c3%a9/x'].map((path) => table.find('', path))).toEqual(Array(2).fill('/caf%c3%A9'));
    expect(['/caf%C3', '/cafe', '/caf%C3%A9s'].map((path) => table.find('', path))).toEqual([null, null, null]);
  });
});
