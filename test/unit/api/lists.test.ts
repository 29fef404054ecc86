import { beforeEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { type FakeControl, fakeControl, TOKENS } from '../../support/fake-control.ts';

let control: FakeControl;
let app: ReturnType<typeof controlApi>;

beforeEach(() => {
  control = fakeControl();
  app = controlApi(control);
});

function send(method: string, path: string, body?: unknown) {
  return app.request(`/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKENS.admin}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

describe('consumers', () => {
  it('are listed, changed without their key, and removed with a reason', async () => {
    const path = '/routes/payments/consumers/acme%20ltd';
    const added = await send('PUT', path, { rule: 'canary', key: 'c0nsumer-key', reason: 'first to move' });
    expect(added.status).toBe(200);
    expect(await added.text()).not.toContain('c0nsumer-key');
    expect(control.consumerKeys.get('payments/acme ltd')).toBe('c0nsumer-key');

    expect((await send('PUT', path, { rule: 'stable', reason: 'they asked' })).status).toBe(200);
    expect(control.consumerKeys.get('payments/acme ltd')).toBe('c0nsumer-key');
    expect(await (await send('GET', '/routes/payments/consumers')).json()).toMatchObject([
      { name: 'acme ltd', rule: 'stable' },
    ]);

    expect((await send('DELETE', path)).status).toBe(422);
    expect((await send('DELETE', `${path}?reason=gone`)).status).toBe(204);
    expect((await send('DELETE', `${path}?reason=gone`)).status).toBe(404);
    expect(await (await send('GET', '/audit?route=payments')).json()).toMatchObject([
      { event: { kind: 'consumerRemoved' }, reason: 'gone' },
      { event: { kind: 'consumerListed' }, reason: 'they asked' },
      { event: { kind: 'consumerListed' }, reason: 'first to move' },
    ]);
  });
});

describe('a consumer', () => {
  it('has a key or a client id, and not both', async () => {
    const path = '/routes/payments/consumers/acme';
    const both = await send('PUT', path, { rule: 'canary', key: 'k', clientId: 'c', reason: 'why' });
    expect([both.status, await both.json()]).toEqual([
      422,
      expect.objectContaining({ errors: [{ pointer: '#/clientId', detail: expect.stringContaining('not both') }] }),
    ]);
    for (const clientId of ['', 'a\nb', 'x'.repeat(257), 7]) {
      expect((await send('PUT', path, { rule: 'canary', clientId, reason: 'why' })).status).toBe(422);
    }
    control.mood.consumersBy = 'client-id';
    expect((await send('PUT', path, { rule: 'canary', clientId: 'acme-web', reason: 'why' })).status).toBe(200);
  });
});

describe('tokens', () => {
  it('are shown once, work at once, and not after they are revoked', async () => {
    const made = await send('POST', '/tokens', { name: 'ci', role: 'operator', reason: 'pipeline' });
    expect(made.status).toBe(201);
    const { id, token } = (await made.json()) as { id: string; token: string };
    const use = () => app.request('/api/v1/rollouts', { headers: { authorization: `Bearer ${token}` } });
    expect((await use()).status).toBe(200);
    expect(await (await send('GET', '/tokens')).text()).not.toContain(token);
    expect((await send('DELETE', `/tokens/${id}?reason=rotated`)).status).toBe(204);
    expect((await use()).status).toBe(401);
  });

  it('have a sender only where they send logs, and say so', async () => {
    const sender = { route: 'payments' };
    const refused = await send('POST', '/tokens', { name: 'ada', role: 'viewer', sender, reason: 'why' });
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({
      errors: [
        {
          pointer: '#/sender',
          detail: 'only a token of the role logs:write has a sender: others are limited to routes by a scope',
        },
      ],
    });
    await send('POST', '/tokens', { name: 'shipper', role: 'logs:write', sender, reason: 'why' });
    expect(await (await send('GET', '/tokens')).json()).toMatchObject([{ name: 'shipper', sender }]);
  });

  it.each([{ name: 'ci', role: 'serin' }, { name: '', role: 'viewer' }, { role: 'viewer' }])(
    '%j is refused',
    async (body) => {
      expect((await send('POST', '/tokens', { ...body, reason: 'why' })).status).toBe(422);
    },
  );
});

describe('the audit', () => {
  it('gives pages that follow each other by Link', async () => {
    for (const name of ['a', 'b', 'c'])
      await send('PUT', `/routes/r/consumers/${name}`, { rule: 'canary', key: name, reason: name });
    const first = await send('GET', '/audit?limit=2');
    expect(((await first.json()) as { seq: number }[]).map(({ seq }) => seq)).toEqual([3, 2]);
    expect(first.headers.get('link')).toBe('</api/v1/audit?limit=2&cursor=2>; rel="next"');
    const second = await send('GET', '/audit?limit=2&cursor=2');
    expect(((await second.json()) as { seq: number }[]).map(({ seq }) => seq)).toEqual([1]);
    expect(second.headers.get('link')).toBeNull();
  });

  it('says where the chain is broken', async () => {
    expect(await (await send('GET', '/audit/verify')).json()).toEqual({ entries: 0, brokenAt: null });
    control.mood.brokenAt = 7;
    expect(await (await send('GET', '/audit/verify')).json()).toMatchObject({ brokenAt: 7 });
  });
});
