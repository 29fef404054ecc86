import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { toy } from '../support/cast.ts';
import { serinHere } from '../support/serin-here.ts';
import { type Home, makeHome, serin, startServerProcess } from '../support/server-process.ts';

const closing: (() => unknown)[] = [];
let stable: ToyUpstream;

beforeAll(async () => {
  stable = await toy('v1');
  closing.push(() => stable.close());
});

afterAll(async () => {
  for (const close of closing) await close();
});

interface Wanted {
  readonly url?: string;
  readonly control?: string;
  readonly gateway?: string;
  readonly more?: string;
}

function home({ url = stable.url, control = '127.0.0.1:0', gateway = '127.0.0.1:0', more = '' }: Wanted = {}): Home {
  const made = makeHome(`gateway: { listen: "${gateway}" }
control: { listen: "${control}" }
routes:
  - name: shop
    path: /shop
    stable: { url: "${url}", version: v1 }
    policy: standard
${more}`);
  closing.push(made.remove);
  return made;
}

const run = (command: 'doctor' | 'serve', { folder, configFile }: Home, env: NodeJS.ProcessEnv = {}) =>
  serin([command, '--config', configFile], { cwd: folder, env });

async function listening(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closing.push(() => new Promise((done) => server.close(done)));
  return (server.address() as AddressInfo).port;
}

describe('doctor and serve share one list of checks', () => {
  it.each([
    [
      'a secret that is not set',
      () => home({ more: 'channels: { pagerduty: { routingKey: "${NOT_SET_ANYWHERE}" } }\n' }),
      {},
      2,
      /serin\.yaml:8:\d+ the secret \$\{NOT_SET_ANYWHERE\} is not set\n.*routingKey.*\n +\^/,
    ],
    [
      'every secret that is not set, at once',
      () =>
        home({
          more: `channels: { pagerduty: { routingKey: "file:/nowhere/key" } }
sources: { numbers: { kind: json, url: "http://127.0.0.1:1", auth: { bearer: "\${NOT_SET_ANYWHERE}" } } }
`,
        }),
      {},
      2,
      /serin\.yaml:8:\d+ the secret file \/nowhere\/key does not exist[\s\S]*serin\.yaml:9:\d+ the secret \$\{NOT_SET_ANYWHERE\} is not set/,
    ],
    [
      'an authority that is not there',
      () => home({ gateway: '127.0.0.1:0", upstreamCa: "nowhere.pem' }),
      {},
      2,
      /serin\.yaml:1:\d+ .*nowhere\.pem does not exist/,
    ],
    ['a signing key that is too short', () => home(), { SERIN_SECRET: 'short' }, 2, /SERIN_SECRET is shorter than 32/],
    [
      'settings that should have been filled, all at once',
      () => home(),
      { DATABASE_URL: '', SERIN_DATA: ' ', SERIN_SECRET: '' },
      2,
      /DATABASE_URL is set, but empty: unset it to use the embedded database[\s\S]*SERIN_DATA is set, but empty[\s\S]*SERIN_SECRET is set, but empty/,
    ],
    [
      'an address that this machine does not have',
      () => home({ gateway: '192.0.2.1:0' }),
      {},
      1,
      /serin\.yaml:1:\d+ 192\.0\.2\.1 is not an address of this machine/,
    ],
    [
      'a policy that is not there',
      () => home({ more: 'policies: [nowhere.yaml]\n' }),
      {},
      2,
      /\/nowhere\.yaml does not exist/,
    ],
    [
      'a database that refuses',
      () => home(),
      { DATABASE_URL: 'postgres://serin@127.0.0.1:1/serin' },
      1,
      /127\.0\.0\.1:1/,
    ],
  ])('%s: both say so, and exit with the same code', { timeout: 60_000 }, async (_, make, env, code, message) => {
    const place = make();
    const examined = await run('doctor', place, env);
    expect([examined.code, examined.stdout]).toEqual([code, expect.stringMatching(message)]);
    expect(examined.stdout).toMatch(/^error /m);
    expect(examined.stdout).toContain('serin serve would not start');
    expect(existsSync(`${place.folder}/.serin`)).toBe(false);
    // Wrong input ends it before it opens anything.
    const serve = ['serve', '--config', place.configFile];
    const served = await (code === 2 ? serinHere(serve, { env }) : run('serve', place, env));
    expect([served.code, served.stderr]).toEqual([code, expect.stringMatching(message)]);
  });

  it('DATABASE_URL is set, but empty: migrate makes no embedded database', { timeout: 60_000 }, async () => {
    const { folder, configFile } = home();
    const { code, stderr } = await serin(['migrate', '--config', configFile], {
      cwd: folder,
      env: { DATABASE_URL: '' },
    });
    expect([code, stderr]).toEqual([
      2,
      'serin: DATABASE_URL is set, but empty: unset it to use the embedded database, or give the URL of a Postgres\n',
    ]);
    expect(existsSync(`${folder}/.serin`)).toBe(false);
  });

  it('a data folder that is no folder, and a listener that somebody else has', { timeout: 60_000 }, async () => {
    const port = await listening(silentServer());
    const place = home({ control: `127.0.0.1:${port}` });
    writeFileSync(`${place.folder}/.serin`, 'a file');
    for (const command of ['doctor', 'serve'] as const) {
      const { code, stdout, stderr } = await run(command, place);
      expect(code).toBe(1);
      expect(stdout + stderr).toMatch(/the data folder .*\.serin is a file, not a folder/);
      expect(stdout + stderr).toMatch(new RegExp(`serin.yaml:2:\\d+ port ${port} on 127.0.0.1 is in use`));
    }
  });

  it.each(['control', 'gateway', 'readiness'] as const)(
    'a stranger has the port of the %s: both say so at once, with the same place and caret',
    { timeout: 60_000 },
    async (which) => {
      const port = await listening(silentServer());
      const at = `127.0.0.1:${port}`;
      const place = home(which === 'readiness' ? { gateway: `127.0.0.1:0", readiness: "${at}` } : { [which]: at });
      const line = which === 'control' ? 2 : 1;
      const said = new RegExp(
        `serin\\.yaml:${line}:\\d+ port ${port} on 127\\.0\\.0\\.1 is in use\\n.*${port}.*\\n +\\^`,
      );
      const examined = await run('doctor', place);
      expect([examined.code, examined.stdout]).toEqual([1, expect.stringMatching(said)]);
      expect(examined.stdout).not.toContain('did not finish');
      const served = await run('serve', place);
      expect([served.code, served.stderr]).toEqual([1, expect.stringMatching(said)]);
      expect(said.exec(served.stderr)?.[0]).toBe(said.exec(examined.stdout)?.[0]);
    },
  );

  it('another Serin, with a data folder of its own, has the control address', { timeout: 60_000 }, async () => {
    const control = `127.0.0.1:${await freePort()}`;
    const other = await startServerProcess(home({ control }));
    const port = await listening(silentServer());
    const place = home({ control, gateway: `127.0.0.1:${port}` });
    const { code, stdout } = await run('doctor', place);
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^error +listen +.*serin\.yaml:2:\d+ port \d+ on .* is in use/m),
    ]);
    expect(stdout).toMatch(new RegExp(`^error +listen +.*serin\\.yaml:1:\\d+ port ${port} on .* is in use`, 'm'));
    expect(stdout).toMatch(/^warning +running +the Serin \S+ that answers at .* does not run on the data folder/m);
    expect(stdout).toContain('serin serve would not start');
    expect((await run('serve', place)).code).toBe(1);
    other.child.kill('SIGTERM');
    expect(await other.ended).toBe(0);
  });

  it.each([
    [
      'control: { listen: 127.0.0.1:4711 }\ngateway: { listen: 127.0.0.1:4711 }',
      /:2:\d+ gateway\.listen and control\.listen are both 127\.0\.0\.1:4711;.*\ngateway.*\n +\^/,
    ],
    [
      'gateway: { listen: 127.0.0.1:0, readiness: 127.0.0.1:7780 }',
      /:1:\d+ gateway\.readiness and control\.listen are both/,
    ],
    [
      'gateway: { listen: 0.0.0.0:4711, readiness: "127.0.0.1:4711" }',
      /:1:\d+ gateway\.readiness 127\.0\.0\.1:4711 and gateway\.listen 0\.0\.0\.0:4711 overlap/,
    ],
    ['gateway: { listen: "[::]:4711", readiness: "127.0.0.1:4711" }', /overlap/],
  ])('two listeners at one address: %s', { timeout: 60_000 }, async (listeners, said) => {
    const place = makeHome(`${listeners}\nroutes: [{ name: r, path: /, stable: "${stable.url}", policy: standard }]\n`);
    closing.push(place.remove);
    for (const command of ['doctor', 'serve'] as const) {
      const { code, stdout, stderr } = await run(command, place);
      expect([code, stdout + stderr]).toEqual([2, expect.stringMatching(said)]);
    }
  });

  it('what does not answer is a warning, and serve starts all the same and logs it', { timeout: 60_000 }, async () => {
    const place = home({
      url: 'http://127.0.0.1:1',
      gateway: '0.0.0.0:0',
      more: 'channels: { pagerduty: { routingKey: "${KEY}", eventsUrl: "http://127.0.0.1:1" } }\n',
    });
    const { code, stdout } = await run('doctor', place, { KEY: 'k' });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^warning +upstreams +.*serin\.yaml:6:\d+ route shop: stable v1 .* is not well: 127\.0\.0\.1:1 did not answer/m,
    );
    expect(stdout).toMatch(/^warning +channels +pagerduty: 127\.0\.0\.1:1 cannot be reached/m);
    expect(stdout).toMatch(/^ok +proxies +X-Forwarded-\* is trusted from nobody; /m);
    // The gateway is not on loopback, and the policy looks at what forced requests are answered.
    expect(stdout).toMatch(/^warning +force +.*shop: any client may force requests to the canary/m);
    expect(stdout).toContain('3 warnings: serin serve starts all the same');
    expect(existsSync(`${place.folder}/.serin`)).toBe(false);
    const server = await startServerProcess(place, { KEY: 'k' });
    await expect.poll(server.output, { timeout: 20_000 }).toMatch(/"check":"upstreams".*did not answer/);
    expect(server.output()).toMatch(/"check":"channels".*cannot be reached/);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  it('all is well beside a Serin that runs, and before it; no page is sent', { timeout: 60_000 }, async () => {
    const received: string[] = [];
    const pager = createHttpServer((request, response) => {
      received.push(`${request.method} ${request.url} ${request.headers['content-length'] ?? 'no body'}`);
      response.writeHead(404).end();
    });
    const pagerPort = await listening(pager);
    const port = await freePort();
    const place = home({
      control: `127.0.0.1:${port}`,
      more: `channels: { pagerduty: { routingKey: "\${KEY}", eventsUrl: "http://127.0.0.1:${pagerPort}" } }\n`,
    });
    const before = await run('doctor', place, { KEY: 'k' });
    expect([before.code, before.stdout]).toEqual([0, expect.stringMatching(/^ok +channels +pagerduty: reachable/m)]);
    expect(before.stdout).toContain('route shop: stable v1');
    expect(before.stdout).not.toContain('proxies');
    expect(before.stdout).toContain('all is well');
    expect(received).toEqual(['GET / no body']);

    const server = await startServerProcess(place, { KEY: 'k' });
    const beside = await run('doctor', place, { KEY: 'k' });
    expect([beside.code, beside.stdout]).toEqual([
      0,
      expect.stringMatching(new RegExp(`in use by process ${server.child.pid}: held by a running Serin`)),
    ]);
    expect(beside.stdout).toMatch(/^ok +listen +control: .* in use by the Serin that runs on this data folder/m);
    expect(beside.stdout).toMatch(/^ok +running +Serin \S+ is running at .*, and is ready/m);
    expect(beside.stdout).toMatch(/^ok +audit +\d+ entr(y|ies), chain intact/m);
    expect(beside.stdout).toMatch(/^ok +ages +no rollout runs/m);
    expect(beside.stdout).not.toContain('does not know the route');
    const written = readFileSync(place.configFile, 'utf8');
    // Refused by the Serin that runs, which has no such variable: else it would know the route within seconds.
    const added = `routes:\n  - { name: late, path: /late, stable: { url: "${stable.url}", version: "\${LATE}" }, policy: standard }\n`;
    writeFileSync(
      place.configFile,
      written.replace('routes:\n', () => added),
    );
    const late = await run('doctor', place, { KEY: 'k', LATE: 'v1' });
    expect(late.stdout).toMatch(
      /^warning +running +.*the running Serin does not know the route late, which is not served/m,
    );
    expect(late.stdout).not.toContain('know the route shop');
    writeFileSync(place.configFile, written);
    const second = await run('serve', place, { KEY: 'k' });
    expect([second.code, second.stderr]).toEqual([
      1,
      expect.stringMatching(/^serin: The data folder .* is in use by process \d+\.\n$/),
    ]);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(existsSync(`${place.folder}/.serin/listening`)).toBe(false);
  });

  it('ends although nothing that it asks ever answers', { timeout: 60_000 }, async () => {
    const silent = await listening(silentServer());
    const place = home({
      url: `http://127.0.0.1:${silent}`,
      more: `channels: { pagerduty: { routingKey: "\${KEY}", eventsUrl: "http://127.0.0.1:${silent}" } }
sources: { numbers: { kind: json, url: "http://127.0.0.1:${silent}" } }
`,
    });
    const { code, stdout } = await run('doctor', place, { KEY: 'k' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^warning +upstreams .*did not answer within/m);
    expect(stdout).toMatch(/^warning +channels .*(in time|the check `channels` did not finish within)/m);
  });
});

/** Accepts, reads, and says nothing; it notices when a client is gone. */
function silentServer(): Server {
  return createServer((socket) => socket.on('error', () => {}).resume());
}

/** Nobody else is given it in the time that a test takes, unless a machine runs out of ports. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
