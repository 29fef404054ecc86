import { afterAll, describe, expect, it } from 'vitest';
import { toy } from '../support/cast.ts';
import { askRaw, fieldOf } from '../support/raw-client.ts';
import { serinHere } from '../support/serin-here.ts';
import { type Home, makeHome, serin, startServerProcess } from '../support/server-process.ts';

const homes: Home[] = [];

afterAll(() => {
  for (const { remove } of homes) remove();
});

/** A folder whose file declares these routes, one a line from line 4 on. */
function home(routes: readonly string[], more = ''): Home {
  const lines = routes.map((fields, at) => `  - { name: r${at}, ${fields}, policy: standard }\n`);
  const made = makeHome(
    `gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\nroutes:\n${lines.join('')}${more}`,
  );
  homes.push(made);
  return made;
}

const STABLE = 'stable: "http://127.0.0.1:9001"';
const doctor = (at: Home) => serin(['doctor', '--config', at.configFile], { cwd: at.folder });
const tryOut = (at: Home, ...more: string[]) => serinHere(['doctor', '--config', at.configFile, ...more]);

/** Both commands on one file, and what each says of the route on each line. */
async function faultsOf(routes: readonly string[]) {
  const at = home(routes.map((fields) => `${fields}, ${STABLE}`));
  const said = await Promise.all([doctor(at), serinHere(['serve', '--config', at.configFile])]);
  expect(said.map(({ code }) => code)).toEqual([2, 2]);
  return said.map(({ stdout, stderr }) => stdout + stderr);
}

describe('a route that could never match is refused by doctor and serve, with place, caret and reason', () => {
  it('because of its own host, path or header', async () => {
    const cases = [
      ['host: "http://url.example.com", path: /', /^serin\.yaml:4:\d+ host is a URL; a route takes only the host/],
      ['host: "port.example.com:8443", path: /', /^serin\.yaml:5:\d+ host has a port/],
      ['path: /api/*', /^serin\.yaml:6:\d+ path has a \*/],
      ['path: "/users/{id}"', /^serin\.yaml:7:\d+ path has a placeholder/],
      ['path: /ünï', /^serin\.yaml:8:\d+ path has characters beyond ASCII.*: \/%C3%BCn%C3%AF/],
      ['path: /a%2Fb', /^serin\.yaml:9:\d+ path has %2F/],
      ['path: /x/../y', /^serin\.yaml:10:\d+ path has the segment \.\./],
      ['path: //dbl', /^serin\.yaml:11:\d+ path has two slashes/],
      ['path: /a, sticky: { header: x-forwarded-for }', /^serin\.yaml:12:\d+ header is a header by which proxies/],
      ['path: /a, forceHeader: connection', /^serin\.yaml:13:\d+ forceHeader is a header of the connection/],
      ['path: /a, force: { from: [10.0.0.0/33] }', /^serin\.yaml:14:\d+ from\[0\] must have a prefix length/],
      ['path: /a, templates: ["/a/../b"]', /^serin\.yaml:15:\d+ templates\[0\] must be a path of plain segments/],
      ['path: /a, health: //elsewhere/healthz', /^serin\.yaml:16:\d+ health must have neither \/\//],
    ] as const;
    for (const text of await faultsOf(cases.map(([fields]) => fields))) {
      const faults = text.split(/^(?=\S*serin\.yaml:\d)/m).slice(1);
      expect(faults.length).toBe(cases.length);
      for (const [at, [, message]] of cases.entries()) {
        expect(faults[at]?.replace(/^\S*(?=serin\.yaml:)/, '')).toMatch(message);
        expect(faults[at]).toMatch(new RegExp(`\n {2}- \\{ name: r${at},.*\n +\\^\n`));
      }
    }
  });

  it('because of another route in the same place, or of templates that are not below its path', async () => {
    const routes = [
      'path: /dup',
      'path: /dup/',
      'host: a.test',
      'host: A.TEST., path: /',
      'host: münchen.example',
      'host: xn--mnchen-3ya.example',
      'path: /caf%c3%a9',
      'path: /caf%C3%A9',
      'path: /a, templates: ["/b/{id}", "/a/{id}", "/a/{x}", "/{any}/y"]',
      'path: /b, forceHeader: X-Api-Key, consumerKey: { header: x-api-key }',
    ];
    for (const text of await faultsOf(routes)) {
      expect(text.match(/(?<=serin\.yaml:)\d+:\d+ .*/g)?.map((line) => line.replace(/:\d+ /, ': '))).toEqual([
        '5: the routes r0 and r1 both take the path /dup of any host',
        '7: the routes r2 and r3 both take the path / of the host a.test',
        '9: the routes r4 and r5 both take the path / of the host xn--mnchen-3ya.example',
        '11: the routes r6 and r7 both take the path /caf%C3%A9 of any host',
        '12: the template /b/{id} fits no path of route r8, which all begin with /a: write /a/b/{id}',
        '12: the template /a/{x} means the same as /a/{id}',
        '13: route r9 has x-api-key for its forceHeader and for its consumerKey',
      ]);
    }
  });
});

describe('all that is wrong', () => {
  it('is said at once: two routes in one place although a third is not valid', async () => {
    const { code, stdout } = await doctor(
      home([`path: /dup, ${STABLE}`, `path: /x/*, ${STABLE}`, `path: /dup/, ${STABLE}`]),
    );
    expect([code, stdout]).toEqual([2, expect.stringMatching(/serin\.yaml:5:\d+ path has a \*/)]);
    expect(stdout).toMatch(/serin\.yaml:6:\d+ the routes r0 and r2 both take the path \/dup of any host\n.*\n +\^/);
  });
});

describe('a wildcard, an international name, a dot at the end', () => {
  it('match what they should in a server that runs, and doctor --try says the same', { timeout: 60_000 }, async () => {
    const stable = await toy('v1');
    const upstream = `stable: { url: "${stable.url}", version: v1 }`;
    const at = home([
      `host: "*.example.com", ${upstream}`,
      `host: plain.example.com, ${upstream}`,
      `host: münchen.example, ${upstream}`,
      `host: dot.example.org., path: /a, ${upstream}`,
    ]);
    const server = await startServerProcess(at);
    const port = Number(new URL(server.gatewayUrl).port);
    const cases = [
      ['a.b.example.com:8443', '/z', 'r0'],
      ['PLAIN.example.com.', '/z', 'r1'],
      ['xn--mnchen-3ya.example', '/', 'r2'],
      ['dot.example.org', '/a/x?y=1', 'r3'],
      ['example.com', '/z', null],
    ] as const;
    try {
      for (const [host, path, route] of cases) {
        const answer = await askRaw(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        expect([host, path, answer.status]).toEqual([host, path, route === null ? 404 : 200]);
        const tried = await tryOut(at, '--try', `http://${host}${path}`);
        expect([tried.code, tried.stderr]).toEqual([route === null ? 1 : 0, '']);
        expect(tried.stdout).toMatch(route === null ? /^answer: +404/m : new RegExp(`^route: +${route}, `, 'm'));
        if (route !== null) expect(fieldOf(answer.headers, 'x-serin-version')).toBe('v1');
      }
    } finally {
      server.child.kill('SIGTERM');
      await server.ended;
      await stable.close();
    }
  });
});

describe('doctor --try', () => {
  const at = home([
    'path: /api/payments, stable: "http://10.0.0.5:9001/v2", sticky: { header: x-user-id }, consumerKey: { header: x-api-key }',
    `path: /api, host: "*.example.com", ${STABLE}`,
    `host: münchen.example, ${STABLE}`,
  ]);

  it('says which route takes a URL and why, what it becomes, and why not the others', async () => {
    const { code, stdout } = await tryOut(
      at,
      '--try',
      'https://a.example.com:8443/api/payments/7?x=1#y',
      '--method',
      'post',
    );
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'request:  POST /api/payments/7?x=1, Host a.example.com:8443',
      'route:    r0, which takes any host and paths that begin with /api/payments',
      `upstream: POST http://10.0.0.5:9001/v2/7?x=1 with Host 10.0.0.5:9001, the stable as ${at.configFile} declares it`,
      'version:  the header x-api-key is absent: no consumer',
      'version:  by weight, and the request lacks x-user-id, so it is drawn anew for each request',
      "not:      r1: it would take it, but r0's path is longer",
      'not:      r2: its host is xn--mnchen-3ya.example',
      '',
    ]);
  });

  it('reads header lines as a request would have them, and shows no credential', async () => {
    const lines = ['--header', 'X-Api-Key: s3cret', '--header', 'X-User-ID: 7', '--header', 'X-Serin-Version: stable'];
    const { stdout } = await tryOut(at, '--try', '/api/payments', '--header', 'Host: shop.test', ...lines);
    expect(stdout).toMatch(/^request: +GET \/api\/payments, Host shop\.test$/m);
    expect(stdout).toMatch(/x-serin-version: stable asks for one, which counts while a rollout allows it$/m);
    expect(stdout).toMatch(/the header x-api-key names a consumer$/m);
    expect(stdout).toMatch(/by weight, the same for each value of x-user-id$/m);
    expect(stdout).not.toContain('s3cret');
  });

  it('answers as the gateway does: an unknown method, a version without a rollout, a path without a host', async () => {
    const stable = await toy('v1');
    const here = home([`path: /api, stable: { url: "${stable.url}", version: v1 }`]);
    const server = await startServerProcess(here);
    const port = Number(new URL(server.gatewayUrl).port);
    const cases = [
      ['BREW', null, 501, /^answer: +501 Not Implemented: The method is not one that this gateway knows\.$/m],
      ['GET', 'x-serin-version: v77', 412, /^answer: +412 Precondition Failed: The stable of r0 is not v77, so/m],
      ['GET', 'x-serin-version: canary', 412, /^answer: +412 /m],
      ['GET', 'x-serin-version: V1', 200, /^upstream: /m],
      ['PROPFIND', null, 200, /Host localhost, which stands in for a host: name one with a URL, or with --header/],
    ] as const;
    try {
      for (const [method, header, status, said] of cases) {
        const lines = header === null ? '' : `${header}\r\n`;
        const answer = await askRaw(port, `${method} /api/x HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n`);
        const tried = await tryOut(
          here,
          '--try',
          '/api/x',
          '--method',
          method,
          ...(header ? ['--header', header] : []),
        );
        expect([method, header, answer.status]).toEqual([method, header, status]);
        expect([tried.code, tried.stdout]).toEqual([status === 200 ? 0 : 1, expect.stringMatching(said)]);
      }
    } finally {
      server.child.kill('SIGTERM');
      await server.ended;
      await stable.close();
    }
  });

  it('says why none takes it, and what the gateway would refuse', async () => {
    const none = await tryOut(at, '--try', 'http://münchen.test/ü');
    expect([none.code, none.stdout]).toEqual([
      1,
      expect.stringMatching(/^request: +GET \/%C3%BC, Host xn--mnchen-3ya\.test$/m),
    ]);
    expect(none.stdout).toMatch(/^answer: +404, because no route takes it\nnot: +r0: its path is \/api\/payments\n/m);
    const unsafe = await tryOut(at, '--try', 'http://a.test/api/../x');
    expect([unsafe.code, unsafe.stdout]).toEqual([1, expect.stringMatching(/^answer: +400 Bad Request: /m)]);
    const twice = await tryOut(
      at,
      '--try',
      'http://a.test/api/payments',
      '--header',
      'X-Api-Key: a',
      '--header',
      'x-api-key: b',
    );
    expect([twice.code, twice.stdout]).toEqual([1, expect.stringMatching(/^answer: +400 .*more than one x-api-key/m)]);
    const stray = await tryOut(at, '--method', 'POST');
    expect([stray.code, stray.stderr]).toEqual([2, expect.stringContaining('add --try')]);
    const bad = await tryOut(at, '--try', 'ftp://a.test/');
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('is neither an http or https URL nor a path')]);
  });
});
