import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../support/certificates.ts';
import { emptyDatabase, postgresUrl } from '../support/postgres.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { type Home, makeHome, serin } from '../support/server-process.ts';
import { closedPort, listening } from '../support/upstream.ts';

const PASSWORD = `PLANTED-${randomBytes(6).toString('hex')}`;

let home: Home;

beforeEach(() => {
  home = makeHome(`routes:
  - { name: shop, path: /shop, stable: { url: "http://127.0.0.1:9", version: v1 }, policy: standard }
`);
});
afterEach(() => home.remove());

/** What `serin migrate` says; a password that was planted is in no output. */
async function migrate(databaseUrl: string, env: NodeJS.ProcessEnv = {}): Promise<{ code: unknown; said: string }> {
  const { code, stdout, stderr } = await serin(['migrate', '--config', home.configFile], {
    env: { ...env, DATABASE_URL: databaseUrl },
  });
  const said = `${stdout}${stderr}`;
  for (const secret of [PASSWORD, 'SECRET']) expect(said).not.toContain(secret);
  return { code, said };
}

describe('a database that cannot be opened', () => {
  it.each([
    ['is no URL', `serin:${PASSWORD}@db/serin`, 'it should read postgres://USER:PASSWORD@HOST:5432/DATABASE'],
    ['has a password that is not encoded', `postgres://u:p@${PASSWORD}#word@db/serin`, 'write @ as %40'],
    ['has an unknown sslmode', `postgres://u:${PASSWORD}@db/serin?sslmode=strict`, 'verify-full'],
    [
      'names a file that is not there',
      `postgres://u:${PASSWORD}@db/d?sslmode=verify-full&sslrootcert=/no.pem`,
      '/no.pem',
    ],
  ])('is wrong input when its URL %s: exit 2', async (_what, url, says) => {
    const { code, said } = await migrate(url);
    expect(said).toContain('serin: DATABASE_URL ');
    expect(said).toContain(says);
    expect(code).toBe(2);
  });

  it('says where nothing listens: exit 1', async () => {
    const port = await closedPort();
    const { code, said } = await migrate(`postgres://u:${PASSWORD}@127.0.0.1:${port}/d`);
    expect(said).toBe(
      `serin: Nothing accepts connections at 127.0.0.1:${port}: is Postgres running there (ECONNREFUSED)?\n`,
    );
    expect(code).toBe(1);
  });

  it('says that a name is not known, and that something else than Postgres answered', async () => {
    const unknown = await migrate(`postgres://u:${PASSWORD}@no-such-host.invalid/d`);
    expect(unknown.said).toMatch(/The name no-such-host\.invalid (does not resolve|could not be resolved)/);
    expect(unknown.code).toBe(1);
    const other = await listening(createServer((socket) => socket.on('error', () => {}).destroy()));
    const { said } = await migrate(`postgres://u:${PASSWORD}@127.0.0.1:${other.port}/d?sslmode=disable`);
    await other.close();
    expect(said).toContain(`127.0.0.1:${other.port} ended the connection before it was open`);
  });

  it('says that the data folder cannot be made', async () => {
    home.write('in-the-way', '');
    const { code, stderr } = await serin(['migrate', '--config', home.configFile], {
      env: { SERIN_DATA: join(home.folder, 'in-the-way', 'data'), DATABASE_URL: undefined },
    });
    expect(stderr).toMatch(/^serin: The data folder .*in-the-way\/data cannot be made \(ENOTDIR\)\.\n$/);
    expect(code).toBe(1);
  });

  // Nothing can be written there, whoever one is.
  it.runIf(process.platform === 'linux')('says that the data folder is on a read-only file system', async () => {
    const { code, stderr } = await serin(['migrate', '--config', home.configFile], {
      env: { SERIN_DATA: '/sys/fs/serin', DATABASE_URL: undefined },
    });
    expect(stderr).toMatch(/^serin: The data folder \/sys\/fs\/serin cannot be made \([A-Z]+\)\.\n$/);
    expect(code).toBe(1);
  });
});

const disk = mountedDisk();

// Only root may mount a disk of its own.
describe.runIf(disk !== null)('a disk that is full', () => {
  afterAll(() => {
    spawnSync('umount', [disk ?? '']);
    rmSync(disk ?? '', { recursive: true, force: true });
  });

  it('is named as the reason that no database can be made on it, and later none opened', async () => {
    const dataFolder = join(disk ?? '', 'data');
    const run = () =>
      serin(['migrate', '--config', home.configFile], { env: { SERIN_DATA: dataFolder, DATABASE_URL: undefined } });
    const small = await run();
    expect(small.stderr).toContain(
      `The database in ${dataFolder}/database cannot be opened: no space is left on the disk`,
    );
    expect(small.code).toBe(1);
    spawnSync('mount', ['-o', 'remount,size=60m', disk ?? '']);
    expect((await run()).code).toBe(0);
    spawnSync('dd', ['if=/dev/zero', `of=${join(disk ?? '', 'filling')}`, 'bs=1M']);
    const full = await run();
    expect(full.stderr).toMatch(/cannot be opened: FATAL: .*No space left on device\.\n$/);
    expect(full.code).toBe(1);
  });
});

/** A disk of 12 MB in memory, or null where it may not be made. */
function mountedDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'serin-disk-'));
  if (
    process.platform === 'linux' &&
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder]).status === 0
  ) {
    return folder;
  }
  rmSync(folder, { recursive: true, force: true });
  return null;
}

serviceOrSkip('postgres', await postgresUrl())('a Postgres that refuses', (server) => {
  let database: Awaited<ReturnType<typeof emptyDatabase>>;
  let role: string;
  let url: URL;

  async function asOwner(statement: string, at: string = server.url): Promise<readonly unknown[]> {
    const sql = postgres(at, { max: 1, onnotice: () => {} });
    try {
      return [...(await sql.unsafe(statement))];
    } finally {
      await sql.end();
    }
  }

  beforeAll(async () => {
    database = await emptyDatabase(server.url);
    role = `serin_${randomBytes(4).toString('hex')}`;
    await asOwner(`create role ${role} login password '${PASSWORD}'`);
    url = new URL(database.url);
    url.username = role;
    url.password = PASSWORD;
  });
  afterAll(async () => {
    await database?.drop();
    await asOwner(`drop role ${role}`);
    await server.stop();
  });

  it('refuses a wrong password', async () => {
    const wrong = new URL(url);
    wrong.password = 'not-it-SECRET';
    const { code, said } = await migrate(wrong.href);
    expect(said).toBe(`serin: ${url.host} refuses the password of the user "${role}" (SQLSTATE 28P01).\n`);
    expect(code).toBe(1);
  });

  it('has no such database', async () => {
    const none = new URL(url);
    none.pathname = 'nowhere';
    const { code, said } = await migrate(none.href);
    expect(said).toContain(`There is no database "nowhere" at ${url.host}: create it`);
    expect(said).toContain('3D000');
    expect(code).toBe(1);
  });

  it('lets the role make no tables', async () => {
    const { code, said } = await migrate(url.href);
    expect(said).toContain(`The user "${role}" may not create Serin's tables`);
    expect(said).toContain('42501');
    expect(code).toBe(1);
  });

  it('offers no TLS where the URL wants it', async () => {
    const { code, said } = await migrate(`${database.url}?sslmode=require`);
    expect(said).toContain(url.host);
    expect(said).toMatch(/TLS/);
    expect(code).toBe(1);
  });

  // The settings of a server of somebody else are left alone.
  describe.runIf(process.env['TEST_POSTGRES_URL'] === undefined)('with TLS', () => {
    let folder: string;
    const authority = new CertificateAuthority('Serin tests');

    beforeAll(async () => {
      const [shown] = (await asOwner('show data_directory')) as { data_directory: string }[];
      const { uid, gid } = statSync(shown?.data_directory ?? '');
      folder = mkdtempSync(join(tmpdir(), 'serin-tls-'));
      chmodSync(folder, 0o755);
      const { cert, key } = authority.certify('localhost');
      for (const [name, text] of Object.entries({ cert, key, ca: authority.cert })) {
        writeFileSync(join(folder, `${name}.pem`), text, { mode: 0o600 });
        if (process.getuid?.() === 0 && name !== 'ca') chownSync(join(folder, `${name}.pem`), uid, gid);
      }
      await asOwner(`alter system set ssl_cert_file = '${join(folder, 'cert.pem')}'`);
      await asOwner(`alter system set ssl_key_file = '${join(folder, 'key.pem')}'`);
      await turn('on');
    });
    afterAll(async () => {
      await turn('off');
      rmSync(folder, { recursive: true, force: true });
    });

    async function turn(wanted: 'on' | 'off'): Promise<void> {
      await asOwner(`alter system set ssl = ${wanted}`);
      await asOwner('select pg_reload_conf()');
      for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(50)) {
        const [shown] = (await asOwner('show ssl')) as { ssl: string }[];
        if (shown?.ssl === wanted) return;
      }
      throw new Error(`TLS could not be turned ${wanted}`);
    }

    const at = (host: string, query: string) => {
      const there = new URL(database.url);
      there.hostname = host;
      return `${there.href}?${query}`;
    };

    it('is used unverified by sslmode=require, and with what Neon shows', async () => {
      expect(await migrate(at('127.0.0.1', 'sslmode=require&channel_binding=require'))).toMatchObject({ code: 0 });
    });

    it('is verified by verify-full with an authority, as RDS shows', async () => {
      const query = `sslmode=verify-full&sslrootcert=${join(folder, 'ca.pem')}`;
      expect(await migrate(at('localhost', query))).toMatchObject({ code: 0 });
      const other = await migrate(at('127.0.0.1', query));
      expect(other.said).toContain('is for another name, which sslmode=verify-full refuses');
      expect(other.code).toBe(1);
      expect(await migrate(at('127.0.0.1', query.replace('full', 'ca')))).toMatchObject({ code: 0 });
    });

    it('is refused where nobody vouches for it', async () => {
      const { code, said } = await migrate(at('localhost', 'sslmode=verify-full'));
      expect(said).toContain('name the authority that signed it with sslrootcert=FILE');
      expect(code).toBe(1);
    });
  });
});
