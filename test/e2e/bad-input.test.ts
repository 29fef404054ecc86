import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { toy } from '../support/cast.ts';
import { placeDatabase } from '../support/made-database.ts';
import { serinHere } from '../support/serin-here.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: mine }
spec:
  steps:
    - { weight: 1%, dwell: 1h }
    - { weight: 50%, dwell: 1h }
`;

const config = (stable: string, more = '') => `gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
policies: [mine.yaml]
routes:
  - name: shop
    path: /shop
    ${stable}
    policy: mine
${more}`;

const homes: Home[] = [];

function home(stable = 'stable: http://127.0.0.1:9001', policy = POLICY, more = ''): Home {
  const made = makeHome(config(stable, more));
  made.write('mine.yaml', policy);
  homes.push(made);
  return made;
}

const serve = ({ folder, configFile }: Home) => serin(['serve', '--config', configFile], { cwd: folder });
/** For a file with which it does not come to serving. */
const serveHere = ({ configFile }: Home) => serinHere(['serve', '--config', configFile]);

afterAll(() => {
  for (const { remove } of homes) remove();
});

describe('a file that is not right', () => {
  it.each([
    [
      'an unknown key',
      serin,
      'dwell: 1h }\n    - { weight: 50%',
      'dwel: 1h }\n    - { weight: 50%',
      /mine\.yaml:6:\d+ .*dwel.*did you mean.*dwell/is,
    ],
    ['falling weights', serinHere, 'weight: 50%', 'weight: 0.5%', /mine\.yaml:7:\d+ weight must rise: 0\.5% after 1%/],
    [
      'half of a character, which no database stores',
      serinHere,
      'weight: 50%',
      'weight: "50% \\ud83d"',
      /mine\.yaml:7:\d+ a text must not contain NUL or a lone surrogate/,
    ],
    ['a weight of 101 %', serinHere, 'weight: 50%', 'weight: 101%', /mine\.yaml:7:\d+ .*at most 100%/],
  ])('%s: validate and serve both exit with 2, the place, the line and a caret', async (_, run, from, to, message) => {
    const broken = home(undefined, POLICY.replace(from, to));
    const validated = await run(['validate', `${broken.folder}/mine.yaml`]);
    expect([validated.code, validated.stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(validated.stderr).toMatch(/\n +- .*\n +\^/);
    const served = await run(['serve', '--config', broken.configFile]);
    expect([served.code, served.stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it.each([
    ['no upstream', 'policy: mine #', /serin\.yaml:5:\d+ .*stable/],
    ['an upstream that is no URL', 'stable: payments', /serin\.yaml:7:\d+ .*http or https URL/],
    [
      'stickiness by a consumer whom nothing shows',
      'stable: http://127.0.0.1:9001\n    sticky: consumer',
      /serin\.yaml:8:\d+ route shop is sticky by consumer, but does not say where .* \(consumerKey\)/,
    ],
    ['an upstream with credentials', 'stable: "http://me:secret@host/"', /serin\.yaml:7:\d+ .*user info/],
  ])('%s: serve exits with 2 and the place', async (_, stable, message) => {
    const text = config(stable).replace(stable.startsWith('policy') ? '    policy: mine\n' : 'nothing', '');
    const made = makeHome(text);
    homes.push(made);
    made.write('mine.yaml', POLICY);
    const { code, stderr } = await serveHere(made);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(stderr).not.toContain('secret@');
  });

  it('a policy that nobody wrote, a route declared twice, a secret that is not set', async () => {
    const unknown = makeHome(config('stable: http://127.0.0.1:9001').replace('policy: mine', 'policy: brave'));
    const twice = home(undefined, POLICY, '  - { name: shop, path: /b, stable: "http://127.0.0.1:1", policy: mine }\n');
    const secret = home(undefined, POLICY, 'channels: { pagerduty: { routingKey: "${NOT_SET_ANYWHERE}" } }\n');
    unknown.write('mine.yaml', POLICY);
    const unwritten = makeHome(config('stable: http://127.0.0.1:9001'));
    homes.push(unknown, unwritten);
    const [first, second, third, fourth] = await Promise.all([unknown, twice, secret, unwritten].map(serveHere));
    expect([fourth?.code, fourth?.stderr]).toEqual([
      2,
      expect.stringMatching(/serin\.yaml:\d+:\d+ .*mine\.yaml does not exist/),
    ]);
    expect([first?.code, first?.stderr]).toEqual([
      2,
      expect.stringMatching(/serin\.yaml:8:\d+ route shop names the policy brave; there are .*mine/),
    ]);
    expect([second?.code, second?.stderr]).toEqual([
      2,
      expect.stringMatching(/serin\.yaml:9:\d+ the route shop is declared twice/),
    ]);
    expect([third?.code, third?.stderr]).toEqual([
      2,
      expect.stringContaining('the secret ${NOT_SET_ANYWHERE} is not set'),
    ]);
  });

  it('a file that is not there', async () => {
    const { code, stderr } = await serin(['serve', '--config', 'nowhere.yaml']);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^serin: \/.*\/nowhere\.yaml does not exist; name the file with --config\n$/),
    ]);
  });
});

describe('a server that runs', () => {
  let stable: ToyUpstream;
  let canary: ToyUpstream;
  let served: Home;
  let server: ServerProcess;

  beforeAll(async () => {
    [stable, canary] = await Promise.all([toy('v1'), toy('v2')]);
    served = home(`stable: { url: "${stable.url}", version: v1 }`);
    server = await startServerProcess(served);
  });

  afterAll(async () => {
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    await Promise.all([stable.close(), canary.close()]);
  });

  const asAdmin = (args: readonly string[]) =>
    serinHere([...args, '--server', server.controlUrl, '--data-folder', `${served.folder}/.serin`]);

  it('keeps a second process off its data folder, and loses nothing by it', async () => {
    const { code, stderr } = await serve(served);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`in use.*${server.child.pid}`));
    expect((await fetch(`${server.controlUrl}/readyz`)).status).toBe(200);
  });

  it.each(['gateway', 'control'])('says which port is in use when the %s listener cannot have it', async (listener) => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    const { port } = taken.address() as AddressInfo;
    const other = makeHome(
      config('stable: http://127.0.0.1:9001').replace(
        `${listener}: { listen: 127.0.0.1:0 }`,
        `${listener}: { listen: 127.0.0.1:${port} }`,
      ),
    );
    other.write('mine.yaml', POLICY);
    homes.push(other);
    await placeDatabase(join(other.folder, '.serin'));
    const { code, stderr } = await serve(other);
    expect([code, stderr]).toEqual([1, expect.stringMatching(new RegExp(`port ${port}.*in use`, 'i'))]);
    await new Promise((done) => taken.close(done));
  });

  it('refuses a canary that does not answer preflight, and starts nothing', async () => {
    const { code, stderr } = await asAdmin(['start', 'shop', '--canary', 'http://127.0.0.1:1/', '--reason', 'ready']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('the canary does not pass preflight: ')]);
    expect((await asAdmin(['list', '-o', 'json'])).stdout).not.toContain('127.0.0.1:1/');
  });

  it('refuses a canary without a health page, and says how to name another', async () => {
    const bare = createHttpServer((_, response) => response.writeHead(404).end());
    await new Promise<void>((done) => bare.listen(0, '127.0.0.1', done));
    const { port } = bare.address() as AddressInfo;
    const { code, stderr } = await asAdmin([
      'start',
      'shop',
      '--canary',
      `http://127.0.0.1:${port}/`,
      '--reason',
      'ready',
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(`127.0.0.1:${port} answered 404 to GET /healthz, and 2xx is well. If it has no such page`);
    expect(stderr).toContain('health: { path: /healthz, status: 404 }');
    bare.closeAllConnections();
    await new Promise((done) => bare.close(done));
  });

  it.each([
    [
      'a route nobody declared',
      ['start', 'basket', '--canary', 'http://127.0.0.1:9002/', '--reason', 'x'],
      1,
      'there is no route basket; serin.yaml declares shop',
    ],
    [
      'a canary that is no URL',
      ['start', 'shop', '--canary', 'v2', '--reason', 'x'],
      2,
      'must be an http or https URL',
    ],
    ['an option nobody knows', ['list', '--rout', 'shop'], 2, 'unknown option'],
    ['a missing reason', ['start', 'shop', '--canary', 'http://127.0.0.1:9002/'], 2, 'reason'],
  ])('refuses %s', async (_, args, code, message) => {
    const result = await asAdmin(args);
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(message)]);
  });

  it('lets nobody in without a token, or with a wrong one', async () => {
    const without = await serin(['list', '--server', server.controlUrl], { cwd: '/', env: { SERIN_TOKEN: undefined } });
    const wrong = await serinHere(['list', '--server', server.controlUrl, '--token', 'serin_wrong']);
    expect([without.code, wrong.code]).toEqual([1, 1]);
    expect(wrong.stderr).toMatch(/token/);
  });

  it('takes no setting that is there, but empty', async () => {
    for (const name of ['SERIN_TOKEN', 'SERIN_SERVER', 'SERIN_DATA']) {
      const { code, stderr } = await serinHere(['list'], { env: { [name]: '' } });
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(new RegExp(`^serin: ${name} is set, but empty: unset it`)),
      ]);
    }
    const { code, stderr } = await serinHere(['list', '--token', '']);
    expect([code, stderr]).toEqual([2, 'serin: --token is empty: give it a value, or leave it out\n']);
  });

  it('does what the first five minutes of the README do', async () => {
    const started = await asAdmin([
      'start',
      'shop',
      '--canary',
      canary.url,
      '--version-name',
      'v2',
      '--reason',
      'ready',
    ]);
    expect([started.code, started.stderr]).toEqual([0, '']);
    const got = await asAdmin(['get', 'shop', '-o', 'json']);
    expect(JSON.parse(got.stdout)).toMatchObject({
      route: 'shop',
      stage: 'internal',
      canary: { version: 'v2' },
      canaryBps: 0,
    });
    expect((await asAdmin(['status', 'shop'])).code).toBe(0);
    expect((await asAdmin(['pause', 'shop', '--reason', 'lunch'])).code).toBe(0);
    expect((await asAdmin(['status', 'shop'])).code).toBe(5);
    expect((await asAdmin(['abort', 'shop', '--reason', 'not today', '--yes'])).code).toBe(0);
    expect((await asAdmin(['status', 'shop'])).code).toBe(3);
    expect(await asAdmin(['audit', 'verify'])).toMatchObject({ code: 0, stderr: '' });
  });
});
