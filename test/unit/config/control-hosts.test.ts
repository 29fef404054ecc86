import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { controlApi } from '../../../src/api/control-api.ts';
import { configSchema } from '../../../src/config/config.ts';
import { type ControlNames, controlHosts } from '../../../src/config/control/control-hosts.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { type ControlListener, listen } from '../../../src/server/listen.ts';
import { fakeControl, TOKENS } from '../../support/fake-control.ts';
import { askRaw } from '../../support/raw-client.ts';

const deploy = fileURLToPath(new URL('../../../deploy/', import.meta.url));
const LOOPBACK: ControlNames = { listen: { host: '127.0.0.1', port: 7780 }, hosts: [] };
const EVERYWHERE: ControlNames = { listen: { host: '0.0.0.0', port: 7780 }, hosts: [] };

const listeners: ControlListener[] = [];
const unforeseen: unknown[] = [];

afterEach(async () => {
  unforeseen.length = 0;
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
});

async function listening(names: ControlNames) {
  const app = controlApi(fakeControl(), {
    isOwnName: controlHosts(names),
    onUnforeseen: (error) => unforeseen.push(error),
  });
  const listener = await listen(app, { host: '127.0.0.1', port: 0 }, { name: 'control', log: () => {} });
  listeners.push(listener);
  return async (host: string, path = '/metrics', target = path) => {
    const head = `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${TOKENS.admin}\r\nConnection: close\r\n\r\n`;
    const { status, body } = await askRaw(listener.port, head);
    return { status, text: body.toString() };
  };
}

describe('the Host of a request to the control API', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.1:7780',
    '127.0.0.1:1',
    'localhost',
    'LocalHost:7780',
    'localhost.:7780',
    'serin.localhost',
    '[::1]:7780',
    '[::ffff:7f00:1]',
    '10.0.0.7:7780',
  ])('may be %s anywhere', async (host) => {
    const ask = await listening(LOOPBACK);
    expect((await ask(host)).status).toBe(200);
  });

  it.each([
    'evil.example',
    'evil.example:7780',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'notlocalhost',
    'serin',
    'xn--mnchen-3ya.example',
  ])('may not be %s: DNS rebinding', async (host) => {
    const ask = await listening(LOOPBACK);
    for (const path of ['/metrics', '/version', '/openapi.json', '/api/v1/rollouts', '/nothing']) {
      const { status, text } = await ask(host, path);
      expect([path, status, JSON.parse(text)]).toEqual([
        path,
        421,
        expect.objectContaining({ code: 'misdirected', detail: expect.stringContaining('control.hosts') }),
      ]);
    }
  });

  it.each([
    '1.2.3.256',
    '999.999.999.999',
    '1.2.3.4.5',
    '0x100000000',
    '[::1',
    'a b',
    '1.2.3.4:99999',
    '127.0.0.1\r\nHost: 127.0.0.1',
    'localhost\r\nhOsT: evil.example',
  ])('%j is answered 400 on every path, and is no error of Serin', async (host) => {
    const ask = await listening(LOOPBACK);
    for (const path of ['/livez', '/readyz', '/metrics', '/api/v1/rollouts', '/nothing']) {
      const { status, text } = await ask(host, path);
      expect([path, status, JSON.parse(text)]).toEqual([path, 400, expect.objectContaining({ code: 'malformed' })]);
    }
    expect((await ask('127.0.0.1', '/metrics', 'http://1.2.3.256/metrics')).status).toBe(400);
    expect(unforeseen).toEqual([]);
    expect((await ask('127.0.0.1', '/livez')).status).toBe(200);
  });

  it.each(['1.2.3.256', '1.2.3.4.5'])('%s is refused by the application too, whoever listens for it', async (host) => {
    const app = controlApi(fakeControl(), { onUnforeseen: (error) => unforeseen.push(error) });
    const request = { url: `http://${host}/livez`, method: 'GET', headers: new Headers() };
    const answer = await app.fetch(request as unknown as Request);
    expect([answer.status, unforeseen]).toEqual([400, []]);
  });

  it('is the one of an absolute target where there is one (RFC 9112 section 3.2.2)', async () => {
    const ask = await listening(LOOPBACK);
    expect((await ask('localhost', '/metrics', 'http://evil.example/metrics')).status).toBe(421);
  });

  it.each(['/livez', '/readyz', '/readyz?of=gateway'])('may be anything at %s', async (path) => {
    const ask = await listening(LOOPBACK);
    expect((await ask('anything.example', path)).status).toBe(200);
  });

  it.each<[string, ControlNames, string, number]>([
    ['listed', { ...LOOPBACK, hosts: ['serin.example'] }, 'Serin.Example.:7780', 200],
    ['below a listed wildcard', { ...LOOPBACK, hosts: ['*.svc.internal'] }, 'serin.prod.svc.internal', 200],
    ['the name above a wildcard', { ...LOOPBACK, hosts: ['*.svc.internal'] }, 'svc.internal', 421],
    ['that of publicUrl', { ...LOOPBACK, publicUrl: 'https://serin.example/ui' }, 'serin.example', 200],
    ['the name that is listened on', { hosts: [], listen: { host: 'serin.internal', port: 1 } }, 'serin.internal', 200],
    ["this machine's, on every address", EVERYWHERE, `${hostname()}:7780`, 200],
    ["this machine's, on loopback alone", LOOPBACK, 'this-machine', 421],
    ['any other, on every address', EVERYWHERE, 'evil.example', 421],
  ])('%s', async (_, names, host, status) => {
    const ask = await listening(names);
    expect((await ask(host)).status).toBe(status);
  });

  it('is what Prometheus asks for in deploy/', async () => {
    const { config } = loadConfig(`${deploy}serin.yaml`, {});
    const { scrape_configs } = parse(readFileSync(`${deploy}prometheus.yml`, 'utf8')) as {
      scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
    };
    const targets = scrape_configs.find(({ job_name }) => job_name === 'serin')?.static_configs[0]?.targets ?? [];
    expect(targets).toHaveLength(1);
    const ask = await listening(config.control);
    for (const target of targets) expect((await ask(target)).status).toBe(200);
    expect((await ask('evil.example')).status).toBe(421);
  });
});

describe('control.hosts', () => {
  const read = (host: string) =>
    configSchema.safeParse({
      control: { hosts: [host] },
      routes: [{ name: 'a', stable: 'http://127.0.0.1:1', policy: 'standard' }],
    });

  it.each([
    ['Serin.Example.', 'serin.example'],
    ['*.svc.internal', '*.svc.internal'],
    ['münchen.example', 'xn--mnchen-3ya.example'],
    ['[::1]', '[::1]'],
  ])('takes %s as %s', (given, value) => {
    expect(read(given).data?.control.hosts).toEqual([value]);
  });

  it.each([
    ['*', /wildcard for everything/],
    ['https://serin.example', /not only a name/],
    ['serin.example:7780', /not only a name/],
    ['me@serin.example', /not only a name/],
    ['a*.example', /wildcard that is not its whole first label/],
    ['', /./],
  ])('refuses %j', (given, says) => {
    expect(read(given).error?.issues[0]?.message).toMatch(says);
  });
});

describe('control.anonymous', () => {
  const read = (control: object) =>
    configSchema.safeParse({ control, routes: [{ name: 'a', stable: 'http://127.0.0.1:1', policy: 'standard' }] });

  it('is off unless it is said, and needs names to be reached by', () => {
    expect(read({}).data?.control.anonymous).toBe('off');
    expect(read({ anonymous: 'off' }).success).toBe(true);
    expect(read({ anonymous: 'viewer', hosts: ['serin.example'] }).data?.control.anonymous).toBe('viewer');
    for (const hosts of [{}, { hosts: [] }, { publicUrl: 'https://serin.example' }]) {
      expect(read({ anonymous: 'viewer', ...hosts }).error?.issues).toMatchObject([
        { path: ['control', 'anonymous'], message: expect.stringContaining('list in control.hosts') },
      ]);
    }
  });

  it.each(['operator', 'admin', 'on', true])('lets nobody do more: %j', (anonymous) => {
    expect(read({ anonymous, hosts: ['serin.example'] }).success).toBe(false);
  });

  it('without names is refused at its place in the file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'serin-test-'));
    try {
      const file = join(folder, 'serin.yaml');
      writeFileSync(
        file,
        'control:\n  anonymous: viewer\nroutes:\n  - { name: a, stable: "http://127.0.0.1:1", policy: standard }\n',
      );
      expect(() => loadConfig(file, {})).toThrow(
        expect.objectContaining({
          issues: [expect.objectContaining({ place: expect.objectContaining({ line: 2, column: 14 }) })],
        }),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
