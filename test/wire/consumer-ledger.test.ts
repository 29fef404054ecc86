import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nameAsListed } from '../../src/consumers/ledger/consumer-day.ts';
import type { GatewayRoute } from '../../src/gateway/gateway.ts';
import { hashClientId, hashConsumerKey } from '../../src/gateway/route/consumers.ts';
import { orderTo, type RunningGateway, routeTo, SECRET, startGateway } from '../support/gateway.ts';
import { issuer, keySet, RULE } from '../support/issuer.ts';
import { askRaw, get, openRaw } from '../support/raw-client.ts';
import { httpUpstream } from '../support/upstream.ts';

const KEY: Partial<GatewayRoute> = { consumerKey: { kind: 'header', name: 'x-api-key' } };
const hash = (key: string) => hashConsumerKey(SECRET, 'shop', key);
const ACME = new Map([[hash('of acme'), 'stable' as const]]);

/** Answers with the status that the path names, cuts off `/dead`, and leaves `/hang` without an answer. */
async function startAnswering() {
  let requests = 0;
  const upstream = await httpUpstream((incoming, outgoing) => {
    requests++;
    incoming.resume();
    const [, word = ''] = /^\/(\w*)/.exec(incoming.url ?? '') ?? [];
    if (word === 'dead') incoming.socket.destroy();
    else if (word !== 'hang') outgoing.writeHead(Number(word || 200), { 'content-length': 2 }).end('ok');
  });
  return { url: upstream.url, requests: () => requests };
}

/** As `who version requests errors clientErrors timed`. */
async function taken(gateway: RunningGateway): Promise<readonly string[]> {
  const days = await gateway.takeConsumerDays();
  return days
    .map(({ who, version, requests, errors, clientErrors, latency }) => {
      const timed = Object.values(latency).reduce((sum, count) => sum + count, 0);
      return `${nameAsListed(who) || who.kind} ${version} ${requests} ${errors} ${clientErrors} ${timed}`;
    })
    .toSorted();
}

const ask = async (gateway: RunningGateway, path: string, ...lines: string[]) => {
  await askRaw(gateway.port, get(path, ...lines));
};

describe('what each consumer asked', () => {
  it('is counted while nothing is rolled out, also without a list', async () => {
    const upstream = await startAnswering();
    const gateway = await startGateway([routeTo(upstream.url, KEY)]);
    const from = Date.now();
    for (const path of ['/', '/404', '/500']) await ask(gateway, path, 'X-Api-Key: of acme');
    await ask(gateway, '/');
    await ask(gateway, '/401', 'X-Api-Key: forged');
    const [first, ...others] = await gateway.takeConsumerDays();
    expect(first).toMatchObject({ route: 'shop', who: { kind: 'unlisted', keyHash: hash('of acme') }, requests: 3 });
    expect(first?.firstAt).toBeGreaterThanOrEqual(from - 1);
    expect(first?.lastAt).toBeLessThanOrEqual(Date.now() + 1);
    expect(first?.firstAt).toBeLessThan(first?.lastAt ?? 0);
    expect(others.map(({ who }) => who.kind).toSorted()).toEqual(['none', 'unlisted-others']);
    await gateway.setConsumers('shop', ACME, new Map([[hash('of acme'), 'acme']]));
    await ask(gateway, '/', 'X-Api-Key: of acme');
    expect(await taken(gateway)).toEqual(['acme v1 1 0 0 1']);
    expect(await taken(gateway)).toEqual([]);
  });

  it('is by the version that answered, without what was forced and what no version is charged with', async () => {
    const stable = await startAnswering();
    const canary = await startAnswering();
    const gateway = await startGateway([routeTo(stable.url, KEY)]);
    await gateway.setConsumers('shop', ACME, new Map([[hash('of acme'), 'acme']]));
    await gateway.setSplit(orderTo(stable.url, canary.url, { consumerDefault: 'by-weight', canaryBps: 10_000 }));
    const acme = 'X-Api-Key: of acme';
    for (const path of ['/', '/204', '/301', '/404', '/503', '/dead']) await ask(gateway, path, acme);
    await ask(gateway, '/', acme, 'X-Version: canary');
    await ask(gateway, '/500', 'X-Api-Key: somebody');
    await ask(gateway, '/');
    const leaving = await openRaw(gateway.port);
    leaving.write(get('/hang', acme));
    await expect.poll(() => stable.requests()).toBe(7);
    leaving.close();
    await expect
      .poll(async () => (await gateway.totals()).some(({ outcomes }) => outcomes['client-gone'] === 1))
      .toBe(true);
    const before = await taken(gateway);
    expect(before).toEqual(['acme v1 6 2 1 3', 'none v2 1 0 0 1', 'unlisted v2 1 1 0 0']);
    await gateway.setConsumers('shop', new Map([[hash('of acme'), 'canary']]), new Map([[hash('of acme'), 'acme']]));
    await ask(gateway, '/', acme);
    expect(await taken(gateway)).toEqual(['acme v2 1 0 0 1']);
  });

  it('is nothing on a route that does not distinguish consumers, and stays when a route goes', async () => {
    const upstream = await startAnswering();
    const plain = routeTo(upstream.url, { name: 'plain', prefix: '/200' });
    const gateway = await startGateway([plain, routeTo(upstream.url, KEY)]);
    for (const path of ['/200', '/']) await ask(gateway, path, 'X-Api-Key: k');
    await gateway.redeclare({
      routes: [plain],
      timeouts: { connectMs: 2_000, answerMs: 5_000, headersMs: 5_000, idleMs: 10_000 },
      trustedProxies: [],
    });
    expect(await taken(gateway)).toEqual(['unlisted v1 1 0 0 1']);
  });

  it('is the client of a verified token, also of the first, and of one that does not verify nobody', async () => {
    const upstream = await startAnswering();
    const [own, other] = [issuer(), issuer()];
    const folder = mkdtempSync(join(tmpdir(), 'serin-keys-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'jwks.json');
    writeFileSync(file, keySet(own));
    const rule = { ...RULE, jwks: { file } };
    const consumerKey = { kind: 'jwt', name: 'authorization', rule } as const;
    const gateway = await startGateway([routeTo(upstream.url, { consumerKey })]);
    const id = hashClientId(SECRET, 'shop', 'acme');
    await gateway.setConsumers('shop', new Map([[id, 'stable']]), new Map([[id, 'acme']]));
    await expect.poll(async () => (await gateway.tokens())[0]?.keys).toBe(1);
    const tokens = [own.token(), own.token({ jti: '2' }), own.token({ client_id: 'another' }), other.token()];
    for (const token of tokens) await ask(gateway, '/', `Authorization: Bearer ${token}`);
    const verified = ['acme v1 2 0 0 2', 'none v1 1 0 0 1', 'unlisted v1 1 0 0 1'];
    await expect.poll(async () => (await gateway.tokens())[0]?.outcomes['bad-signature']).toBe(1);
    expect(await taken(gateway)).toEqual(verified);
    for (const token of tokens) await ask(gateway, '/', `Authorization: Bearer ${token}`);
    expect(await taken(gateway)).toEqual(verified);
  });
});
