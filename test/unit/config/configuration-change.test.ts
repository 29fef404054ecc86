import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { changedPath, changesBetween, type RunningRollout } from '../../../src/config/changes/configuration-change.ts';
import { unitsOf } from '../../../src/config/changes/file-units.ts';
import { inForceAfter } from '../../../src/config/changes/in-force-after.ts';
import { configJsonSchema } from '../../../src/config/json-schema.ts';

const data = (text: string, filled = text) => ({ written: parse(text), filled: parse(filled) });
const BASE = `
gateway: { listen: 127.0.0.1:8080, timeouts: { answer: 30s } }
sources: { main: { kind: prometheus, url: http://p:9090 } }
routes:
  - { name: shop, stable: http://a:1, policy: standard }
  - { name: pay, path: /pay, stable: http://b:1, policy: standard, timeouts: { answer: 5s } }
`;
const base = data(BASE);
const told = (before: string, after: string, running: readonly RunningRollout[] = []) =>
  changesBetween(data(before), data(after), running).map((change) => {
    const { before: was, after: is, effect } = change;
    return [changedPath(change), was, is, effect.kind];
  });

describe('the differences between two files', () => {
  it('are none between two ways to write the same', () => {
    const same = `
routes:
  - { policy: standard, stable: { url: http://b:1 }, name: pay, path: /pay, timeouts: { answer: 5000ms } }
  - { name: shop, stable: http://a:1, policy: standard, path: /, showVersion: true, health: /healthz }
sources: { main: { url: http://p:9090, kind: prometheus, timeout: 3s } }
gateway: { listen: 127.0.0.1:8080, timeouts: { answer: 30s, connect: 1s } }
control: {}
`;
    expect(told(BASE, same)).toEqual([]);
  });

  it.each<[string, string, unknown[][]]>([
    ['answer: 30s', 'answer: 40s', [['gateway.timeouts.answer', '30s', '40s', 'applied']]],
    ['listen: 127.0.0.1:8080, ', '', [['gateway.listen', '127.0.0.1:8080', null, 'needs-restart']]],
    ['answer: 30s', 'answer: 30s, idle: 9s', [['gateway.timeouts.idle', null, '9s', 'needs-restart']]],
    [
      'http://p:9090',
      'http://q:9090',
      [
        [
          'sources.main',
          { kind: 'prometheus', url: 'http://p:9090' },
          { kind: 'prometheus', url: 'http://q:9090' },
          'applied',
        ],
      ],
    ],
    ['{ answer: 5s }', '{ answer: 6s }', [['routes.pay.timeouts', { answer: '5s' }, { answer: '6s' }, 'applied']]],
    [
      'name: shop',
      'name: cart',
      [
        ['routes.shop', { name: 'shop', stable: 'http://a:1', policy: 'standard' }, null, 'applied'],
        ['routes.cart', null, { name: 'cart', stable: 'http://a:1', policy: 'standard' }, 'applied'],
      ],
    ],
    ['sources:', 'environment: test\nsources:', [['environment', null, 'test', 'applied']]],
    ['sources:', 'channels: { console: {} }\nsources:', [['channels.console', null, {}, 'applied']]],
  ])('%s -> %s', (from, to, changes) => expect(told(BASE, BASE.replace(from, to))).toEqual(changes));

  it('are told by the names of references, and noticed by what they stand for', () => {
    const reference = BASE.replace('http://a:1', 'file:stable');
    const earlier = data(reference, BASE);
    const later = data(reference, BASE.replace('http://a:1', 'http://a:2'));
    expect(changesBetween(earlier, later)).toMatchObject([
      { path: ['routes', 'shop', 'stable'], before: 'file:stable', after: 'file:stable' },
    ]);
    expect(changesBetween(base, later)).toMatchObject([{ before: 'http://a:1', after: 'file:stable' }]);
    expect(changesBetween(base, earlier)).toEqual([]);
  });

  it('are refused where a rollout runs that they would take the ground from', () => {
    const running = [{ id: 'r', route: 'pay', version: 'v2' }];
    expect(told(BASE, BASE.replace('{ answer: 5s }', '{ answer: 6s }'), running)).toMatchObject([
      ['routes.pay.timeouts', {}, {}, 'applied'],
    ]);
    expect(told(BASE, BASE.replace('http://a:1', 'http://a:2'), running)).toMatchObject([
      ['routes.shop.stable', 'http://a:1', 'http://a:2', 'applied'],
    ]);
    for (const [from, to] of [
      ['path: /pay', 'path: /buy'],
      ['http://b:1', 'http://b:2'],
      ['path: /pay', 'path: /pay, sticky: request'],
    ] as const) {
      expect(told(BASE, BASE.replace(from, to), running)[0]?.[3]).toBe('refused');
    }
    const [gone] = changesBetween(base, data(BASE.replace(/ {2}- \{ name: pay.*\n/, '')), running);
    expect(gone?.effect).toEqual({
      kind: 'refused',
      why: 'the route pay cannot be removed while the rollout of v2 runs there: wait for its end, or end it: serin abort pay',
    });
  });
});

it('every field of the schema is in a unit that says what its change needs', () => {
  const known = unitsOf(
    data('routes: [{ name: "*" }]\nsources: { "*": {} }\nchannels: { console: {}, pagerduty: {} }'),
  ).map(({ path }) => path.join('.'));
  const stray = placesBelow(configJsonSchema(), []).filter(
    (place) => !known.some((unit) => place === unit || place.startsWith(`${unit}.`)),
  );
  // A route is in the file or not: its name is what the others are told by.
  expect(stray).toEqual([]);
});

function placesBelow(node: unknown, path: readonly string[]): readonly string[] {
  const { properties = {}, items, additionalProperties } = Object(node);
  const below = Object.entries(properties).flatMap(([key, one]) => placesBelow(one, [...path, key]));
  const more = [items, additionalProperties].flatMap((one) =>
    typeof one === 'object' ? placesBelow(one, [...path, '*']) : [],
  );
  return below.length + more.length > 0 ? [...below, ...more] : [path.join('.')];
}

it('what needs a restart stays as it was, and everything else is as the file says now', () => {
  const now = inForceAfter(
    base,
    data(BASE.replace('127.0.0.1:8080', '0.0.0.0:80').replace('30s', '40s').concat('dataFolder: elsewhere\n')),
  );
  expect(changesBetween(base, now).map(changedPath)).toEqual(['gateway.timeouts.answer']);
  expect(now.written).toEqual(parse(BASE.replace('30s', '40s')));
  const emptied = inForceAfter(base, data('routes:\n  - { name: shop, stable: http://a:1, policy: standard }\n'));
  expect(emptied.filled).toMatchObject({ gateway: { listen: '127.0.0.1:8080' } });
});
