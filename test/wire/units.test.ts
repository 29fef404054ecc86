import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { GatewayRoute } from '../../src/gateway/gateway.ts';
import { assign, saltOf, stickyHash } from '../../src/split/assign.ts';
import type { SplitOrder } from '../../src/split/order.ts';
import { drawSaltOf, unitHash, unitOf, unitSaltOf } from '../../src/split/unit-draw.ts';
import { orderTo, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, fieldOf, get } from '../support/raw-client.ts';
import { httpUpstream } from '../support/upstream.ts';

const USERS = Array.from({ length: 60 }, (_, user) => `u${user}`);
const BPS = 3_000;

/** A gateway with a stable and a canary behind it, and who of its users gets the canary. */
async function started(route: Partial<GatewayRoute>, ways: { readonly trusted: boolean } = { trusted: false }) {
  const stable = await startToy('v1');
  const canary = await startToy('v2');
  const gateway = await startGateway(
    [routeTo(stable.url, route)],
    ways.trusted ? { trustedProxies: ['127.0.0.1'] } : {},
  );
  let epoch = 0;
  const orderOf = (more: Partial<SplitOrder> = {}) => {
    epoch += 1;
    return orderTo(stable.url, canary.url, { epoch, canaryBps: BPS, ...more });
  };
  const versionOf = async (...lines: string[]) =>
    fieldOf((await askRaw(gateway.port, get('/', ...lines))).headers, 'x-serin-version');
  const canaries = async (lineOf: (user: string) => string) => {
    const versions = await Promise.all(USERS.map((user) => versionOf(lineOf(user))));
    return USERS.filter((_, at) => versions[at] === 'v2');
  };
  return { gateway, orderOf, canaries };
}

/** An order of a rollout that began before there were units. */
function formerly(order: SplitOrder): SplitOrder {
  const { attempt, ...former } = order;
  expect(attempt).toBeDefined();
  return former;
}

describe('the keys of a sticky route', () => {
  const byUser: Partial<GatewayRoute> = { sticky: { kind: 'header', name: 'x-user' } };
  const header = (user: string) => `X-User: ${user}`;

  it.each([1, 2])('are drawn by their units, in attempt %d', async (attempt) => {
    const { gateway, orderOf, canaries } = await started(byUser);
    await gateway.setSplit(orderOf({ attempt }));
    const salts = [unitSaltOf('shop'), drawSaltOf('shop', 'v2', attempt)] as const;
    const expected = USERS.filter((user) => assign(unitHash(salts[1], unitOf(salts[0], user)), BPS) === 'canary');
    expect(await canaries(header)).toEqual(expected);
  });

  it('are other people in another attempt', async () => {
    const { gateway, orderOf, canaries } = await started(byUser);
    await gateway.setSplit(orderOf({ attempt: 1 }));
    const first = await canaries(header);
    await gateway.setSplit(orderOf({ attempt: 2 }));
    expect(await canaries(header)).not.toEqual(first);
  });

  it('are told of in the bake: what the one with the most errors since it began did in each block', async () => {
    const stable = await startToy('v1');
    const canary = await using(
      httpUpstream(({ headers, url }, outgoing) => {
        outgoing.writeHead(headers['x-user'] === 'bad' || url === '/broken' ? 500 : 200).end();
      }),
    );
    const gateway = await startGateway([routeTo(stable.url, byUser)]);
    const ask = async (user: string, count: number, path = '/') => {
      for (let request = 0; request < count; request++) await askRaw(gateway.port, get(path, `X-User: ${user}`));
    };
    const order = (more: Partial<SplitOrder>) => gateway.setSplit(orderTo(stable.url, canary.url, more));
    await order({ epoch: 1, canaryBps: 10_000, measure: { blockMs: 150, errorStatuses: ['5xx'] } });
    await ask('bad', 10);
    await ask('good', 5);
    await sleep(200);
    await ask('other', 3, '/broken');
    await ask('bad', 1);
    await ask('good', 6);
    await order({ epoch: 2, canaryBps: BPS });
    await ask('bad', 4);
    await order({ epoch: 3, canaryBps: 10_000 });
    await ask('good', 2);
    await order({ epoch: 4 });
    const { blocks } = await gateway.collect('shop', null, 250);
    const of = (epoch: number) => blocks.filter(({ splitEpoch }) => splitEpoch === epoch);
    const sum = (values: readonly (number | undefined)[]) => values.reduce<number>((all, one) => all + (one ?? 0), 0);
    // In both blocks together: three errors of another key are not among them.
    expect(sum(of(1).map(({ worstUnit }) => worstUnit?.errors))).toBe(11);
    expect(sum(of(1).map(({ worstUnit }) => worstUnit?.requests))).toBe(11);
    expect(sum(of(1).map(({ canary: all }) => all?.errors))).toBe(14);
    expect([...of(2), ...of(3)].map(({ worstUnit }) => worstUnit)).toEqual([...of(2), ...of(3)].map(() => undefined));
  });

  it('come last where the order says so: at no weight below 100 %, and then with everybody', async () => {
    const { gateway, orderOf, canaries } = await started(byUser);
    await gateway.setSplit(orderOf());
    const [heavy = '', ...others] = await canaries(header);
    const lastUnits = [unitOf(unitSaltOf('shop'), heavy)];
    await gateway.setSplit(orderOf({ lastUnits }));
    expect(await canaries(header)).toEqual(
      others.filter((user) => !lastUnits.includes(unitOf(unitSaltOf('shop'), user))),
    );
    await gateway.setSplit(orderOf({ lastUnits, canaryBps: 9_999 }));
    expect(await canaries(header)).not.toContain(heavy);
    await gateway.setSplit(orderOf({ lastUnits, canaryBps: 10_000 }));
    expect(await canaries(header)).toEqual(USERS);
  });

  it('are of as many shadow groups when they come last: what they differ by tells how the errors scatter', async () => {
    const { gateway, orderOf, canaries } = await started(byUser);
    const lastUnits = USERS.map((user) => unitOf(unitSaltOf('shop'), user));
    await gateway.setSplit(orderOf({ lastUnits }));
    expect(await canaries(header)).toEqual([]);
    await gateway.setSplit(orderOf());
    const { blocks } = await gateway.collect('shop', null, 250);
    const groups = blocks.find(({ splitEpoch }) => splitEpoch === 1)?.stable?.groups;
    expect(groups?.requests.filter((count) => count > 0).length).toBeGreaterThan(10);
  });

  it('keep what a rollout began with that knows no units', async () => {
    const { gateway, orderOf, canaries } = await started(byUser);
    await gateway.setSplit(formerly(orderOf()));
    const salt = saltOf('shop', 'v2');
    expect(await canaries(header)).toEqual(USERS.filter((user) => assign(stickyHash(salt, user), BPS) === 'canary'));
    await gateway.setSplit(orderOf());
    const { blocks } = await gateway.collect('shop', null, 250);
    expect(blocks.find(({ splitEpoch }) => splitEpoch === 1)?.assignment).toBeUndefined();
  });
});

describe('a rollout that began when routes were sticky by address', () => {
  const undeclared: Partial<GatewayRoute> = { sticky: { kind: 'request' }, formerSticky: { kind: 'client-address' } };
  const from = (user: string) => `X-Forwarded-For: 10.0.0.${user.slice(1)}`;

  it('keeps each address on its version; the next one draws each request', async () => {
    const { gateway, orderOf, canaries } = await started(undeclared, { trusted: true });
    await gateway.setSplit(formerly(orderOf()));
    const first = await canaries(from);
    expect(await canaries(from)).toEqual(first);
    await gateway.setSplit(orderOf());
    expect(await canaries(from)).not.toEqual(await canaries(from));
  });
});
