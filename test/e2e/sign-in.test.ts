import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serinHere } from '../support/serin-here.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';
import { SIGN_ON_CLIENT, type SignOnProvider, startSignOnProvider, visit } from '../support/sign-on-provider.ts';

let provider: SignOnProvider;
let home: Home;
let server: ServerProcess;
let kept: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  provider = await startSignOnProvider();
  home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control:
  listen: 127.0.0.1:0
  oidc:
    issuer: ${provider.url}
    clientId: ${SIGN_ON_CLIENT}
    roles: { claim: groups, map: { alice-team: operator, bob-team: viewer } }
routes:
  - { name: shop, path: /shop, stable: "http://127.0.0.1:9", policy: standard, consumerKey: { header: x-api-key } }
`);
  server = await startServerProcess(home);
  kept = join(home.folder, 'config', 'serin', `${encodeURIComponent(server.controlUrl)}.json`);
  const programs = join(home.folder, 'programs');
  mkdirSync(programs);
  writeFileSync(join(programs, 'xdg-open'), '#!/bin/sh\nprintf %s "$1" > "$OPENED"\n', { mode: 0o755 });
  env = {
    PATH: `${programs}${delimiter}${process.env['PATH']}`,
    OPENED: join(home.folder, 'opened'),
    XDG_CONFIG_HOME: join(home.folder, 'config'),
    SERIN_SERVER: server.controlUrl,
    SERIN_DATA: join(home.folder, 'nothing'),
    SSH_CONNECTION: '',
    SSH_TTY: '',
    DISPLAY: ':0',
    ACME_KEY: 'k-acme',
  };
});

afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  await provider.close();
  home.remove();
});

const here = (line: string, more: NodeJS.ProcessEnv = {}) => serinHere(line.split(' '), { env: { ...env, ...more } });

/** `serin login` as a process, and somebody who goes where it says. */
async function login(name: string, line: string, address: RegExp) {
  const { promise: told, resolve } = Promise.withResolvers<string>();
  const ended = serin(line.split(' '), {
    env: { ...process.env, ...env },
    onStderr: (said) => {
      const url = address.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    },
  });
  const url = await Promise.race([told, ended.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
  const page = await visit(url, name);
  return { ...(await ended), url, page };
}

const byBrowser = (name: string) => login(name, 'login', /sign in at (\S+)\n/);

describe('somebody who signs in on the command line', { shuffle: false }, () => {
  it('is sent to the provider by a browser that is opened, and comes back as who they are', async () => {
    const { code, stdout, stderr, url, page } = await byBrowser('alice');
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(
      /^serin: signed in at http:\S+ as alice \(operator\), renewed by itself as long as the provider lets it$/m,
    );
    expect(page.text).toMatch(/go back to the terminal/);
    expect(readFileSync(join(home.folder, 'opened'), 'utf8')).toBe(url);
    expect([statSync(kept).mode & 0o777, readdirSync(join(home.folder, 'config', 'serin'))]).toEqual([
      0o600,
      [expect.stringMatching(/json$/)],
    ]);
    const { idToken, refreshToken } = JSON.parse(readFileSync(kept, 'utf8')) as Record<string, string>;
    const all = stderr + page.text + server.output();
    for (const secret of [idToken, refreshToken]) expect(all.includes(secret ?? '?')).toBe(false);
  });

  it('is told who that is, by which means and until when', async () => {
    expect(JSON.parse((await here('whoami -o json')).stdout)).toMatchObject({
      server: server.controlUrl,
      by: 'sign-in',
      issuer: provider.url,
      renews: true,
      name: 'alice',
      role: 'operator',
      via: 'oidc',
      subject: `${provider.url}#alice`,
      expiresAt: expect.stringMatching(/Z$/),
    });
    expect((await here('whoami')).stdout).toMatch(
      /^alice +operator +- +sign-in at http:\S+ +\S+Z, then renewed +http:/m,
    );
    const byToken = await here('whoami', { SERIN_TOKEN: home.token() });
    expect(byToken.stdout).toMatch(/^local admin +admin +- +token \(--token, SERIN_TOKEN\)/m);
    // The admin token lies ready, and is not who they are.
    expect((await here('whoami', { SERIN_DATA: join(home.folder, '.serin') })).stdout).toMatch(/^alice /m);
  });

  it('acts by that, and the audit says who it was', async () => {
    const added = await here('consumers add shop acme --key-env ACME_KEY --to stable --reason tried');
    expect([added.code, added.stdout]).toEqual([0, expect.stringMatching(/acme gets stable/)]);
    expect((await here('audit --limit 1')).stdout).toMatch(/alice/);
    expect(await here('token list')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/needs the role admin; alice is operator/),
    });
  });

  it('has one renewal for two commands at once', async () => {
    const before = JSON.parse(readFileSync(kept, 'utf8')) as object;
    writeFileSync(kept, JSON.stringify({ ...before, receivedAtMs: 0, expiresAtMs: 1 }));
    const refreshes = () => provider.grants.filter(({ type }) => type === 'refresh_token');
    const both = await Promise.all([1, 2].map(() => serin(['whoami'], { env })));
    expect(both.map(({ code, stdout }) => [code, /^alice /m.test(stdout)])).toEqual([
      [0, true],
      [0, true],
    ]);
    expect(refreshes()).toEqual([{ type: 'refresh_token', status: 200 }]);
  });

  it('has no entry without a role, and nothing changes', async () => {
    const before = readFileSync(kept, 'utf8');
    const { code, stderr, page } = await byBrowser('mallory');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/signed you in, but http:\S+ did not take its token, which was not kept: .*groups/),
    ]);
    expect(page.text).toMatch(/You are not signed in: .*groups/);
    expect(readFileSync(kept, 'utf8')).toBe(before);
    expect(provider.revocations).toEqual([200]);
  });

  it('is not sent to another address, and no file that others may read is used', async () => {
    const other = server.controlUrl.replace('127.0.0.1', 'localhost');
    const elsewhere = await here(`whoami --server ${other}`);
    expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringMatching(/sign in with `serin login`/)]);
    chmodSync(kept, 0o644);
    const open = await here('whoami');
    expect([open.code, open.stderr]).toEqual([2, expect.stringMatching(/other users of this machine can open/)]);
  });

  it('signs out here and at the provider', async () => {
    provider.revocations.length = 0;
    const out = await here('logout');
    expect([out.code, out.stderr]).toEqual([
      0,
      expect.stringMatching(/^serin: signed out of http:\S+ and at http:\S+; a copy of its last token/),
    ]);
    expect([existsSync(kept), provider.revocations]).toEqual([false, [200]]);
    expect((await here('logout')).stderr).toMatch(/nobody is signed in at/);
    expect(await here('whoami')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/sign in with `serin login`/),
    });
  });

  it('needs no browser on this machine', async () => {
    const { code, stderr } = await login('bob', 'login --device', /or open (\S+)\n/);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/enter the code \S+\n[\s\S]* as bob \(viewer\), renewed/),
    ]);
    provider.isDown = true;
    const out = await here('logout');
    provider.isDown = false;
    expect([out.code, out.stderr]).toEqual([
      1,
      expect.stringMatching(/signed out of \S+ on this machine, but not at the provider, where .*503/),
    ]);
    expect(existsSync(kept)).toBe(false);
  });
});
