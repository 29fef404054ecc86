import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { toy } from '../support/cast.ts';
import { serinHere } from '../support/serin-here.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: mine }
spec:
  steps:
    - { weight: 1%, dwell: 1h }
`;

describe('what is not there is said to be not there', () => {
  let stable: ToyUpstream;
  let home: Home;
  let server: ServerProcess;

  beforeAll(async () => {
    stable = await toy('v1');
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
policies: [mine.yaml]
routes:
  - { name: shop, path: /shop, stable: "${stable.url}", policy: mine }
  - { name: pay, path: /pay, stable: "${stable.url}", policy: mine, consumerKey: { header: x-api-key } }
`);
    home.write('mine.yaml', POLICY);
    server = await startServerProcess(home);
  });

  afterAll(async () => {
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    await stable.close();
    home.remove();
  });

  const run = (...words: readonly string[]) => {
    const place =
      words[0] === 'force-token'
        ? ['--config', home.configFile]
        : ['--server', server.controlUrl, '--data-folder', join(home.folder, '.serin')];
    return serinHere([...words.map((word) => (word === 'mine.yaml' ? join(home.folder, word) : word)), ...place]);
  };

  it.each([
    'list --route nope',
    'get nope',
    'status nope',
    'audit nope',
    'pause nope --reason x',
    'start nope --canary http://127.0.0.1:9/ --reason x',
    'consumers list nope',
    'consumers add nope acme --to canary --reason x',
    'consumers remove nope acme --reason x',
    'validate --online mine.yaml --route nope',
    'force-token nope',
  ])('%s names the routes that there are, and exits with 1', async (command) => {
    const { code, stderr } = await run(...command.split(' '));
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('there is no route nope; serin.yaml declares shop, pay'),
    ]);
  });

  it('says which route may have been meant, and tells a route without a rollout from none', async () => {
    expect((await run('get', 'shp')).stderr).toContain('declares shop, pay, did you mean shop?');
    expect(await run('get', 'shop')).toMatchObject({ code: 1, stderr: 'serin: route shop has no rollout yet\n' });
    expect((await run('audit', 'shop')).code).toBe(0);
    expect((await run('list', '--route', 'shop')).code).toBe(0);
    const start = ['start', 'shop', '--canary', 'http://127.0.0.1:9/', '--reason', 'x'];
    expect(await run(...start, '--policy', 'mime')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no policy mime; there are .*mine.*, did you mean mine\?/),
    });
    const id = '019ac000-0000-7000-8000-000000000001';
    expect(await run('audit', '--rollout', id)).toMatchObject({
      code: 1,
      stderr: `serin: there is no rollout ${id}\n`,
    });
  });

  it('lists no consumer of a route that cannot know one, and says what to declare', async () => {
    const add = (route: string) =>
      run('consumers', 'add', route, 'acme', '--key-env', 'PATH', '--to', 'canary', '--reason', 'x');
    const refused = await add('shop');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('declare consumerKey: { header: x-api-key } or { query: NAME } in serin.yaml');
    expect(await add('pay')).toMatchObject({ code: 0, stdout: expect.stringContaining('acme gets canary') });
  });
});
