import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { toy } from '../support/cast.ts';
import { serinHere } from '../support/serin-here.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

let toys: readonly ToyUpstream[];
let home: Home;
let server: ServerProcess;

beforeAll(async () => {
  toys = await Promise.all([toy('v1'), toy('v2'), toy('v3')]);
  home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
routes:
  - { name: shop, stable: { url: "${toys[0]?.url}", version: v1 }, policy: standard, consumerKey: { header: x-api-key } }
`);
  server = await startServerProcess(home);
});
afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  await Promise.all(toys.map((one) => one.close()));
  home.remove();
});

const run = (...args: string[]) =>
  serinHere([...args, '--reason', 'tried'], {
    env: { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() },
  });
const start = (version: 'v2' | 'v3') =>
  run('start', 'shop', '--canary', toys[version === 'v2' ? 1 : 2]?.url ?? '', '--version-name', version);

it('a refused start names the flag that goes on, and the API its field', { timeout: 60_000 }, async () => {
  expect((await start('v2')).code).toBe(0);
  expect((await start('v3')).stderr).toBe(
    'serin: shop already rolls out v2: wait for its end, or replace it\n  --replace: supersedes the rollout that runs\n',
  );
  expect((await run('rollback', 'shop')).code).toBe(0);
  expect((await start('v2')).stderr).toBe(
    'serin: v2 was rolled back before (local admin: “tried”), and is only started again by force\n  --force: starts it all the same; give the reason\n',
  );
  const answer = await fetch(`${server.controlUrl}/api/v1/rollouts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${home.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ route: 'shop', canaryUrl: toys[1]?.url, version: 'v2', reason: 'tried' }),
  });
  expect([answer.status, await answer.json()]).toEqual([
    409,
    expect.objectContaining({ errors: [expect.objectContaining({ pointer: '#/force' })] }),
  ]);
});

it('a fault is named as it was typed', async () => {
  expect((await run('consumers', 'add', 'shop', 'acme', '--to', 'canary')).stderr).toBe(
    'serin: consumer acme is not listed yet: its key is needed\n  --key-env NAME: is needed for a consumer that is not listed yet\n',
  );
  expect((await run('token', 'create', '!bad', '--role', 'viewer')).stderr).toMatch(
    /^serin: name: must be at most 100/,
  );
});

it('no reason is asked for in plain words', async () => {
  const env = { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() };
  expect((await serinHere(['consumers', 'remove', 'shop', 'acme'], { env })).stderr).toBe(
    'serin: say why with --reason; it is kept in the audit log\n',
  );
});
