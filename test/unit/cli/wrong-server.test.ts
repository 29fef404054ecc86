import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiClient } from '../../../src/cli/client.ts';
import { CertificateAuthority } from '../../support/certificates.ts';
import { TOKENS } from '../../support/fake-control.ts';
import { openShell, type Shell } from './harness.ts';

const BUILD = JSON.stringify({ name: 'serin', version: '0.1.0', node: 'v24.0.0' });

const MISDIRECTED = JSON.stringify({
  type: 'urn:serin:problem:misdirected',
  title: 'This server does not answer for that host',
  status: 421,
  code: 'misdirected',
  detail:
    'this server does not answer for the host x; if it should, add the name to control.hosts in serin.yaml; it counts as soon as the file is read again',
});

let shell: Shell;
const servers: Server[] = [];

beforeEach(async () => {
  shell = await openShell();
});

afterEach(async () => {
  await shell.stop();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

/** Something that listens, and the tokens that it was sent. */
async function something(listener: RequestListener) {
  const tokens: string[] = [];
  const server = createServer((incoming, outgoing) => {
    if (incoming.headers.authorization !== undefined) tokens.push(incoming.headers.authorization);
    listener(incoming, outgoing);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tokens };
}

/** A listener of https, with a certificate that nobody trusts. */
async function secured(): Promise<string> {
  const { cert, key } = new CertificateAuthority('nobody').certify('localhost');
  const server = createTlsServer({ cert, key }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

const answering =
  (status: number, headers: Record<string, string>, body = ''): RequestListener =>
  (_, outgoing) =>
    void outgoing.writeHead(status, headers).end(body);

const HTML = { 'content-type': 'text/html; charset=utf-8' };
const JSON_TYPE = { 'content-type': 'application/json' };
const STRANGER = (came: string) =>
  new RegExp(
    `^serin: http://127\\.0\\.0\\.1:\\d+ answers, but it is not a Serin control API: GET /version came back ${came}; no token was sent\\. Is it the port of the gateway\\?.*port 7780\\n$`,
  );

describe('what is no Serin control API', () => {
  it.each<[string, RequestListener, RegExp]>([
    ['a web page', answering(200, HTML, '<html>'), STRANGER('200 text/html')],
    [
      'a service that answers everything in JSON',
      answering(200, JSON_TYPE, '{"ok":true}'),
      STRANGER('200 application/json'),
    ],
    ['an empty list', answering(200, JSON_TYPE, '[]'), STRANGER('200 application/json')],
    [
      'a service with a version of its own',
      answering(200, JSON_TYPE, '{"version":"3","node":"v24"}'),
      STRANGER('200 application/json'),
    ],
    ['an empty answer', answering(204, {}), STRANGER('204 without a body')],
    ['an empty 200', answering(200, {}), STRANGER('200 without a body')],
    ['JSON that is none', answering(200, JSON_TYPE, '{"name":'), STRANGER('200 application/json that is not JSON')],
    ['no content type', answering(200, {}, 'hello'), STRANGER('200 of no content type')],
    [
      'not found',
      answering(404, { 'content-type': 'application/problem+json' }, '{}'),
      STRANGER('404 application/problem\\+json'),
    ],
    ['a proxy whose upstream is away', answering(502, HTML, '<html>'), STRANGER('502 text/html')],
    [
      'a redirect',
      answering(302, { location: 'https://login.example/?next=/version' }),
      /answers, but redirects GET \/version to https:\/\/login\.example\/\?next=\/version: no token was sent/,
    ],
    [
      'a Serin that has another name',
      answering(421, { 'content-type': 'application/problem+json' }, MISDIRECTED),
      /does not answer by this name, and no token was sent: this server does not answer for the host x; .*control\.hosts/,
    ],
    [
      'an answer that breaks off',
      (_, outgoing) => {
        outgoing.writeHead(200, { ...JSON_TYPE, 'content-length': '500' });
        outgoing.write(BUILD);
        setTimeout(() => outgoing.destroy(), 20);
      },
      /cannot reach Serin at http:\S+ .*--server/,
    ],
    [
      'an answer without an end',
      (_, outgoing) => {
        const more = () => {
          while (outgoing.write(' '.repeat(65_536)));
        };
        outgoing.writeHead(200, JSON_TYPE).on('drain', more);
        more();
      },
      /the answer to GET \/version is larger than 64 KiB/,
    ],
    ['a connection that is closed at once', (incoming) => void incoming.socket.destroy(), /cannot reach Serin at/],
  ])('%s gets no token, and is named', async (_, listener, says) => {
    const { url, tokens } = await something(listener);
    for (const args of ['list', 'get payments -w', 'pause payments --reason x', 'token revoke 1 --reason x']) {
      const { code, out, err } = await shell.run(`${args} --server ${url}`);
      expect([code, out, err]).toEqual([1, '', expect.stringMatching(says)]);
    }
    expect(tokens).toEqual([]);
  });

  it('names the scheme that is meant, whichever of the two was', async () => {
    const { url } = await something(answering(200, JSON_TYPE, BUILD));
    const overTls = url.replace('http:', 'https:');
    expect((await shell.run(`list --server ${overTls}`)).err).toMatch(
      new RegExp(`^serin: cannot reach Serin at ${overTls}: there is no TLS there \\(\\w+\\); use ${url}\n$`),
    );
    const tls = await secured();
    const inTheClear = tls.replace('https:', 'http:');
    expect((await shell.run(`list --server ${inTheClear}`)).err).toMatch(
      new RegExp(`^serin: cannot reach Serin at ${inTheClear}: .*if it takes https only, use ${tls}, else `),
    );
    expect((await shell.run(`list --server ${tls}`)).err).toMatch(
      /: its certificate is from an authority that is not trusted \(\w+\); .* NODE_EXTRA_CA_CERTS\n$/,
    );
    const nginx = await something(answering(400, HTML, '<html>The plain HTTP request was sent to HTTPS port</html>'));
    expect((await shell.run(`list --server ${nginx.url}`)).err).toContain(
      `it may take https only; then use ${nginx.url.replace('http:', 'https:')}. No token was sent`,
    );
  });

  it('names a name that nobody has', async () => {
    expect((await shell.run('list --server http://serin.invalid:7780')).err).toMatch(
      /^serin: cannot reach Serin at http:\/\/serin\.invalid:7780: the name serin\.invalid is not found \(E\w+\); .*--server/,
    );
  });

  it('a listener that never answers is given up, and said to be one', async () => {
    const { url, tokens } = await something(() => {});
    const signal = new AbortController().signal;
    const client = apiClient({
      server: url,
      tokenHint: '',
      bearer: async () => TOKENS.admin,
      version: '0.1.0',
      buildTimeoutMs: 200,
      fetch,
      signal,
    });
    await expect(client.build()).rejects.toMatchObject({
      code: 'unavailable',
      message: `${url} did not answer GET /version within 0.2 s`,
    });
    expect(tokens).toEqual([]);
  });
});

describe('a server that is one, and answers otherwise than it should', () => {
  const afterVersion =
    (listener: RequestListener, build = BUILD): RequestListener =>
    (incoming, outgoing) => {
      if (incoming.url === '/version') outgoing.writeHead(200, JSON_TYPE).end(build);
      else listener(incoming, outgoing);
    };

  it.each<[string, RequestListener, RegExp]>([
    ['no list', answering(200, JSON_TYPE, '{"ok":true}'), /does not know \(.*expected array.*\).*something between/],
    ['a list of something else', answering(200, JSON_TYPE, '[{}]'), /does not know \(0\.id: .*expected string/],
    ['no JSON', answering(200, HTML, '<html>'), /does not know \(it came back 200 text\/html\)/],
    ['nothing', answering(200, {}), /does not know \(it came back 200 without a body\)/],
    ['a 502 of a proxy', answering(502, HTML, '<html>'), /answered GET \/api\/\S+ with 502 text\/html, .*a proxy/],
    [
      'a problem that is none',
      answering(500, { 'content-type': 'application/problem+json' }, '{'),
      /with 500 .*not JSON/,
    ],
    ['a redirect', answering(307, { location: 'http://elsewhere.example/' }), /with 307 without a body/],
  ])('%s is one true sentence', async (_, listener, says) => {
    const { url } = await something(afterVersion(listener));
    const { code, out, err } = await shell.run(`list --server ${url}`);
    expect([code, out, err.split('\n').length]).toEqual([1, '', 2]);
    expect(err).toMatch(says);
  });

  it('names both versions when they differ', async () => {
    const newer = BUILD.replace('0.1.0', '9.0.0');
    const { url } = await something(afterVersion(answering(200, JSON_TYPE, '{}'), newer));
    const { err } = await shell.run(`list --server ${url}`);
    expect(err).toContain('the server is Serin 9.0.0, this is 0.1.0; use the same version of both');
  });

  it('may say more than is known here', async () => {
    const id = await shell.inStep1();
    const answer = await fetch(`${shell.url}/api/v1/rollouts/${id}`, {
      headers: { authorization: `Bearer ${TOKENS.viewer}` },
    });
    const more = { ...((await answer.json()) as object), colour: 'blue' };
    const { url } = await something(afterVersion(answering(200, JSON_TYPE, JSON.stringify([more]))));
    expect(await shell.run(`list --server ${url}`)).toMatchObject({ code: 0, err: '' });
  });

  it('that was away is asked again who it is before the token goes out', async () => {
    const id = await shell.inStep1();
    const headers = { authorization: `Bearer ${TOKENS.viewer}` };
    const view = await (await fetch(`${shell.url}/api/v1/rollouts/${id}`, { headers })).text();
    let phase: 'serin' | 'away' | 'stranger' = 'serin';
    const { url, tokens } = await something((incoming, outgoing) => {
      if (phase === 'away') incoming.socket.destroy();
      else if (phase === 'stranger') answering(200, HTML, '<html>')(incoming, outgoing);
      else afterVersion(answering(200, JSON_TYPE, view))(incoming, outgoing);
    });
    let sent = 0;
    const { code, err } = await shell.run(`get ${id} -w -o json --server ${url}`, {
      meanwhile: (second) => {
        if (second === 2) phase = 'away';
        sent = second === 3 ? tokens.length : sent;
        if (second === 4) phase = 'stranger';
      },
    });
    expect([code, err]).toEqual([1, expect.stringMatching(/still trying\n.*not a Serin control API/)]);
    expect(tokens.length).toBe(sent);
  });
});

describe('--server and --token', () => {
  it.each([
    ['http://127.0.0.1:7780/serin', 'leave out /serin'],
    ['http://127.0.0.1:7780/?a=b#c', 'leave out /?a=b#c'],
    ['http://me:hunter2@127.0.0.1:7780', 'no user or password'],
    ['127.0.0.1:7780', 'is not an http or https URL'],
    ['ftp://me:hunter2@127.0.0.1', 'is not an http or https URL'],
  ])('%s is invalid', async (server, says) => {
    const { code, err } = await shell.run(`list --server ${server}`);
    expect([code, err]).toEqual([2, expect.stringContaining(says)]);
    expect(err).not.toContain('hunter2');
  });

  it('a token that no header can carry is invalid, and not shown', async () => {
    const { code, err } = await shell.run('list', { env: { SERIN_TOKEN: 'serin_a\nb' } });
    expect([code, err]).toEqual([2, expect.stringContaining('the token (--token, SERIN_TOKEN) contains a character')]);
    expect(err).not.toContain('serin_a');
  });
});
