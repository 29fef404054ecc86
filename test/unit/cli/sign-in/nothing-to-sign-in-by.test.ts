import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openShell, type Shell } from '../harness.ts';

let shell: Shell;
let env: Record<string, string>;

beforeAll(async () => {
  shell = await openShell();
  env = { XDG_CONFIG_HOME: mkdtempSync(join(tmpdir(), 'serin-none-')) };
});

afterAll(async () => {
  rmSync(env['XDG_CONFIG_HOME'] ?? '', { recursive: true });
  await shell.stop();
});

it('a Serin without a provider, or from before there was sign-on, says how one gets in', async () => {
  const says = `serin: ${shell.url} has no OpenID provider (control.oidc of its serin.yaml), so nobody signs in there: give a token with --token or SERIN_TOKEN; an admin makes one by \`serin token create\`\n`;
  expect(await shell.run('login', { env })).toEqual({ code: 1, out: '', err: says });
  const before: typeof fetch = (to, options) => {
    const { href } = to instanceof Request ? new URL(to.url) : new URL(to);
    return fetch(href.replace('/sign-in', '/never-was'), options);
  };
  expect(await shell.run('login', { env, fetch: before })).toEqual({ code: 1, out: '', err: says });
});

it('a provider without a client for the command line is told of', async () => {
  const { mood } = shell.control;
  mood.oidc = { issuer: 'https://login.example.com', label: 'login', clientId: null, scopes: ['openid'] };
  const { code, err } = await shell.run('login', { env });
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/names no client for `serin login` \(control\.oidc\.loginClientId /),
  ]);
  mood.oidc = null;
});

it('a token that is longer than Serin takes is not sent', async () => {
  const { code, err } = await shell.run('list', { env: { SERIN_TOKEN: 'x'.repeat(8_193) } });
  expect([code, err]).toEqual([
    2,
    'serin: the token (--token, SERIN_TOKEN) has 8193 characters, and Serin takes 8192\n',
  ]);
});

it('a home that is of another user has no sign-in', async () => {
  const { code, err } = await shell.run('whoami', {
    env: { XDG_CONFIG_HOME: '/dev/null', SERIN_DATA: '/dev/null', SERIN_TOKEN: undefined },
  });
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/\(--token or SERIN_TOKEN, or sign in with `serin login`\)$/m),
  ]);
});
