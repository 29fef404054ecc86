import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/config.ts';
import { validate } from '../../../src/policy/explain.ts';

const OIDC = {
  issuer: 'https://login.test/realms/main',
  clientId: 'serin',
  roles: { claim: 'groups', map: { 'serin-admins': 'admin', everybody: 'viewer' } },
};

function read(oidc: object, control: object = {}) {
  const routes = [{ name: 'shop', stable: 'http://shop.test', policy: 'standard' }];
  return validate(configSchema, { routes, control: { publicUrl: 'https://serin.test', ...control, oidc } });
}

function faultsOf(oidc: object, control?: object): readonly string[] {
  const checked = read(oidc, control);
  return checked.ok ? [] : checked.faults.map(({ path, message }) => `${path.slice(0, -1).join('.')}.${message}`);
}

describe('control.oidc', () => {
  it('has what most providers need by default', () => {
    const config = read(OIDC);
    expect(config.ok && config.value.control.oidc).toEqual({
      ...OIDC,
      audience: ['serin'],
      scopes: ['openid', 'profile', 'email'],
      session: 12 * 3_600_000,
    });
  });

  it('takes the tokens of both of its clients unless it says otherwise', () => {
    const both = read({ ...OIDC, clientSecret: '${OIDC_SECRET}', loginClientId: 'serin-login' });
    expect(both.ok && both.value.control.oidc?.audience).toEqual(['serin', 'serin-login']);
    const said = read({ ...OIDC, audience: 'https://serin.test' });
    expect(said.ok && said.value.control.oidc?.audience).toEqual(['https://serin.test']);
  });

  it('says where browsers are sent back to, unless it is only for this machine', () => {
    expect(faultsOf(OIDC, { publicUrl: undefined })).toEqual([]);
    expect(faultsOf(OIDC, { publicUrl: undefined, listen: '0.0.0.0:7780' })).toEqual([
      'control.oidc needs control.publicUrl: the provider sends browsers back there',
    ]);
  });

  it.each([
    'http://login.test',
    'https://me@login.test',
    'https://login.test?tenant=1',
    'https://login.test/#a',
    'https://169.254.169.254',
    'login.test',
  ])('has no issuer %s', (issuer) => {
    expect(faultsOf({ ...OIDC, issuer })).toEqual([expect.stringMatching(/^control\.oidc\.issuer must be /)]);
  });

  it('has an issuer without TLS on this machine alone', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      expect(faultsOf({ ...OIDC, issuer: `http://${host}:5556/dex` })).toEqual([]);
    }
  });

  it.each([
    [{ roles: { claim: 'groups', map: {} } }, /roles\.map must give one value/],
    [{ roles: { claim: 'groups', map: { a: 'logs:write' } } }, /roles\.map\.a must be/],
    [{ scopes: ['profile'] }, /scopes must have openid/],
    [{ clientSecret: 'hunter2' }, /clientSecret a secret|oidc\.a secret is named/],
    [{ session: '13h' }, /session must be from 1m to 12h/],
    [{ rolse: 1 }, /rolse/],
  ])('refuses %j', (part, fault) => {
    expect(faultsOf({ ...OIDC, ...part })).toEqual([expect.stringMatching(fault)]);
  });
});
