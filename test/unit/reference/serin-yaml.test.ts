import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { variablesIn } from '../../../scripts/reference/environment.ts';
import { fieldsIn, fieldsOf } from '../../../scripts/reference/fields.ts';
import { configFields, policyFields } from '../../../scripts/reference/file-fields.ts';
import { regionsOf } from '../../../scripts/reference/regions.ts';
import { configSchema } from '../../../src/config/config.ts';
import { fillIn } from '../../../src/config/given/given-values.ts';
import { configJsonSchemaText } from '../../../src/config/json-schema.ts';
import { routeFaults } from '../../../src/config/route-faults.ts';
import { routeMetricsSchema } from '../../../src/config/route-metrics.ts';
import { readPolicy } from '../../../src/policy/read.ts';
import { yamlExamples } from '../../support/yaml-examples.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false });
const validate = ajv.compile(JSON.parse(configJsonSchemaText()));
/** What the examples leave to the environment. */
const env = { PAYMENTS_HOST: 'payments', PAYMENTS_VERSION: 'v1' };
const keys = Object.keys(configSchema.shape);

const route = { name: 'r', stable: 'http://127.0.0.1:9001', policy: 'standard' };
const token = { jwks: 'https://login.test/jwks', issuer: 'https://login.test', audience: 'https://api.test' };
const metrics = { preset: 'otel', version: { label: 'v' } };
const prometheus = { kind: 'prometheus', url: 'http://127.0.0.1:9090' };
const withRoute = (more: object) => ({ routes: [{ ...route, ...more }] });
const withGateway = (gateway: object) => ({ gateway, routes: [route] });
const withSource = (source: object) => ({ sources: { p: source }, routes: [route] });

/** What `serin` finds wrong with a file by its schema and its rules for routes. */
function faultsOf(file: unknown): readonly unknown[] {
  const { value, faults } = fillIn(file, { env, folder: root });
  if (faults.length > 0) return faults;
  const { success, data, error } = configSchema.safeParse(value);
  return success ? routeFaults(data) : error.issues;
}

function byEditor(file: unknown): readonly unknown[] {
  validate(file);
  return validate.errors ?? [];
}

describe('the JSON Schema of serin.yaml', () => {
  const ofDocs = yamlExamples()
    .filter(({ value }) => Object.keys(value).every((key) => keys.includes(key)))
    .map(({ where, value: { routes = [route], ...value } }) => {
      // Some show a part of a route only.
      const whole = [routes].flat().map((shown, at) => ({ ...route, path: `/${at}`, ...Object(shown) }));
      return [where, { ...value, routes: whole }] as const;
    });
  const inFiles = globSync('{deploy,examples/**}/serin.yaml', { cwd: root }).map(
    (path) => [path, parse(readFileSync(`${root}${path}`, 'utf8'))] as const,
  );

  it('meets the examples of the documents and of deploy', () => {
    expect(ofDocs.length).toBeGreaterThan(8);
    expect(inFiles.map(([path]) => path)).toContain('deploy/serin.yaml');
  });

  it.each([...ofDocs, ...inFiles])('accepts %s, as serin does', (_where, file) => {
    expect(byEditor(file)).toEqual([]);
    expect(faultsOf(file)).toEqual([]);
  });

  it.each([
    ['the least there can be', withRoute({})],
    ['a host in Unicode', withRoute({ host: 'münchen.example' })],
    ['a host that is an address', withRoute({ host: '[2001:db8::1]' })],
    ['a wildcard', withRoute({ host: '*.example.com' })],
    ['a path with octets', withRoute({ path: '/%C3%BC/a;b=c,d' })],
    ['an upstream in capitals', withRoute({ stable: 'HTTP://EXAMPLE.COM' })],
    ['an upstream with a path', withRoute({ stable: ' https://example.com:8443/a/b@c/ ' })],
    ['an upstream on IPv6', withRoute({ stable: 'http://[2001:db8::1]:80' })],
    ['an upstream with slashes as the parser takes them', withRoute({ stable: 'http:\\\\a\\b@c' })],
    ['an upstream without slashes', withRoute({ stable: 'http:a' })],
    ['an upstream with nothing for user info, query and fragment', withRoute({ stable: 'http://:@a/?#' })],
    ['an upstream with line ends, which the parser takes out', withRoute({ stable: 'ht\ntp://\t@a?\r\n' })],
    ['a listener on the last port', withGateway({ listen: '127.0.0.1:65535', readiness: '[::1]:00081' })],
    ['whole addresses', withGateway({ trustedProxies: ['10.0.0.1/32', '10.0.0.0/008', '::1/128', '::/0', '::1/099'] })],
    ['a path with dots in names', withRoute({ path: '/.well-known/..a/a./...' })],
    ['a path with a slash at its end', withRoute({ path: '/a/' })],
    ['a path with another octet', withRoute({ path: '/a%2Bb%252f' })],
    ['headers much like others', withRoute({ sticky: { header: 'X-Forwarded' }, forceHeader: 'hosts' })],
    [
      'a force header with values',
      withRoute({ forceHeader: { name: 'X-Group', canary: 'beta testers', stable: 'no' } }),
    ],
    ['a request by its identifier', withRoute({ consumerKey: { header: 'X-Request-Id' } })],
    ['short durations', withGateway({ timeouts: { upload: '0.6ms', silence: '10ms', download: '0.01s' } })],
    ['nothing to wait for', withGateway({ timeouts: { notice: '0s', drain: '0ms' } })],
    ['a listener on IPv6', withGateway({ listen: '[::1]:0', readiness: 'localhost:8081' })],
    ['networks of both families', withGateway({ trustedProxies: ['10.0.0.0/8', '2001:db8::/32', '::1'] })],
    ['upstreams of every kind', { ...withRoute({}), upstreams: ['10.0.0.0/8', '*.svc.internal', '2001:db8::1', 'a'] }],
    ['a body of any size', withGateway({ limits: { bodyBytes: null } })],
    ['a source and its metrics', { ...withSource(prometheus), ...withRoute({ source: 'p', metrics }) }],
    ['another router', { ...withSource(prometheus), ...withRoute({ source: 'p', metrics, router: 'none' }) }],
    ['force by networks', withRoute({ force: { from: ['10.0.0.0/8'] } })],
    ['force by tokens', withRoute({ force: { tokens: 'accepted' } })],
    ['sticky by consumer', withRoute({ sticky: 'consumer', consumerKey: { query: 'key' } })],
    [
      'a consumer whom a proxy names',
      {
        ...withGateway({ trustedProxies: ['10.0.0.0/8'] }),
        ...withRoute({ consumerKey: { header: 'x-client-id', from: 'trustedProxies' } }),
      },
    ],
    ['a consumer by token', withRoute({ consumerKey: { jwt: token } })],
    [
      'a consumer by a token for one of two, with keys in a file',
      withRoute({ consumerKey: { jwt: { ...token, jwks: 'keys/jwks.json', audience: ['a', 'b'], claim: 'azp' } } }),
    ],
    ['keys on this machine', withRoute({ consumerKey: { jwt: { ...token, jwks: 'http://127.0.0.1:8081/jwks?a=b' } } })],
    ['a tenant by its name', withSource({ ...prometheus, tenant: 'shop' })],
    ['a health page with many statuses', withRoute({ health: { path: '/', status: ['2xx', 301] } })],
  ])('accepts %s, as serin does', (_what, file) => {
    expect(byEditor(file)).toEqual([]);
    expect(faultsOf(file)).toEqual([]);
  });

  it.each([
    ['no routes', {}],
    ['an empty list of routes', { routes: [] }],
    ['a misspelt key', { ...withRoute({}), polices: [] }],
    ['a misspelt key of a route', withRoute({ stickey: 'request' })],
    ['a route without a stable', { routes: [{ name: 'r', policy: 'standard' }] }],
    ['a name in capitals', withRoute({ name: 'Payments' })],
    ['an upstream of another protocol', withRoute({ stable: 'ftp://127.0.0.1' })],
    ['an upstream with user info', withRoute({ stable: 'http://u:p@127.0.0.1:1' })],
    ['an upstream with a user', withRoute({ stable: { url: 'http:u@127.0.0.1' } })],
    ['an upstream with a query', withRoute({ stable: 'http://127.0.0.1:1?x' })],
    ['an upstream with a fragment', withRoute({ stable: 'http://127.0.0.1/#x' })],
    ['an upstream of a scheme alone', withRoute({ stable: 'http:' })],
    ['an upstream of slashes', withRoute({ stable: 'http:// ' })],
    ['a source with a password', withSource({ ...prometheus, url: 'http://u:p@127.0.0.1' })],
    ['two slashes in a path', withRoute({ path: '//a' })],
    ['two slashes at the end of a path', withRoute({ path: '/a//' })],
    ['a path that goes up', withRoute({ path: '/../a' })],
    ['a path that stays', withRoute({ path: '/a/.' })],
    ['a path that goes up with a parameter', withRoute({ path: '/a/..;b/c' })],
    ['an encoded slash', withRoute({ path: '/a%2F' })],
    ['an encoded slash in small letters', withRoute({ path: '/a%2fb' })],
    ['an encoded backslash', withRoute({ path: '/a%5cb' })],
    ['sticky by Host', withRoute({ sticky: { header: 'Host' } })],
    ['sticky by an address that was forwarded', withRoute({ sticky: { header: 'x-forwarded-for' } })],
    ['force by what a proxy says', withRoute({ forceHeader: 'X-Forwarded-Foo' })],
    ['force by values without a name', withRoute({ forceHeader: { canary: 'beta' } })],
    ['force by an empty value', withRoute({ forceHeader: { name: 'x-group', canary: '' } })],
    ['force by the framing', withRoute({ forceHeader: 'CONTENT-length' })],
    ['a consumer by an address', withRoute({ consumerKey: { header: 'X-Real-IP' } })],
    ['a consumer by an address as CGI reads it', withRoute({ consumerKey: { header: 'X_Real-Ip' } })],
    ['a consumer whom anybody names', withRoute({ consumerKey: { header: 'x-client-id', from: 'anybody' } })],
    ['a token of no issuer', withRoute({ consumerKey: { jwt: { ...token, issuer: undefined } } })],
    ['a token for nobody', withRoute({ consumerKey: { jwt: { ...token, audience: [] } } })],
    ['keys that come in the clear', withRoute({ consumerKey: { jwt: { ...token, jwks: 'http://login.test/jwks' } } })],
    ['keys of much the same name', withRoute({ consumerKey: { jwt: { ...token, jwks: 'http://localhost.test/' } } })],
    ['keys with a password', withRoute({ consumerKey: { jwt: { ...token, jwks: 'https://a:b@login.test/' } } })],
    ['keys from another protocol', withRoute({ consumerKey: { jwt: { ...token, jwks: 'ftp://login.test/' } } })],
    ['keys in the file itself', withRoute({ consumerKey: { jwt: { ...token, jwks: 'data:,{}' } } })],
    ['a token in a header of proxies', withRoute({ consumerKey: { jwt: { ...token, header: 'x-forwarded-token' } } })],
    ['a token and a key', withRoute({ consumerKey: { jwt: token, header: 'x-api-key' } })],
    ['a port above all', withGateway({ listen: '127.0.0.1:65536' })],
    ['a port far above all', withGateway({ readiness: '[::1]:99999' })],
    ['an IPv4 prefix too long', withGateway({ trustedProxies: ['10.0.0.0/33'] })],
    ['an IPv6 prefix too long', withGateway({ trustedProxies: ['2001:db8::/129'] })],
    ['a prefix too long for upstreams', { ...withRoute({}), upstreams: ['10.0.0.0/99'] }],
    ['no time to upload', withGateway({ timeouts: { upload: '0s' } })],
    ['no time to answer', withRoute({ timeouts: { answer: '00.0ms' } })],
    ['no time for a source', withSource({ ...prometheus, timeout: '0s' })],
    ['no interval of a source', withSource({ ...prometheus, interval: '0m' })],
    ['no time between looks', { ...withRoute({}), controller: { tick: '0s' } }],
    ['blind at once', { ...withRoute({}), controller: { blindAfter: '0s' } }],
    ['a path that begins with no slash', withRoute({ path: 'api' })],
    ['a path that is a pattern', withRoute({ path: '/api/*' })],
    ['a path with a placeholder', withRoute({ path: '/users/{id}' })],
    ['a host that is a URL', withRoute({ host: 'https://example.com' })],
    ['a host with a port', withRoute({ host: 'example.com:443' })],
    ['a host that is everything', withRoute({ host: '*' })],
    ['a listener without a port', withGateway({ listen: '127.0.0.1' })],
    ['a listener on everything', withGateway({ listen: '*:8080' })],
    ['a number for a duration', withGateway({ timeouts: { answer: 30 } })],
    ['a duration without a unit', withGateway({ timeouts: { answer: '30' } })],
    ['a limit of none', withGateway({ limits: { connections: 0 } })],
    ['a proxy by its name', withGateway({ trustedProxies: ['balancer'] })],
    ['a share above everything by its form', withGateway({ accessLog: { file: 'a', sample: 'all' } })],
    ['yes for on', withGateway({ slices: true })],
    ['a secret in the file', { ...withRoute({}), channels: { pagerduty: { routingKey: 'abc' } } }],
    ['a source of no kind', withSource({ url: 'http://127.0.0.1:9090' })],
    [
      'a bearer and a password',
      withSource({ ...prometheus, auth: { bearer: '${A}', basic: { username: 'a', password: '${B}' } } }),
    ],
    ['a source without metrics', { ...withSource(prometheus), ...withRoute({ source: 'p' }) }],
    ['metrics without a source', withRoute({ metrics })],
    [
      'versions told apart twice',
      {
        ...withSource(prometheus),
        ...withRoute({ source: 'p', metrics: { ...metrics, stable: { a: 'b' }, canary: { a: 'c' } } }),
      },
    ],
    [
      'a canary without a stable',
      { ...withSource(prometheus), ...withRoute({ source: 'p', metrics: { preset: 'otel', canary: { a: 'c' } } }) },
    ],
    [
      'a preset with a name of your own',
      { ...withSource(prometheus), ...withRoute({ source: 'p', metrics: { ...metrics, requests: 'r' } }) },
    ],
    ['another router without a source', withRoute({ router: 'none' })],
    ['sticky by a consumer of no key', withRoute({ sticky: 'consumer' })],
    ['force by nobody', withRoute({ force: {} })],
    ['force by no network', withRoute({ force: { from: [] } })],
  ])('refuses %s, as serin does', (_what, file) => {
    expect(byEditor(file)).not.toEqual([]);
    expect(faultsOf(file)).not.toEqual([]);
  });
});

describe.each([
  ['serin-yaml.md', configFields()],
  ['policy.md', policyFields()],
])('docs/reference/%s', (page, fields) => {
  const text = readFileSync(`${root}docs/reference/${page}`, 'utf8');
  const parts = regionsOf(text).map((region) => region.replace('fields ', ''));

  it('has every field once', () => {
    const shown = parts.filter((part) => part !== 'environment').flatMap((part) => fieldsIn(fields, part, parts));
    expect(shown.map(({ path }) => path).toSorted()).toEqual(fields.map(({ path }) => path).toSorted());
  });

  it('says of every field what it does', () => {
    expect(fields.filter(({ says }) => says === '').map(({ path }) => path)).toEqual(
      page === 'policy.md' ? ['metadata', 'spec'] : [],
    );
  });

  it('names each field once', () => {
    const paths = fields.map(({ path }) => path);
    expect(paths).toEqual([...new Set(paths)]);
  });
});

describe('the example of docs/reference/serin-yaml.md', () => {
  it('has metrics as a route has them', () => {
    const shown = yamlExamples().find(({ where, value }) => where.endsWith('serin-yaml.md 2') && 'metrics' in value);
    expect(routeMetricsSchema.safeParse(shown?.value['metrics'])).toMatchObject({ success: true });
  });
});

describe('the example of docs/reference/policy.md', () => {
  it('is a policy', () => {
    const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(`${root}docs/reference/policy.md`, 'utf8')) ?? [];
    expect(readPolicy(text, 'policy.md')).toMatchObject({ ok: true });
  });
});

describe('the words of the reference', () => {
  it('tell the forms of one mapping apart', () => {
    const json = { kind: { const: 'json', description: 'a' } };
    const other = { kind: { const: 'other', description: 'b' }, only: { type: 'string', description: 'c' } };
    const forms = [
      { properties: json, required: ['kind'] },
      { properties: other, required: ['kind', 'only'] },
    ];
    expect(fieldsOf({ oneOf: forms })).toEqual([
      { path: 'kind', type: '`json`, `other`', default: 'required', says: '`json`: a; `other`: b' },
      { path: 'only', type: 'text', default: 'required with `kind: other`', says: 'c' },
    ]);
  });

  it('find variables in every way in which the code reads them', () => {
    const text = "env['A_B'] env.CD givenVariable(env, 'SERIN_X') env[name]";
    expect([...variablesIn([text])]).toEqual(['A_B', 'CD', 'SERIN_X']);
  });
});
