import { describe, expect, it } from 'vitest';
import type { ForceRule } from '../../src/gateway/gateway.ts';
import { forceToken } from '../../src/gateway/route/force-guard.ts';
import { orderTo, routeTo, SECRET, startGateway, startToy } from '../support/gateway.ts';
import { askRaw, fieldOf, get } from '../support/raw-client.ts';

const NOW = 1_800_000_000_000;
const later = NOW / 1_000 + 60;

/** A way to force the canary at weight 0 past a rule, and to see which version served. */
async function guarded(forceRule: ForceRule, trustedProxies: readonly string[] = []) {
  const stable = await startToy('v1');
  const canary = await startToy('v2');
  const options = { trustedProxies, now: () => NOW };
  const gateway = await startGateway([routeTo(stable.url, { forceRule })], options);
  await gateway.setSplit(orderTo(stable.url, canary.url));
  const versionFor = async (...lines: string[]) =>
    fieldOf((await askRaw(gateway.port, get('/', 'X-Version: canary', ...lines))).headers, 'x-serin-version');
  return { gateway, versionFor };
}

describe('docs/failures.md: X-Version spoofed by outsiders', () => {
  it.each([
    ['127.0.0.0/8', 'v2'],
    ['10.0.0.0/8', 'v1'],
  ])('counts from the networks of the rule: %s gets %s', async (network, version) => {
    const { versionFor } = await guarded({ from: [network], tokens: 'none' });
    expect(await versionFor()).toBe(version);
  });

  it('goes by the client behind a trusted proxy, and believes nobody else', async () => {
    const rule: ForceRule = { from: ['203.0.113.0/24'], tokens: 'none' };
    const behind = await guarded(rule, ['127.0.0.1']);
    expect(await behind.versionFor('X-Forwarded-For: 203.0.113.9')).toBe('v2');
    expect(await behind.versionFor('X-Forwarded-For: 203.0.113.9, 198.51.100.1')).toBe('v1');
    const direct = await guarded(rule);
    expect(await direct.versionFor('X-Forwarded-For: 203.0.113.9')).toBe('v1');
  });

  it('takes a token in the one spelling that was issued', async () => {
    const token = forceToken(SECRET, 'shop', later);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const respelt = `${token.slice(0, -1)}${alphabet.charAt(alphabet.indexOf(token.slice(-1)) ^ 1)}`;
    const { versionFor } = await guarded({ from: [], tokens: 'accepted' });
    expect(await versionFor(`X-Serin-Force-Token: ${token}`)).toBe('v2');
    expect(await versionFor(`X-Serin-Force-Token: ${respelt}`)).toBe('v1');
  });

  const valid = forceToken(SECRET, 'shop', later);

  it.each([
    ['a valid token', valid, 'v2'],
    ['an expired one', forceToken(SECRET, 'shop', NOW / 1_000), 'v1'],
    ['one of another route', forceToken(SECRET, 'cart', later), 'v1'],
    ['one with another key', forceToken(Buffer.from('another secret'), 'shop', later), 'v1'],
    ['one whose expiry was moved', valid.replace(/^\d+/, String(later + 1)), 'v1'],
    ['a part of one', valid.slice(0, -1), 'v1'],
    ['more than one', `${valid}, ${valid}`, 'v1'],
    ['none', '', 'v1'],
  ])('counts with %s', async (_name, token, version) => {
    const { versionFor } = await guarded({ from: [], tokens: 'accepted' });
    expect(await versionFor(`X-Serin-Force-Token: ${token}`)).toBe(version);
  });

  it('does not count with a token where the rule accepts none', async () => {
    const { versionFor } = await guarded({ from: ['10.0.0.0/8'], tokens: 'none' });
    expect(await versionFor(`X-Serin-Force-Token: ${valid}`)).toBe('v1');
  });
});

describe('a force header with values of its own', () => {
  const start = async (unfollowedForce: 'refuse' | 'ignore') => {
    const stable = await startToy('v1');
    const canary = await startToy('v2');
    const forceWords = { canary: 'Beta testers', stable: 'never' };
    const gateway = await startGateway([routeTo(stable.url, { forceHeader: 'x-group', forceWords, unfollowedForce })]);
    await gateway.setSplit(orderTo(stable.url, canary.url));
    const ask = async (...lines: string[]) => {
      const { status, headers } = await askRaw(gateway.port, get('/', ...lines));
      return [status, fieldOf(headers, 'x-serin-version')];
    };
    return { gateway, stable, ask };
  };

  it.each([
    ['beta testers', 'v2'],
    ['BETA TESTERS', 'v2'],
    ['never', 'v1'],
    ['canary', 'v1'],
    ['v2', 'v1'],
    ['staff', 'v1'],
  ])('%s gets %s', async (value, version) => {
    const { ask } = await start('refuse');
    expect(await ask(`X-Group: ${value}`)).toEqual([200, version]);
  });

  it('is not another header, and is refused where there is no canary, unless the route ignores it', async () => {
    const { gateway, stable, ask } = await start('refuse');
    expect(await ask('X-Version: canary')).toEqual([200, 'v1']);
    await gateway.setSplit(orderTo(stable.url, null, { epoch: 2 }));
    expect(await ask('X-Group: beta testers')).toEqual([412, null]);
    expect(await ask('X-Group: staff')).toEqual([200, 'v1']);
    const ignoring = await start('ignore');
    await ignoring.gateway.setSplit(orderTo(ignoring.stable.url, null, { epoch: 2 }));
    expect(await ignoring.ask('X-Group: beta testers')).toEqual([200, 'v1']);
  });
});
