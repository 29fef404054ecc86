import { describe, expect, it } from 'vitest';
import { fakeConsumers } from '../../support/fake-consumers.ts';

const BY = { name: 'ada', role: 'operator' } as const;

/** The list of a route that knows its consumers by one or the other. */
function listOf(knownBy: 'key' | 'client-id') {
  const world = { tick: () => 0, write: () => {}, audit: [], running: () => null, knownBy: () => knownBy };
  const { control, keys } = fakeConsumers(world);
  const put = async (mark: { key: string } | { sha256: string } | { clientId: string } | null) => {
    const keyHash = mark === null ? {} : { keyHash: control.hash('shop', mark) };
    const consumer = { name: 'acme', rule: 'canary' as const, ...keyHash };
    return control.change('shop', { kind: 'put', consumer }, BY, 'why');
  };
  return { put, hash: () => keys.get('shop/acme') };
}

describe('a consumer', () => {
  it('is listed by what its route knows consumers by, and keeps it when its rule alone changes', async () => {
    const { put, hash } = listOf('client-id');
    await put({ clientId: 'acme-web' });
    expect(hash()).toBe('acme-web');
    await put(null);
    expect(hash()).toBe('acme-web');
  });

  it.each([
    ['client-id', { key: 'k' }, 'key', /knows its consumers by their client ids: .*--client-id/],
    ['client-id', { sha256: 'a1' }, 'keySha256', /knows its consumers by their client ids/],
    ['client-id', null, 'clientId', /its client id is needed/],
    ['key', { clientId: 'acme-web' }, 'clientId', /a client id is no secret: give the key/],
    ['key', null, 'key', /its key is needed/],
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
