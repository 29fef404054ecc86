import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/config.ts';
import { prometheusClient } from '../../src/metrics/prometheus/client.ts';
import { endpointOf } from '../../src/server/open-sources.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { type ScriptedPrometheus, scriptedPrometheus } from '../support/scripted-prometheus.ts';

const run = promisify(execFile);
const ENV = { PASS: 'pa:ss', TOKEN: 's3cret' };
const signal = () => AbortSignal.timeout(5_000);

function open(source: object) {
  const config = configSchema.parse({
    sources: { metrics: { kind: 'prometheus', ...source } },
    routes: [{ name: 'shop', stable: 'http://127.0.0.1:9001', policy: 'standard' }],
  });
  const declared = config.sources['metrics'];
  if (!declared) throw new Error('there is no such source');
  return prometheusClient({ name: 'metrics', ...endpointOf(declared, ENV) });
}

describe('who asks Prometheus', () => {
  let server: ScriptedPrometheus;
  beforeAll(async () => {
    server = await scriptedPrometheus();
  });
  afterAll(() => server.close());

  it.each([
    ['nobody', {}, expect.not.objectContaining({ authorization: expect.anything() })],
    ['a bearer', { auth: { bearer: '${TOKEN}' } }, { authorization: 'Bearer s3cret' }],
    [
      'a name and a password',
      { auth: { basic: { username: 'ada', password: '${PASS}' } } },
      { authorization: `Basic ${Buffer.from('ada:pa:ss').toString('base64')}` },
    ],
    ['a tenant', { tenant: 'shop' }, { 'x-scope-orgid': 'shop' }],
    ['a tenant of another product', { tenant: { header: 'THANOS-TENANT', value: 'a b' } }, { 'thanos-tenant': 'a b' }],
  ])('is %s', async (_, source, head) => {
    const answer = await open({ url: server.url, ...source }).query('up{}[1000ms]', Date.now(), signal());
    expect(answer.ok).toBe(true);
    expect(server.heads.at(-1)).toEqual('asymmetricMatch' in head ? head : expect.objectContaining(head));
  });

  it('is told when a secret is not set', () => {
    expect(() => open({ url: server.url, auth: { bearer: '${NOWHERE}' } })).toThrow('the secret ${NOWHERE} is not set');
  });

  it('is never led by a name to an address that is not allowed', async () => {
    const port = new URL(server.url).port;
    const asked = server.heads.length;
    const client = prometheusClient({
      name: 'metrics',
      url: `http://metrics.example:${port}`,
      timeoutMs: 2_000,
      maxAnswerBytes: 1_024,
      headers: {},
      tls: {},
      lookup: (hostname, __, callback) => callback(Object.assign(new Error(hostname), { code: 'ERR_FORBIDDEN' }), ''),
    });
    const answer = await client.query('up{}[1000ms]', Date.now(), signal());
    expect(answer).toEqual({ ok: false, reason: 'metrics did not answer: ERR_FORBIDDEN' });
    expect(server.heads.length).toBe(asked);
  });
});

const openssl = await run('openssl', ['version']).then(
  () => 'openssl',
  () => null,
);

serviceOrSkip('openssl', openssl)('Prometheus behind mutual TLS', (program) => {
  const folder = mkdtempSync(join(tmpdir(), 'serin-tls-'));
  const path = (name: string) => join(folder, name);
  const server = () => ({ key: readFileSync(path('server.key')), cert: readFileSync(path('server.pem')) });
  let https: ReturnType<typeof createServer>;
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
    const options = { ...server(), ca: readFileSync(path('ca.pem')), requestCert: true, rejectUnauthorized: false };
    https = createServer(options, (request, response) => {
      const { authorized } = request.socket as TLSSocket;
      response.writeHead(authorized ? 200 : 403, { 'content-type': 'application/json' });
      response.end('{"status":"success","data":{"resultType":"matrix","result":[]}}');
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

  const ask = (source: object) => open({ url, ...source }).query('up{}[1000ms]', Date.now(), signal());
  const file = (name: string) => `file:${path(name)}`;

  it('answers whoever shows a certificate', async () => {
    const certificate = { cert: file('client.pem'), key: file('client.key') };
    expect((await ask({ ca: file('ca.pem'), auth: { certificate } })).ok).toBe(true);
    expect(await ask({ ca: file('ca.pem') })).toEqual({ ok: false, reason: 'metrics answered 403' });
  });

  it('is not believed when its own certificate is from nobody known', async () => {
    expect(await ask({})).toEqual({
      ok: false,
      reason: expect.stringMatching(
        /^metrics did not answer: its certificate is from an authority that is not trusted \((UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET).*`ca`/,
      ),
    });
  });
});
