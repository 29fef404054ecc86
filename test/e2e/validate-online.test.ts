import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PolicyCheckView } from '../../src/api/view-schemas.ts';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { toy } from '../support/cast.ts';
import { serinHere } from '../support/serin-here.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { closedPort, httpUpstream, type TestUpstream } from '../support/upstream.ts';

const policy = (source: string, query: string) => `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: mine }
spec:
  steps:
    - { weight: 10%, dwell: 1h }
  checks:
    queries:
      queue:
        source: ${source}
        query: ${query}
        worse: higher
`;

const DEPTH = '"/stats/{{version}}#/queue/depth"';

interface Online {
  readonly ok: boolean;
  readonly online: PolicyCheckView;
}

describe('a policy with a query, tried against the sources of an installation', () => {
  let stable: ToyUpstream;
  let canary: ToyUpstream;
  let stats: TestUpstream;
  let home: Home;
  let server: ServerProcess;
  const asked: string[] = [];

  beforeAll(async () => {
    stable = await toy('v1');
    canary = await toy('v2');
    stats = await httpUpstream((request, response) => {
      asked.push(`${request.headers.authorization} ${request.url}`);
      const known = /^\/stats\/(v1|v2)$/.exec(request.url ?? '')?.[1];
      response.writeHead(known ? 200 : 404).end(JSON.stringify({ queue: { depth: known === 'v1' ? 7 : [8, 9] } }));
    });
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
policies: [mine.yaml]
sources:
  jobs: { kind: json, url: "${stats.url}", auth: { bearer: "\${JOBS_TOKEN}" } }
  gone: { kind: prometheus, url: "http://127.0.0.1:${await closedPort()}" }
routes:
  - { name: shop, path: /shop, stable: { url: "${stable.url}", version: v1 }, policy: mine }
`);
    home.write('mine.yaml', policy('jobs', DEPTH));
    server = await startServerProcess(home, { JOBS_TOKEN: 's3cret' });
  });

  afterAll(async () => {
    server.child.kill('SIGTERM');
    await server.ended;
    await Promise.all([stable.close(), canary.close(), stats.close()]);
    home.remove();
  });

  const run = (...args: readonly string[]) =>
    serinHere(
      args.map((arg) => (arg.endsWith('.yaml') ? join(home.folder, arg) : arg)),
      { env: { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() } },
    );

  const start = (version: string) =>
    run('start', 'shop', '--canary', `${canary.url}/`, '--version-name', version, '--reason', 'release');

  it('shows what came back for each version', async () => {
    home.write('good.yaml', policy('jobs', DEPTH));
    const { code, stdout } = await run('validate', '--online', 'good.yaml', '--canary', 'v2', '-o', 'json');
    const [{ ok, online }] = JSON.parse(stdout) as [Online];
    expect([code, ok, online.route]).toEqual([0, true, 'shop']);
    expect(online.answers).toEqual([
      { what: 'queue', source: 'jobs', track: 'stable', version: 'v1', outcome: 'value', value: 7, says: '7' },
      {
        what: 'queue',
        source: 'jobs',
        track: 'canary',
        version: 'v2',
        outcome: 'value',
        value: [8, 9],
        says: '2 values: 8, 9',
      },
    ]);
    expect(asked).toEqual(expect.arrayContaining(['Bearer s3cret /stats/v1', 'Bearer s3cret /stats/v2']));
  });

  it.each([
    [
      'selects nothing for a version',
      policy('jobs', DEPTH),
      /:11:16 queue of the canary v9: its endpoint answered 404/,
    ],
    [
      'points at nothing',
      policy('jobs', '"/stats/{{version}}#/depth"'),
      /:11:16 queue of the stable v1: there is nothing/,
    ],
    ['is no path', policy('jobs', '"stats/{{version}}"'), /:11:16 queue: it is no path/],
    ['is the same for both', policy('jobs', '/stats/v1#/queue/depth'), /:11:16 queue: it names none of/],
    ['has no source', policy('nowhere', DEPTH), /:10:17 queue: serin\.yaml declares no source nowhere/],
  ])('a query that %s is an error with its place', async (_, text, says) => {
    home.write('other.yaml', text);
    const { code, stderr } = await run('validate', '--online', 'other.yaml', '--canary', 'v9');
    expect([code, stderr]).toEqual([2, expect.stringMatching(says)]);
    expect(stderr).toMatch(/\n +(query|source): .*\n +\^\n/);
  });

  it('a source that cannot be reached is said as such, and is no fault of the policy', async () => {
    home.write('other.yaml', policy('gone', `'depth{version="{{version}}"}'`));
    const { code, stdout, stderr } = await run('validate', '--online', 'other.yaml');
    expect([code, stderr]).toEqual([1, 'the source gone cannot be reached: it did not answer: ECONNREFUSED\n']);
    expect(stdout).toContain('other.yaml: valid as far as it could be tried');
  });

  it('a rollout is refused by the same check, and starts when its queries answer for the stable', async () => {
    home.write('mine.yaml', policy('gone', `'depth{version="{{version}}"}'`));
    const refused = await start('v9');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/the policy does not pass preflight: the source gone cannot be reached/),
    ]);
    expect(JSON.parse((await run('list', '-o', 'json')).stdout)).toEqual([]);

    home.write('mine.yaml', policy('jobs', DEPTH));
    const started = await start('v9');
    expect([started.code, started.stderr]).toEqual([0, '']);
    const { stdout } = await run('validate', '--online', 'mine.yaml', '-o', 'json');
    const [{ online }] = JSON.parse(stdout) as [Online];
    // The canary has no values before its first request.
    expect(online.answers.map(({ version, outcome }) => [version, outcome])).toEqual([
      ['v1', 'value'],
      ['v9', 'nothing'],
    ]);
  });
});
