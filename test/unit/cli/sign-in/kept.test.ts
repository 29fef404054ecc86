import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signInByBrowser } from '../../../../src/cli/sign-in/by-browser.ts';
import { keptBearer, keptSignIn } from '../../../../src/cli/sign-in/kept-bearer.ts';
import { type KeptSignIn, keptPath, writeKept } from '../../../../src/cli/sign-in/kept-sign-in.ts';
import { oneAtATime } from '../../../../src/cli/sign-in/one-at-a-time.ts';
import { providerOf, signInOf } from '../../../../src/cli/sign-in/provider.ts';
import { wantedSignIn } from '../../../../src/cli/sign-in/wanted-sign-in.ts';
import { type CliSession, cliSession } from '../../../support/cli-session.ts';
import { SIGN_ON_CLIENT, type SignOnProvider, startSignOnProvider, visit } from '../../../support/sign-on-provider.ts';

const SERVER = 'https://serin.example.com';
let at: SignOnProvider;
let folder: string;
let session: CliSession;
let path: string;

beforeAll(async () => {
  at = await startSignOnProvider();
});

afterAll(() => at.close());

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'serin-kept-'));
  session = cliSession({ XDG_CONFIG_HOME: folder });
  path = keptPath(SERVER, session.env);
  at.grants.length = 0;
});

afterEach(() => {
  at.isDown = false;
  rmSync(folder, { recursive: true });
});

/** A real sign-in, kept as if it had been long ago. */
async function signedIn(change: Partial<KeptSignIn> = {}): Promise<KeptSignIn> {
  const session = cliSession();
  const offer = { issuer: at.url, clientId: SIGN_ON_CLIENT, scopes: ['openid'] };
  const provider = await providerOf(offer, session);
  const ended = signInByBrowser(provider, wantedSignIn(provider, offer), session, 'nothing', async (answer) =>
    signInOf(SERVER, offer, answer),
  );
  await expect.poll(() => session.said()).toMatch(/sign in at \S+\n/);
  await visit(/sign in at (\S+)/.exec(session.said())?.[1] ?? '', 'alice');
  const fresh = await ended;
  if (fresh === null) throw new Error('nobody signed in');
  const kept = { ...fresh, ...change };
  writeKept(path, kept);
  at.grants.length = 0;
  return kept;
}

const bearer = () => keptBearer(SERVER, session);
const now = () => keptSignIn(SERVER, session);
const OVER = { receivedAtMs: Date.now() - 600_000, expiresAtMs: Date.now() - 1_000 };
const DUE = { receivedAtMs: Date.now() - 600_000, expiresAtMs: Date.now() + 30_000 };

describe('what is kept', () => {
  it('is for its owner alone, and for one server', async () => {
    const kept = await signedIn();
    expect(now()).toEqual(kept);
    expect([statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777]).toEqual([0o600, 0o700]);
    for (const other of ['http://serin.example.com', 'https://serin.example.com:8443', 'https://serin.example.co']) {
      expect(keptSignIn(other, session)).toBeNull();
    }
    writeFileSync(keptPath('https://other.example.com', session.env), readFileSync(path), { mode: 0o600 });
    expect(() => keptSignIn('https://other.example.com', session)).toThrow(
      /keeps no sign-in for https:\/\/other\.example\.com, and it was not used/,
    );
  });

  it.each([0o640, 0o604, 0o620])('is not used where others may open it: mode %o', async (mode) => {
    await signedIn();
    chmodSync(path, mode);
    expect(now).toThrow(/^other users of this machine can open \S+, .* was not used: run `serin logout --server https/);
    await expect(bearer()).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('is written to a folder that is closed to others then', async () => {
    await signedIn();
    chmodSync(dirname(path), 0o777);
    await signedIn();
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  });

  it.each(['', '{', '[]', '{"server":"https://serin.example.com"}'])('that is broken is told of: %j', async (text) => {
    await signedIn();
    writeFileSync(path, text);
    expect(now).toThrow(/run `serin login --server https:\/\/serin\.example\.com`, which replaces it$/);
  });
});

describe('the token that is sent', () => {
  it('is the kept one until shortly before it expires', async () => {
    const kept = await signedIn();
    expect(await bearer()).toBe(kept.idToken);
    expect(at.grants).toEqual([]);
  });

  it('is renewed by a refresh token that is used once, however many commands there are at once', async () => {
    const kept = await signedIn(OVER);
    const got = await Promise.all(Array.from({ length: 8 }, bearer));
    expect(new Set(got).size).toBe(1);
    expect(at.grants).toEqual([{ type: 'refresh_token', status: 200 }]);
    const next = now();
    expect(next).toMatchObject({ server: SERVER, idToken: got[0], refreshToken: expect.any(String) });
    expect(next?.refreshToken).not.toBe(kept.refreshToken);
    expect(next?.expiresAtMs).toBeGreaterThan(Date.now() + 500_000);
    expect(existsSync(`${path}.lock`)).toBe(false);
    // The provider takes the old one for stolen, and ends everything that came of it.
    writeKept(path, { ...kept, ...OVER });
    await expect(bearer()).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('is over with a sentence that says what to do', async () => {
    await signedIn({ ...OVER, refreshToken: null });
    await expect(bearer()).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringMatching(
        /^your sign-in at https:\/\/serin\.example\.com is over: it ended at \d{4}-\S+Z, and \S+ gave nothing to renew it by; run `serin login --server https:\/\/serin\.example\.com`$/,
      ),
    });
    await signedIn({ ...OVER, refreshToken: 'unknown' });
    await expect(bearer()).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringMatching(/ is over: \S+ refused: invalid_grant.*; run `serin login --server /),
    });
    rmSync(path);
    await expect(bearer()).rejects.toMatchObject({
      message: expect.stringMatching(/there is none any more; run `serin/),
    });
  });

  it('does not suffer from a provider that is away until it expires, and is not over then', async () => {
    const kept = await signedIn(DUE);
    at.isDown = true;
    expect(await bearer()).toBe(kept.idToken);
    writeKept(path, { ...kept, ...OVER });
    await expect(bearer()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(/status 503/) });
    at.isDown = false;
    expect(await bearer()).toBe(now()?.idToken);
    expect(now()?.expiresAtMs).toBeGreaterThan(Date.now());
  });

  it("is nobody else's, whatever the provider answers", async () => {
    const [head, , signature] = (await signedIn()).idToken.split('.');
    const claims = Buffer.from(JSON.stringify({ sub: 'bob' })).toString('base64url');
    await signedIn({ ...OVER, idToken: [head, claims, signature].join('.') });
    await expect(bearer()).rejects.toMatchObject({
      message: expect.stringMatching(/is over: \S+ answered with the token of somebody else/),
    });
    expect(now()?.expiresAtMs).toBe(OVER.expiresAtMs);
  });
});

describe('the lock', () => {
  const wait = { signal: new AbortController().signal };

  it('lets one work after the other, also when one fails', async () => {
    const steps: string[] = [];
    const work = (name: string) => async () => {
      steps.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 30));
      steps.push(`${name} ends`);
      if (name === 'a') throw new Error('a fails');
    };
    const all = ['a', 'b', 'c'].map((name) => oneAtATime(path, wait.signal, work(name)));
    await Promise.allSettled(all);
    expect(steps).toHaveLength(6);
    for (let at = 0; at < 6; at += 2) expect(steps[at]?.[0]).toBe(steps[at + 1]?.[0]);
  });

  it('of a process that has died, or of another machine long ago, is taken over', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    await oneAtATime(path, wait.signal, async () => {});
    writeFileSync(`${path}.lock`, `${pid} ${hostname()}`);
    expect(await oneAtATime(path, wait.signal, async () => 'done')).toBe('done');
    writeFileSync(`${path}.lock`, `${pid} elsewhere`);
    const long = new Date(Date.now() - 61_000);
    utimesSync(`${path}.lock`, long, long);
    expect(await oneAtATime(path, wait.signal, async () => 'done')).toBe('done');
  });

  it('of one that lives is waited for', async () => {
    await oneAtATime(path, wait.signal, async () => {});
    writeFileSync(`${path}.lock`, `${process.pid} ${hostname()}`);
    const signal = AbortSignal.timeout(200);
    await expect(oneAtATime(path, signal, async () => 'done')).rejects.toThrow(/abort/);
    expect(existsSync(`${path}.lock`)).toBe(true);
  });
});
