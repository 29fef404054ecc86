import { beforeEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { type FakeControl, fakeControl, TOKENS } from '../../support/fake-control.ts';

const HERE = 'http://serin.test:7780';
const ABORT = '/api/v1/rollouts/019ac000-0000-7000-8000-000000000099/abort';
const JSON_TYPE = { 'content-type': 'application/json' };
type Fields = Readonly<Record<string, string>>;

let control: FakeControl;
let app: ReturnType<typeof controlApi>;

const OPTIONS = { isOwnName: (name: string) => name === 'serin.test', now: () => 0 };

const ask = (method: string, path: string, headers: Fields, body?: object, at = HERE) =>
  app.request(`${at}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
const me = (headers: Fields) => ask('GET', '/api/v1/me', headers);
const statusOf = async (answer: Response | Promise<Response>) => (await answer).status;
const detailOf = async (answer: Response) => ((await answer.json()) as { readonly detail: string }).detail;

describe('without credentials', () => {
  beforeEach(() => {
    control = fakeControl();
    app = controlApi(control, { ...OPTIONS, anonymous: 'viewer' });
  });
  const statusFor = (method: string, path: string, headers: Fields = {}) => statusOf(ask(method, path, headers));

  it('nobody may read, unless the configuration says so', async () => {
    const usual = controlApi(control, OPTIONS);
    expect(await statusOf(usual.request(`${HERE}/api/v1/rollouts`))).toBe(401);
    expect(await statusFor('GET', '/api/v1/rollouts')).toBe(200);
  });

  it('everybody is a viewer called anonymous', async () => {
    expect(await (await me({})).json()).toMatchObject({
      name: 'anonymous',
      role: 'viewer',
      via: 'anonymous',
      subject: null,
      until: null,
    });
    expect(await statusFor('HEAD', '/api/v1/audit')).toBe(200);
    expect(await statusFor('GET', '/api/v1/tokens')).toBe(403);
    expect(await statusFor('GET', '/api/v1/rollouts', { authorization: 'Basic dTpw' })).toBe(200);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    '%s is refused, from the page of this server too',
    async (method) => {
      for (const path of ['/api/v1/rollouts', ABORT, '/api/v1/routes/payments/consumers/acme', '/api/v1/nothing']) {
        const answer = await ask(method, path, { ...JSON_TYPE, origin: HERE, 'sec-fetch-site': 'same-origin' });
        expect([answer.status, await detailOf(answer)]).toEqual([
          401,
          'without a token or a session one may only read here',
        ]);
      }
    },
  );

  it('that is what it means: a token or a session that does not hold is refused', async () => {
    for (const authorization of ['Bearer unknown', 'Bearer a b', TOKENS.viewer, '']) {
      expect([authorization, await statusFor('GET', '/api/v1/rollouts', { authorization })]).toEqual([
        authorization,
        401,
      ]);
    }
    expect(await statusFor('GET', '/api/v1/rollouts', { cookie: 'serin-7780=old' })).toBe(401);
    expect(await statusFor('GET', '/api/v1/rollouts', { cookie: 'theme=dark' })).toBe(200);
  });

  it('a page of another host reads nothing', async () => {
    expect(await statusOf(ask('GET', '/api/v1/rollouts', {}, undefined, 'http://evil.example'))).toBe(421);
    expect(await statusFor('GET', '/api/v1/rollouts', { origin: 'https://evil.example' })).toBe(403);
  });

  it('one may still sign in', async () => {
    const signedIn = await ask('POST', '/api/v1/session', { ...JSON_TYPE, origin: HERE }, { token: TOKENS.operator });
    const [cookie = ''] = signedIn.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
    expect(await (await me({ cookie })).json()).toMatchObject({ role: 'operator', via: 'session' });
  });
});
