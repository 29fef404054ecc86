import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sourcesSchema } from '../../src/config/sources.ts';
import type { Taken } from '../../src/metrics/queries/query-source.ts';
import { openSources } from '../../src/server/open-sources.ts';
import { PROMETHEUS, takeFrom } from '../support/query-source.ts';
import { serviceOrSkip } from '../support/require-service.ts';

const run = promisify(execFile);

const openssl = await run('openssl', ['version']).then(
  () => 'openssl',
  () => null,
);

serviceOrSkip('openssl', openssl)('a source of query values behind mutual TLS', (program) => {
  const folder = mkdtempSync(join(tmpdir(), 'serin-query-tls-'));
  const path = (name: string) => join(folder, name);
  let https: Server;
  let url: string;

  beforeAll(async () => {
    const make = (...args: readonly string[]) => run(program, args, { cwd: folder });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    await make('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test ca');
    writeFileSync(path('san.txt'), 'subjectAltName=IP:127.0.0.1');
    for (const name of ['server', 'client']) {
      await make('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      const sign = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'san.txt'];
      await make('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...sign);
    }
    const identity = { key: readFileSync(path('server.key')), cert: readFileSync(path('server.pem')) };
    const options = { ...identity, ca: readFileSync(path('ca.pem')), requestCert: true, rejectUnauthorized: false };
    https = createServer(options, ({ socket }, response) => {
      response.writeHead(socket instanceof TLSSocket && socket.authorized ? 200 : 403).end(PROMETHEUS.good);
    });
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    url = `https://127.0.0.1:${(https.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    https.closeAllConnections();
    https.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const file = (name: string) => `file:${path(name)}`;
  const take = async (source: object): Promise<Taken | undefined> => {
    const sources = sourcesSchema.parse({ main: { kind: 'prometheus', url, ...source } });
    const opened = openSources({ sources }, {}).get('main')?.values;
    return opened && takeFrom(opened, PROMETHEUS.query);
  };

  it('answers whoever shows a certificate', async () => {
    const certificate = { cert: file('client.pem'), key: file('client.key') };
    expect(await take({ ca: file('ca.pem'), auth: { certificate } })).toEqual({ kind: 'value', value: 0.41 });
    expect(await take({ ca: file('ca.pem') })).toEqual({ kind: 'unreachable', reason: 'it answered 403' });
  });

  it('is not believed when its own certificate is from nobody known', async () => {
    expect(await take({})).toEqual({
      kind: 'unreachable',
      reason: expect.stringMatching(
        /^it did not answer: its certificate is from an authority that is not trusted \((UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET)/,
      ),
    });
  });
});
