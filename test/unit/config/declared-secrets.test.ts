import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/config.ts';
import { declaredSecrets } from '../../../src/config/declared-secrets.ts';

const file = {
  routes: [{ name: 'shop', stable: 'http://shop.test', policy: 'standard' }],
  control: {
    oidc: {
      issuer: 'https://login.test',
      clientId: 'serin',
      clientSecret: '${OIDC}',
      roles: { claim: 'groups', map: { admins: 'admin' } },
    },
  },
  channels: { pagerduty: { routingKey: '${PAGER}' } },
  sources: {
    one: {
      kind: 'prometheus',
      url: 'http://one.test',
      ca: 'file:one.pem',
      auth: { bearer: '${ONE}', certificate: { cert: 'file:one.crt', key: 'file:one.key' } },
    },
    two: { kind: 'json', url: 'http://two.test', auth: { basic: { username: 'me', password: '${TWO}' } } },
  },
};
const config = configSchema.parse(file);

/** Every text of the file that has the form of a reference, and its path. */
function references(value: unknown, path: readonly string[] = []): { path: readonly string[]; reference: string }[] {
  if (typeof value === 'string') return /^(\$\{.+\}|file:.+)$/.test(value) ? [{ path, reference: value }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => references(inner, [...path, key]));
}

describe('declaredSecrets', () => {
  it('names every reference that a file can hold, with its place', () => {
    const found = references(file);
    expect(found).toHaveLength(7);
    expect(declaredSecrets(config)).toEqual(expect.arrayContaining(found));
    expect(declaredSecrets(config)).toHaveLength(found.length);
  });
});
