import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';

let service: Server;
let home: Home;
let server: ServerProcess;
const requests: { readonly path: string | undefined; readonly token: string | undefined }[] = [];

beforeAll(async () => {
  service = createServer(({ url: path, headers }, outgoing) => {
    requests.push({ path, token: headers.authorization });
    outgoing.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
routes:
  - { name: shop, path: /, stable: "http://127.0.0.1:${(service.address() as AddressInfo).port}", policy: standard }
`);
  server = await startServerProcess(home);
});

afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  service.closeAllConnections();
  service.close();
  home.remove();
});

describe('the command line at the port of the gateway', () => {
  it.each([['list'], ['get', 'shop'], ['token', 'revoke', 'x', '--reason', 'leaked']])(
    'keeps its token to itself, and says what answers there: %s',
    async (...args) => {
      requests.length = 0;
      const { code, stdout, stderr } = await serin([...args, '--server', server.gatewayUrl], { cwd: home.folder });
      expect([code, stdout, stderr]).toEqual([
        1,
        '',
        expect.stringMatching(
          /^serin: http:\/\/127\.0\.0\.1:\d+ answers, but it is not a Serin control API: GET \/version came back 200 application\/json; no token was sent\. Is it the port of the gateway\?/,
        ),
      ]);
      // A start asks every stable for its health, and does not wait for it.
      expect(requests.filter(({ path }) => path !== '/healthz')).toEqual([{ path: '/version', token: undefined }]);
    },
  );

  it('and at the right one works', async () => {
    const { code, stderr } = await serin(['list', '--server', server.controlUrl], { cwd: home.folder });
    expect([code, stderr]).toEqual([0, 'serin: no rollouts\n']);
  });
});
