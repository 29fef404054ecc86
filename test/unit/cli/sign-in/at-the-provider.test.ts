import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser } from '../../../../src/cli/sign-in/browser.ts';
import { signInByBrowser } from '../../../../src/cli/sign-in/by-browser.ts';
import { signInByDevice } from '../../../../src/cli/sign-in/by-device.ts';
import { providerOf, signInOf, type TokenAnswer } from '../../../../src/cli/sign-in/provider.ts';
import { wantedSignIn } from '../../../../src/cli/sign-in/wanted-sign-in.ts';
import { Problem } from '../../../../src/problem/problem.ts';
import { type CliSession, cliSession } from '../../../support/cli-session.ts';
import { SIGN_ON_CLIENT, type SignOnProvider, startSignOnProvider, visit } from '../../../support/sign-on-provider.ts';

const SERVER = 'https://serin.example.com';
let at: SignOnProvider;
let plain: SignOnProvider;
const offer = (of = at) => ({ issuer: of.url, clientId: SIGN_ON_CLIENT, scopes: ['openid'] });
const keep = async (answer: TokenAnswer) => signInOf(SERVER, offer(), answer);

beforeAll(async () => {
  at = await startSignOnProvider();
  plain = await startSignOnProvider({ offline: 'no', deviceCodeS: 1 });
});

afterAll(async () => {
  await at.close();
  await plain.close();
});

async function begin({ of = at, waitMs = 20_000, finish = keep } = {}) {
  const session = cliSession();
  const provider = await providerOf(offer(of), session);
  const ended = signInByBrowser(provider, wantedSignIn(provider, offer(of)), session, 'nothing', finish, waitMs);
  ended.catch(() => {});
  const url = await saying(session, /sign in at (\S+)/);
  return { session, ended, url, landing: new URL(new URL(url).searchParams.get('redirect_uri') ?? '') };
}

async function saying(session: CliSession, pattern: RegExp): Promise<string> {
  await expect.poll(() => session.said(), { timeout: 5_000 }).toMatch(pattern);
  return pattern.exec(session.said())?.[1] ?? '';
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

describe('by a browser', () => {
  it('gives an ID token for the client and a refresh token, and the page sends one back to the terminal', async () => {
    const { session, ended, url } = await begin();
    const asked = Object.fromEntries(new URL(url).searchParams);
    expect(asked).toMatchObject({
      client_id: SIGN_ON_CLIENT,
      code_challenge_method: 'S256',
      scope: 'openid offline_access',
      prompt: 'consent',
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/),
    });
    const page = await visit(url, 'alice');
    expect(page.status).toBe(200);
    expect(page.text).toMatch(/You are signed in to Serin: you may close this page and go back to the terminal\./);
    const kept = await ended;
    expect(claimsOf(kept?.idToken ?? '')).toMatchObject({
      iss: at.url,
      aud: SIGN_ON_CLIENT,
      sub: 'alice',
      nonce: asked['nonce'],
    });
    expect(kept).toMatchObject({ server: SERVER, issuer: at.url, refreshToken: expect.any(String) });
    expect((kept?.expiresAtMs ?? 0) - (kept?.receivedAtMs ?? 0)).toBe(600_000);
    expect(session.said()).not.toContain(kept?.idToken);
    await expect(fetch(page.url)).rejects.toThrow('fetch failed');
  });

  it('is not ended, answered or learnt from by what other pages send to the port', async () => {
    const { ended, url, landing } = await begin();
    const forged = async (change: (url: URL) => void) => {
      const to = new URL(landing);
      change(to);
      return fetch(to, { headers: { origin: 'https://evil.example' } });
    };
    const answers = [
      await forged((to) => to.searchParams.set('error', 'access_denied')),
      await forged((to) => (to.search = '?code=stolen&state=guessed')),
      await forged((to) => (to.pathname = '/')),
      await fetch(landing, { method: 'POST' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 404, 405]);
    expect(await answers[1]?.text()).toMatch(/not from the sign-in that the terminal waits for, and nothing was done/);
    expect(answers[1]?.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    expect(answers.some(({ headers }) => headers.has('access-control-allow-origin'))).toBe(false);
    // A name that a page has pointed at this machine.
    const state = new URL(url).searchParams.get('state');
    const rebound = new Promise<number | undefined>((resolve, reject) => {
      const { port } = landing;
      const sent = request({
        port,
        host: '127.0.0.1',
        path: `/callback?code=c&state=${state}`,
        headers: { host: `evil.example:${port}` },
      });
      sent
        .on('response', (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(await rebound).toBe(404);
    expect((await visit(url, 'alice')).status).toBe(200);
    expect(await ended).not.toBeNull();
  });

  it('takes no code that the provider did not give for this sign-in', async () => {
    const { ended, url, landing } = await begin();
    landing.search = `?code=stolen&iss=${encodeURIComponent(at.url)}&state=${new URL(url).searchParams.get('state')}`;
    const page = await fetch(landing);
    expect([page.status, await page.text()]).toEqual([
      400,
      expect.stringMatching(/You are not signed in: \S+ refused: invalid_grant/),
    ]);
    await expect(ended).rejects.toMatchObject({ code: 'refused', message: expect.stringMatching(/invalid_grant/) });
  });

  it('says on both sides that somebody refused', async () => {
    const { ended, url } = await begin();
    const page = await visit(url, 'alice', 'denies');
    expect(page.text).toMatch(/You are not signed in: \S+ refused: access_denied/);
    await expect(ended).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/refused: access_denied/),
    });
  });

  it('says on both sides what the server has against it, as text', async () => {
    const finish = async () => {
      throw new Problem('forbidden', 'no <b>role</b> for you');
    };
    const { ended, url } = await begin({ finish });
    expect((await visit(url, 'mallory')).text).toContain(
      'You are not signed in: no &#60;b&#62;role&#60;/b&#62; for you.',
    );
    await expect(ended).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('waits so long and no longer', async () => {
    expect(await (await begin({ waitMs: 100 })).ended).toBeNull();
  });

  it('asks for no refresh token where the provider gives none', async () => {
    const { ended, url } = await begin({ of: plain });
    expect(new URL(url).searchParams.get('scope')).toBe('openid');
    expect(new URL(url).searchParams.has('prompt')).toBe(false);
    await visit(url, 'alice');
    expect((await ended)?.refreshToken).toBeNull();
  });
});

describe('by a code on another device', () => {
  async function device(of = at) {
    const session = cliSession();
    const provider = await providerOf(offer(of), session);
    const ended = signInByDevice(provider, wantedSignIn(provider, offer(of)), session);
    ended.catch(() => {});
    const url = await saying(session, /or open (\S+)/);
    return { session, ended, url };
  }

  it('polls until somebody has signed in', async () => {
    const { session, ended, url } = await device();
    expect(session.said()).toMatch(/open http:\S+\/device in any browser and enter the code [A-Z]{4}-[A-Z]{4}\n/);
    await expect.poll(() => at.grants.filter(({ status }) => status === 400).length).toBeGreaterThan(0);
    await visit(url, 'bob');
    const answer = await ended;
    expect(answer?.claims()?.sub).toBe('bob');
    expect(answer?.refresh_token).toBeDefined();
  });

  it('says that somebody refused', async () => {
    const { ended, url } = await device();
    await visit(url, 'bob', 'denies');
    await expect(ended).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/refused: access_denied/),
    });
  });

  it('ends with the code, however the provider was meanwhile', async () => {
    const { ended } = await device(plain);
    expect(await ended).toBeNull();
    const again = await device(plain);
    plain.isDown = true;
    await expect(
      again.ended.finally(() => {
        plain.isDown = false;
      }),
    ).rejects.toMatchObject({ code: 'unavailable' });
  });
});

it('a provider that is not one, or not there, is told of', async () => {
  const session = cliSession();
  const gone = await startSignOnProvider();
  await gone.close();
  const away = { ...offer(), issuer: gone.url };
  await expect(providerOf(away, session)).rejects.toMatchObject({
    code: 'unavailable',
    message: `cannot reach ${gone.url}: ECONNREFUSED`,
  });
  const other = { ...offer(), issuer: `${at.url}/other` };
  await expect(providerOf(other, session)).rejects.toMatchObject({
    message: expect.stringMatching(/\/other answered cannot be used/),
  });
  const unsafe = { ...offer(), issuer: 'http://login.example.com' };
  await expect(providerOf(unsafe, session)).rejects.toMatchObject({
    message: expect.stringMatching(/only requests to HTTPS are allowed/),
  });
});

it.each([
  [{ DISPLAY: ':0' }, 'linux', true],
  [{ WAYLAND_DISPLAY: 'wayland-0' }, 'linux', true],
  [{}, 'linux', false],
  [{ DISPLAY: ':10', SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' }, 'linux', false],
  [{}, 'darwin', true],
  [{ SSH_TTY: '/dev/ttys1' }, 'darwin', false],
  [{}, 'win32', true],
] as const)('with %o on %s there is a browser to open: %s', (env, platform, is) => {
  expect(hasBrowser({ env }, platform)).toBe(is);
});
