import { describe, expect, it } from 'vitest';
import { consumerControl } from '../../../src/identity/consumers.ts';
import type { ListedConsumer, Store } from '../../../src/store/store.ts';

const BY = { name: 'ada', role: 'operator' } as const;

/** The list of a route that knows its consumers by one or the other. */
function listOf(knownBy: 'key' | 'client-id') {
  const listed = new Map<string, ListedConsumer>();
  const consumers: Store['consumers'] = {
    list: async () => [...listed.values()],
    put: async (consumer) => {
      listed.set(consumer.name, { ...consumer, changedAt: 0 });
    },
    remove: async (_route, name) => listed.delete(name),
  };
  const control = consumerControl({
    store: { consumers, now: async () => 0 },
    route: () => ({ router: 'gateway', consumerKey: {} }),
    knownBy: () => knownBy,
    hash: (route, mark) => `${route} ${JSON.stringify(mark)}`,
    follow: async () => {},
  });
  const put = (mark: { key?: string; clientId?: string }) =>
    control.put({ route: 'shop', name: 'acme', rule: 'canary', ...mark }, BY, 'why');
  return { put, hash: () => listed.get('acme')?.keyHash };
}

describe('a consumer', () => {
  it('is listed by what its route knows consumers by, and keeps it when its rule alone changes', async () => {
    const { put, hash } = listOf('client-id');
    await put({ clientId: 'acme-web' });
    expect(hash()).toBe('shop {"clientId":"acme-web"}');
    await put({});
    expect(hash()).toBe('shop {"clientId":"acme-web"}');
  });

  it.each([
    ['client-id', { key: 'k' }, 'key', /knows its consumers by their client ids: .*--client-id/],
    ['client-id', {}, 'clientId', /its client id is needed/],
    ['key', { clientId: 'acme-web' }, 'clientId', /a client id is no secret: give the key/],
    ['key', {}, 'key', /its key is needed/],
  ] as const)('of a route that knows the %s is not listed by %o', async (knownBy, mark, path, message) => {
    const { put, hash } = listOf(knownBy);
    await expect(put(mark)).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringMatching(message),
      issues: [{ path }],
    });
    expect(hash()).toBeUndefined();
  });
});
