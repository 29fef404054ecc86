import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { serin } from '../../support/server-process.ts';

const SAYS = `--import ${resolve(import.meta.dirname, '../../support/says-loaded.ts')}`;

it('a command that asks a server loads neither the judge nor its mathematics, which are most of the modules, nor what signs people in', async () => {
  const { code, stderr } = await serin(['list', '--server', 'http://127.0.0.1:1'], { env: { NODE_OPTIONS: SAYS } });
  expect(code, stderr).toBe(1);
  const loaded = JSON.parse(/loaded (.*)/.exec(stderr)?.[1] ?? '[]') as readonly string[];
  const rooms = new Set(loaded.map((url) => /\/src\/(\w+)\//.exec(url)?.[1]));
  expect([...rooms]).toContain('cli');
  for (const room of ['judge', 'controller', 'gateway', 'store']) expect([...rooms]).not.toContain(room);
  // What talks to OpenID providers is for signing in and renewing alone.
  expect(loaded.filter((url) => /\/(openid-client|oauth4webapi)\/|sign-in\/(provider|login)/.test(url))).toEqual([]);
  expect(loaded.filter((url) => url.includes('/src/stats/')).length).toBeLessThan(15);
});
