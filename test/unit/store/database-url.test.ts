import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeerCertificate } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Problem } from '../../../src/problem/problem.ts';
import { type DatabaseTarget, readDatabaseUrl } from '../../../src/store/postgres/database-url.ts';

const read = (url: string, env: NodeJS.ProcessEnv = {}): DatabaseTarget => readDatabaseUrl(url, env);

function refusal(url: string): Problem {
  try {
    read(url);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Problem);
    return thrown as Problem;
  }
  return expect.fail(`it was accepted: ${url}`);
}

let folder: string;
let authority: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'serin-url-'));
  authority = join(folder, 'ca.pem');
  writeFileSync(authority, 'an authority');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('DATABASE_URL', () => {
  it('is read as libpq reads it', () => {
    expect(read('postgres://serin:p%40ss%23word@db.example.com:6432/canaries')).toMatchObject({
      hosts: [{ host: 'db.example.com', port: 6432 }],
      user: 'serin',
      password: 'p@ss#word',
      database: 'canaries',
      tls: 'prefer',
      address: 'db.example.com:6432',
    });
    expect(read('postgresql://serin@[::1]/')).toMatchObject({ address: '[::1]:5432', database: 'serin', password: '' });
    expect(read('postgres://u@a:1,b:2/d?target_session_attrs=read-write')).toMatchObject({
      hosts: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
      targetSessionAttrs: 'read-write',
    });
    expect(read('postgres:///d?host=/run/postgresql&user=u').address).toBe('/run/postgresql/.s.PGSQL.5432');
    expect(read('postgres://h/d', { PGUSER: 'u', PGPASSWORD: 'p' })).toMatchObject({ user: 'u', password: 'p' });
  });

  it.each([
    ['not-a-url-SECRET', 'is not a URL of Postgres'],
    ['mysql://u:SECRET@h/d', 'is not a URL of Postgres'],
    ['host=h dbname=d password=SECRET', 'is a list of keywords'],
    ['postgres://u:p@SECRET#word@h/d', '# as %23'],
    ['postgres://u:p#SECRET@h/d', '# as %23'],
    ['postgres://u:p/SECRET@h/d', '/ as %2F'],
    ['postgres://u:p?SECRET@h/d', '? as %3F'],
    ['postgres://u:p?secret&SECRET@h/d', '? as %3F'],
    ['postgres://u:p@b?secretname@h/d', '? as %3F'],
    ['postgres://u:p@SECRET@h/d', '@ as %40'],
    ['postgres://u:p:SECRET@h/d', ': as %3A'],
    ['postgres://u:SECRET%zz@h/d', 'in its password'],
    ['postgres://u:SECRET word@h/d', 'a space as %20'],
    ['postgres://u:SECRET', 'port that is no number'],
    ['postgres://:SECRET@h/d', 'names no user'],
    ['postgres://u:SECRET@h:99999/d', 'from 1 to 65535'],
    ['postgres://u:SECRET@h/d/e', '"/" or "?" too many'],
    ['postgres://u:SECRET@h/d?sslmode=verify', 'verify-full'],
    ['postgres://u:SECRET@h/d?pgbouncer=true', 'the parameter pgbouncer'],
    ['postgres://u:SECRET@h/d?sslrootcert=/no/such.pem&sslmode=verify-full', '/no/such.pem as sslrootcert'],
    ['postgres://u:SECRET@h/d?sslrootcert=system&sslmode=require', 'verify-full'],
    ['postgres://u:SECRET@h/d?channel_binding=require&sslmode=disable', 'wants TLS'],
    ['postgres://u:SECRET@h/d?sslcert=/a.pem', 'wants both'],
    ['postgres://u:SECRET@h/d?connect_timeout=soon', 'connect_timeout'],
  ])('that cannot be used says what is wrong, and nothing of the password: %s', (url, says) => {
    const problem = refusal(url);
    expect(problem.code).toBe('invalid-input');
    expect(problem.message).toMatch(/^DATABASE_URL /);
    expect(problem.message).toContain(says);
    expect(problem.message.toLowerCase()).not.toContain('secret');
  });

  const tls = (query: string) => read(`postgres://u:p@db.example.com/d${query}`).tls;
  const stranger = { subject: { CN: 'other.example.com' }, subjectaltname: 'DNS:other.example.com' } as PeerCertificate;

  it('knows the sslmodes of libpq', () => {
    expect(tls('')).toBe('prefer');
    expect(tls('?sslmode=disable')).toBe(false);
    expect(tls('?sslmode=allow')).toBe('prefer');
    expect(tls('?sslmode=require')).toBe('require');
    expect(tls('?sslmode=require&channel_binding=require')).toBe('require');
    const full = tls(`?sslmode=verify-full&sslrootcert=${authority}`);
    expect(full).toMatchObject({ rejectUnauthorized: true, ca: ['an authority'] });
    expect(full && typeof full === 'object' && full.checkServerIdentity?.('', stranger)).toBeInstanceOf(Error);
    // As documented there: require with an authority is verify-ca.
    for (const mode of ['verify-ca', 'require']) {
      const byAuthority = tls(`?sslmode=${mode}&sslrootcert=${authority}`);
      expect(byAuthority).toMatchObject({ rejectUnauthorized: true, ca: ['an authority'] });
      expect(byAuthority && typeof byAuthority === 'object' && byAuthority.checkServerIdentity?.('', stranger)).toBe(
        undefined,
      );
    }
    const system = tls('?sslrootcert=system');
    expect(system).toMatchObject({ rejectUnauthorized: true });
    expect(system && typeof system === 'object' && (system.ca?.length ?? 0)).toBeGreaterThan(100);
  });
});
