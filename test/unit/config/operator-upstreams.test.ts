import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/config.ts';
import { ownStableFault } from '../../../src/config/listener-faults.ts';
import { operatorUpstreams } from '../../../src/config/operator-upstreams.ts';

const configOf = (more: object, route: object = {}) =>
  configSchema.safeParse({
    routes: [{ name: 'shop', stable: 'http://127.0.0.1:9001', policy: 'standard', ...route }],
    ...more,
  });

describe('where an operator may have an upstream', () => {
  const PLACES = ['10.1.0.0/16', '192.0.2.7', 'fd12::/16', '*.svc.internal', 'Payments.Example'];

  it.each([
    ['http://10.1.2.3:9002', true],
    ['http://10.2.0.1', false],
    ['http://[::ffff:10.1.2.3]', true],
    ['http://[64:ff9b::10.1.2.3]', false],
    ['http://167838211', true],
    ['http://192.0.2.7/v2', true],
    ['http://192.0.2.8', false],
    ['http://[fd12::1]', true],
    ['http://[fd13::1]', false],
    ['https://payments.example', true],
    ['https://PAYMENTS.example.', true],
    ['https://payments.example.evil.test', false],
    ['http://a.svc.internal', true],
    ['http://a.b.svc.internal', true],
    ['http://svc.internal', false],
    ['http://xsvc.internal', false],
    ['http://localhost', false],
    ['http://127.0.0.1', false],
  ])('%s: %s', (url, isAllowed) => {
    const { data } = configOf({ upstreams: PLACES });
    expect(operatorUpstreams(data?.upstreams ?? [])(url) === null).toBe(isAllowed);
  });

  it('is nowhere where the file names nothing, and it says what to do', () => {
    expect(operatorUpstreams(configOf({}).data?.upstreams ?? ['unread'])('http://127.0.0.1:9002')).toBe(
      'an operator may not use an upstream at 127.0.0.1; serin.yaml allows operators none: add it to `upstreams` there, or ask an admin',
    );
    expect(operatorUpstreams(['10.0.0.0/8', 'a.test'])('http://b.test')).toMatch(
      /allows operators 10\.0\.0\.0\/8, a\.test:/,
    );
  });

  it.each([
    ['*', 'is a wildcard for everything; name networks and hosts'],
    ['10.0.0.0/33', 'must have a prefix length from 0 to 32'],
    ['10.0.0/8', 'must be a network such as 10.0.0.0/8, or an address'],
    ['a.test:80', 'has a port; a route takes requests for every port, so leave out :80'],
    ['a.*.test', 'has a wildcard that is not its whole first label, as in *.example.com'],
  ])('cannot be declared as %s', (place, message) => {
    expect(configOf({ upstreams: [place] }).error?.issues).toMatchObject([{ path: ['upstreams', 0], message }]);
  });
});

describe('a stable that is Serin itself', () => {
  const LISTENERS = {
    gateway: { listen: '0.0.0.0:8080', readiness: '127.0.0.1:8081' },
    control: { listen: 'localhost:7780' },
  };

  it.each([
    ['http://127.0.0.1:8080', 'gateway.listen is 0.0.0.0:8080'],
    ['http://localhost:8080/v1', 'gateway.listen is 0.0.0.0:8080'],
    ['http://[::ffff:127.0.0.1]:8080', 'gateway.listen is 0.0.0.0:8080'],
    ['http://127.0.0.1:7780', 'control.listen is localhost:7780'],
    ['http://LOCALHOST.:7780', 'control.listen is localhost:7780'],
    ['http://127.0.0.1:8081', 'gateway.readiness is 127.0.0.1:8081'],
    ['http://127.0.0.1:9001', null],
    ['http://127.0.0.2:7780', null],
    ['http://payments.example:8080', null],
  ])('%s: %s', (stable, says) => {
    const config = configOf(LISTENERS, { stable }).data;
    const fault = config?.routes[0] ? ownStableFault(config.routes[0], config) : 'not read';
    expect(fault).toBe(says === null ? null : `the stable of route shop is Serin itself: ${says}`);
  });

  it('is no fault where another router makes the split', () => {
    const config = configOf(LISTENERS, { stable: 'http://127.0.0.1:8080', router: 'none' }).data;
    expect(config?.routes[0] && ownStableFault(config.routes[0], config)).toBeNull();
  });
});
