import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourcesSchema } from '../../../src/config/sources.ts';
import { lookupAllowed } from '../../../src/gateway/upstream/upstream-address.ts';
import { endpointOf, openSources } from '../../../src/server/open-sources.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'serin-endpoint-'));
  for (const name of ['ca', 'cert', 'key']) writeFileSync(join(folder, name), `${name} in PEM\n`);
});

afterAll(() => rmSync(folder, { recursive: true }));

const URL = 'https://metrics.test/prometheus';

function endpoint(source: object, env: Record<string, string> = {}) {
  const { it } = sourcesSchema.parse({ it: { kind: 'prometheus', url: URL, ...source } });
  if (!it) throw new Error('the source is there');
  return endpointOf(it, env);
}

describe('how a declared source is reached', () => {
  it('is bounded in time and size, and leads to no forbidden address', () => {
    expect(endpoint({ timeout: '3s', maxAnswerBytes: 2_048 })).toEqual({
      url: URL,
      timeoutMs: 3_000,
      maxAnswerBytes: 2_048,
      headers: {},
      tls: {},
      lookup: lookupAllowed,
    });
  });

  it.each([
    [{ auth: { bearer: '${' + 'TOKEN}' } }, { authorization: 'Bearer s3cret' }],
    [
      { auth: { basic: { username: 'Aladdin', password: '${' + 'TOKEN}' } } },
      { authorization: 'Basic QWxhZGRpbjpzM2NyZXQ=' },
    ],
    [{ tenant: 'team-a' }, { 'X-Scope-OrgID': 'team-a' }],
    [{ tenant: { header: 'X-Tenant', value: 'b' } }, { 'X-Tenant': 'b' }],
  ])('%j shows %j', (source, headers) => {
    expect(endpoint(source, { TOKEN: 's3cret' }).headers).toEqual(headers);
  });

  it('shows a certificate, and trusts the authority that is declared', () => {
    const at = (name: string) => `file:${join(folder, name)}`;
    const access = { ca: at('ca'), auth: { certificate: { cert: at('cert'), key: at('key') } } };
    const declared = sourcesSchema.parse({ it: { kind: 'json', url: URL, ...access } })['it'];
    const tls = { ca: 'ca in PEM', cert: 'cert in PEM', key: 'key in PEM' };
    expect(endpoint(access).tls).toEqual(tls);
    expect(declared && endpointOf(declared, {}).tls).toEqual(tls);
  });

  it('is not opened when a secret is missing', () => {
    const sources = sourcesSchema.parse({ jobs: { kind: 'json', url: URL, auth: { bearer: '${' + 'NOT_SET}' } } });
    expect(() => openSources({ sources }, {})).toThrow(/NOT_SET.* is not set/);
  });

  it('tells the past of a Prometheus, and the present of a JSON endpoint', () => {
    const sources = sourcesSchema.parse({ jobs: { kind: 'json', url: URL }, main: { kind: 'prometheus', url: URL } });
    const opened = openSources({ sources }, {});
    expect([...opened].map(([name, { values }]) => [name, values.knows])).toEqual([
      ['jobs', 'present'],
      ['main', 'past'],
    ]);
  });
});
