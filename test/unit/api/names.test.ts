import { describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { fakeControl, TOKENS } from '../../support/fake-control.ts';

const control = fakeControl();
const app = controlApi(control);

function ask(method: string, path: string, body?: object) {
  return app.request(path, {
    method,
    headers: { authorization: `Bearer ${TOKENS.admin}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

const list = (name: string) =>
  ask('PUT', `/api/v1/routes/payments/consumers/${encodeURIComponent(name)}`, {
    rule: 'canary',
    key: 'k',
    reason: 'x',
  });
const token = (name: string) => ask('POST', '/api/v1/tokens', { name, role: 'viewer', reason: 'x' });
const start = (version: string, more: object = {}) =>
  ask('POST', '/api/v1/rollouts', { route: 'names', canaryUrl: 'http://127.0.0.1:9/', version, reason: 'x', ...more });

const NO_NAMES = [
  ' ',
  '',
  '../..',
  '.',
  '-',
  'a ',
  ' a',
  'a\u202eb',
  'a\u200bb',
  'a\nb',
  'a\u001b[2J',
  'a/b',
  'a\\b',
  'ä',
  'x'.repeat(101),
];

describe('a name', () => {
  it.each(['acme', 'acme ltd', 'a', '7', "o'neill & sons", 'ada@example.com', 'team:payments+eu', 'x'.repeat(100)])(
    '%j is one of a consumer and of a token',
    async (name) => {
      expect([(await list(name)).status, (await token(name)).status]).toEqual([200, 201]);
    },
  );

  it.each(NO_NAMES)('%j is none', async (name) => {
    // As a part of a path, nothing or dots are no part of it.
    expect((await list(name)).status).toBe(/^\.?$/.test(name) ? 404 : 422);
    expect((await token(name)).status).toBe(422);
  });

  it('is stated where it is refused', async () => {
    expect(await (await token('../..')).json()).toMatchObject({
      errors: [{ pointer: '#/name', detail: expect.stringMatching(/at most 100 of A-Z a-z 0-9/) }],
    });
  });

  it('of a consumer that was listed under another one can still be removed', async () => {
    const command = { kind: 'put', consumer: { name: '\u202e', keyHash: 'k', rule: 'canary' } } as const;
    await control.consumers.change('payments', command, { name: 'ada', role: 'operator' }, 'long ago', null);
    const path = `/api/v1/routes/payments/consumers/${encodeURIComponent('\u202e')}?reason=odd`;
    expect((await ask('DELETE', path)).status).toBe(204);
  });
});

describe('the name of a version', () => {
  it.each(['v2', 'release/2026-11', 'sha256:4f1c', '1.2.3+build.7'])('%j is one', async (version) => {
    expect((await start(version, { replace: true })).status).toBeLessThan(300);
  });

  it.each([' ', '../..', 'v 2', 'v\u202e2', 'vé', '/v2'])('%j is none', async (version) => {
    expect((await start(version)).status).toBe(422);
  });
});

describe('a reason', () => {
  it.each(['why', 'two\nlines', 'weil es müßte', '因为', 'a\ttab', '👩‍🚀'])('%j is one', async (reason) => {
    expect((await ask('POST', '/api/v1/tokens', { name: 'a', role: 'viewer', reason })).status).toBe(201);
  });

  it.each([
    ' ',
    '\n',
    '\u3164',
    '\u2800\u00ad\ufe0f',
    '\u{e0041}',
    'a\u2028b',
    'a\u0085b',
    'a\u202eb',
    'a\u001b[31m',
    'a\u0000',
    'a\u2066b',
  ])('%j is none', async (reason) => {
    expect((await ask('POST', '/api/v1/tokens', { name: 'a', role: 'viewer', reason })).status).toBe(422);
  });
});
