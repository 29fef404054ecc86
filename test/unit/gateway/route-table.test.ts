import { describe, expect, it } from 'vitest';
import { hostWithoutPort, RouteTable, readTarget } from '../../../src/gateway/route-table.ts';
import { routeTo } from '../../support/gateway.ts';

describe('readTarget', () => {
  it.each([
    ['/', '/', ''],
    ['/a/b?x=1', '/a/b', '?x=1'],
    ['/a?', '/a', '?'],
    ['/a?b?c=/../%2f\\', '/a', '?b?c=/../%2f\\'],
    ['/%61%20%2e', '/%61%20%2e', ''],
    ['/./a/.b/..c/c../...', '/./a/.b/..c/c../...', ''],
    ['/%2e%2ea', '/%2e%2ea', ''],
    ['//a', '//a', ''],
  ])('reads %s as it is', (raw, path, query) => {
    expect(readTarget(raw)).toEqual({ path, query });
  });

  it.each([
    '',
    'a',
    '*',
    'http://a/',
    '/..',
    '/../',
    '/a/..',
    '/a/../b',
    '/..?x',
    '/..;x/b',
    '/%2e%2e',
    '/%2E%2e/a',
    '/.%2e',
    '/%2e.',
    '/a/.%2E/b',
    '/a%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/a%5Cb',
    '/a\\b',
    '/..\\',
    '/a#b',
    '/a?b#c',
    '/a b',
    '/a\tb',
    '/a\x7f',
    '/caf\xe9',
    '/a?\xe9',
  ])('refuses %j', (raw) => {
    expect(readTarget(raw)).toBeNull();
  });
});

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

describe('hostWithoutPort', () => {
  it.each([
    ['EXAMPLE.com:8080', 'example.com'],
    ['example.com', 'example.com'],
    ['[::1]:80', '[::1]'],
    ['[::1]', '[::1]'],
    ['example.com:', 'example.com'],
  ])('%s is %s', (host, name) => {
    expect(hostWithoutPort(host)).toBe(name);
  });
});
