import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TOKENS } from '../../support/fake-control.ts';
import { openShell, type Shell } from './harness.ts';

let shell: Shell;
let folder: string;

beforeEach(async () => {
  shell = await openShell();
  folder = await mkdtemp(join(tmpdir(), 'serin-cli-'));
});

afterEach(async () => {
  await shell.stop();
  await rm(folder, { recursive: true });
});

describe('consumers', () => {
  it('takes the key from the environment or standard input, prints it nowhere, and sends its hash alone', async () => {
    const add = 'consumers add payments acme --to canary --reason first';
    const runs = [
      await shell.run(`${add} --key-env ACME_KEY`, { env: { ACME_KEY: 'from-env' } }),
      await shell.run(`${add} --key-stdin`, { stdin: 'from-stdin\n' }),
    ];
    for (const { code, out, err } of runs) {
      expect(code).toBe(0);
      expect(out + err).toBe('payments: acme gets canary, from the first step of a rollout on\n');
    }
    const hash = createHash('sha256').update('from-stdin').digest('hex');
    expect(shell.control.consumerKeys.get('payments/acme')).toBe(`sha256:${hash}`);
    shell.control.mood.consumersBy = 'client-id';
    expect((await shell.run(`${add} --client-id acme-web`)).code).toBe(0);
    expect(shell.control.consumerKeys.get('payments/acme')).toBe('acme-web');
  });

  it.each([
    'consumers add payments acme --to canary --reason x --key a',
    'consumers add payments acme --to canary --reason x --key-stdin --key-env B',
    'consumers add payments acme --to canary --reason x --key-env NOT_SET',
    'consumers add payments acme --to canary --reason x --key-env A --client-id b',
    'consumers add payments acme --to both --reason x',
    'consumers add payments acme --reason x',
    'consumers remove payments acme',
    'consumers report payments --days 0',
    'consumers report payments --days 91',
    'consumers report payments --days week',
  ])('refuses %s', async (args) => {
    expect((await shell.run(args)).code).toBe(2);
  });

  it('reports those who were never seen, for people and for spreadsheets', async () => {
    await shell.run('consumers add payments acme --to stable --key-env K --wave 2 --reason x', { env: { K: 'k' } });
    const told = await shell.run('consumers report payments --days 7');
    expect(told).toMatchObject({ code: 0, err: '' });
    expect(told.out).toMatch(/^payments {2}\S+.* 7 days, /);
    expect(told.out).toMatch(/NAME +WAVE +NOW +LAST SEEN +A DAY .*\nacme +2 +\S+ +never +0 +-/);
    expect(told.out).toContain('Listed: 0 requests; 1 of 1 never seen\nNot listed: 0 requests, 0 credentials\n');
    const csv = await shell.run('consumers report payments --csv');
    expect(csv.out.split('\r\n')[1]).toMatch(/^listed,acme,,2,,false,,stable,\S+,never,never,0,0,/);
    expect(await shell.run('consumers report payments -o json')).toMatchObject({ code: 0 });
  });

  it('lists and removes', async () => {
    await shell.run('consumers add payments acme+ltd --to stable --key-env K --reason x', { env: { K: 'k' } });
    expect((await shell.run('consumers list payments')).out).toMatch(/acme ltd +stable/);
    expect((await shell.run('consumers remove payments acme+ltd --reason gone')).code).toBe(0);
    expect((await shell.run('consumers list payments -o json')).out).toBe('[]\n');
    expect(await shell.run('consumers remove payments acme+ltd --reason gone')).toMatchObject({ code: 1 });
  });
});

describe('audit', () => {
  it('shows who did what and why', async () => {
    const id = await shell.inStep1();
    await shell.run('pause payments --reason lunch');
    const { out } = await shell.run('audit payments');
    expect(out.split('\n')[1]).toMatch(/^4 +2026-\S+ +the admin +token +payments +paused +“lunch”$/);
    expect(JSON.parse((await shell.run(`audit --rollout ${id} --limit 1 -o json`)).out)).toMatchObject([{ seq: 4 }]);
    expect((await shell.run('audit orders -o json')).out).toBe('[]\n');
  });

  it('exits with 1 when the chain is broken', async () => {
    expect(await shell.run('audit verify')).toMatchObject({ code: 0, out: '0 entries, chain intact\n' });
    expect((await shell.run('audit verify -o json')).out).toBe('{\n  "entries": 0,\n  "brokenAt": null\n}\n');
    shell.control.mood.brokenAt = 3;
    expect(await shell.run('audit verify')).toMatchObject({
      code: 1,
      out: expect.stringContaining('broken at entry 3'),
    });
  });
});

const STRAY = [
  ['--role admin --route payments', '--route limits nobody whose role is admin'],
  ['--role viewer --verb pause', 'only --role operator takes it'],
  ['--role operator --log-version v2', 'only --role logs:write takes it'],
  ['--role logs:write --route a --route b', 'for one --route, or for all'],
  ['--role operator --verb explode', '--verb'],
  ['--role operator --route Payments', 'must be a lower-case name'],
  ['--role operator --expires soon', 'must be a duration of at most 365d such as 30d'],
] as const;

describe('token', () => {
  it('prints nothing but the token on stdout, once', async () => {
    for (const [options, says] of STRAY) {
      const stray = await shell.run(`token create t3 ${options} --reason pipeline`);
      expect([options, stray.code, stray.out, stray.err]).toEqual([options, 2, '', expect.stringContaining(says)]);
    }
    expect(
      (await shell.run('token create shipper --role logs:write --route payments --log-version v2 --reason x')).code,
    ).toBe(0);
    const listed = await shell.run('token list');
    expect(listed.out).toMatch(/^ID +NAME +ROLE +LIMITED TO +CREATED +EXPIRES +LAST USED +REVOKED$/m);
    expect(listed.out).toMatch(/ shipper +logs:write +logs of payments v2 /);
    const { out, err } = await shell.run('token create ci --role operator --reason pipeline');
    expect(out).toMatch(/^serin_made_\d+\n$/);
    const token = out.trim();
    expect((await shell.run('list -o json', { env: { SERIN_TOKEN: token } })).code).toBe(0);
    expect((await shell.run('token list')).out).not.toContain(token);
    const id = /token (\S+) /.exec(err)?.[1] ?? '';
    expect((await shell.run(`token revoke ${id} --reason rotated`)).code).toBe(0);
    expect(await shell.run('list', { env: { SERIN_TOKEN: token } })).toMatchObject({
      code: 1,
      err: 'serin: the token is unknown or revoked (--token or SERIN_TOKEN)\n',
    });
  });

  it('is refused to those who may not', async () => {
    const { code, err } = await shell.run('token list', { env: { SERIN_TOKEN: TOKENS.operator } });
    expect(code).toBe(1);
    expect(err).toContain('needs the role admin');
  });
});

describe('finding the server and the token', () => {
  it('reads the admin token of the local data folder', async () => {
    await writeFile(join(folder, 'admin-token'), `${TOKENS.admin}\n`);
    const env = { SERIN_TOKEN: undefined };
    expect((await shell.run(`token list --data-folder ${folder} -o json`, { env })).out).toBe('[]\n');
    expect((await shell.run('token list -o json', { env: { ...env, SERIN_DATA: folder } })).out).toBe('[]\n');
  });

  it('sends the local admin token to no other machine', async () => {
    await writeFile(join(folder, 'admin-token'), TOKENS.admin);
    const sent: (string | null)[] = [];
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const { url, headers } = new Request(input, init);
      if (url.endsWith('/version')) return Response.json({ name: 'serin', version: '0.1.0', node: 'v24.0.0' });
      sent.push(headers.get('authorization'));
      return Response.json([]);
    };
    const env = { SERIN_TOKEN: undefined, SERIN_DATA: folder };
    for (const server of ['http://serin.internal:7780', 'http://127.0.0.1.evil.example', 'http://127.0.0.1:7780']) {
      await shell.run(`token list --server ${server}`, { env, fetch });
    }
    expect(sent).toEqual([null, null, `Bearer ${TOKENS.admin}`]);
  });

  it('prefers an option over the environment', async () => {
    expect((await shell.run(`token list --token ${TOKENS.viewer}`)).code).toBe(1);
    expect((await shell.run(`list --server ${shell.url}`, { env: { SERIN_SERVER: 'http://127.0.0.1:1' } })).code).toBe(
      0,
    );
    expect((await shell.run('list --server payments')).code).toBe(2);
  });

  it('says what to do when nothing answers there', async () => {
    const { code, err } = await shell.run('list', { env: { SERIN_SERVER: 'http://127.0.0.1:1' } });
    expect(code).toBe(1);
    expect(err).toMatch(/^serin: cannot reach Serin at http:\/\/127\.0\.0\.1:1.*`serin serve`.*SERIN_SERVER\n$/);
  });
});

describe('version and help', () => {
  it("tells its own version and the server's, and only its own without one", async () => {
    expect((await shell.run('version')).out).toBe('serin 0.1.0\nserver 0.1.0 on Node v24.0.0\n');
    expect(await shell.run('version', { env: { SERIN_SERVER: 'http://127.0.0.1:1' } })).toEqual({
      code: 0,
      out: 'serin 0.1.0\nserver unreachable\n',
      err: '',
    });
    expect(await shell.run('--version')).toMatchObject({ code: 0, out: '0.1.0\n' });
  });

  it('helps on stdout with 0 when asked, and on stderr with 2 when not', async () => {
    expect(await shell.run('help start')).toMatchObject({ code: 0, out: expect.stringContaining('--canary'), err: '' });
    expect(await shell.run('token')).toMatchObject({ code: 2, out: '', err: expect.stringContaining('create') });
  });
});

describe('validate', () => {
  const GOOD = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: payments }
spec:
  steps:
    - { weight: 10%, dwell: 1m }
`;

  it('accepts a good file without any server', async () => {
    const file = join(folder, 'good.yaml');
    await writeFile(file, GOOD);
    const { code, out, err } = await shell.run(`validate ${file}`, { env: { SERIN_SERVER: 'http://127.0.0.1:1' } });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`${file}: valid (payments, `);
    expect(out.split('\n')[1]).toBe(
      `if its route is sticky, versions are compared by key, which takes longer: see \`serin plan ${file} --rps RATE --keys NUMBER\``,
    );
    const [json] = JSON.parse((await shell.run(`validate ${file} -o json`)).out) as { notes: string[] }[];
    expect(json?.notes).toHaveLength(1);
    await writeFile(file, GOOD.replace('weight: 10%', 'consumers: listed'));
    expect((await shell.run(`validate ${file}`)).out).not.toContain('sticky');
  });

  it('shows every issue with its place and a caret, and exits with 2 when one file is invalid', async () => {
    const good = join(folder, 'good.yaml');
    const bad = join(folder, 'bad.yaml');
    await writeFile(good, GOOD);
    await writeFile(bad, GOOD.replace('weight:', 'wieght:').replace('1m', 'soon'));
    const { code, out, err } = await shell.run(`validate ${good} ${bad}`);
    expect(code).toBe(2);
    expect(out).toContain(`${good}: valid`);
    expect(out).toContain(`${bad}: invalid (2 issues)`);
    expect(err).toContain(`${bad}:6:9 `);
    expect(err).toContain('did you mean weight?');
    expect(err).toMatch(/^\s+- \{ wieght: 10%, dwell: soon \}\n\s+\^$/m);
    const json = JSON.parse((await shell.run(`validate ${bad} -o json`)).out) as { ok: boolean; issues: unknown[] }[];
    expect(json).toMatchObject([{ ok: false, issues: [{}, {}] }]);
  });

  it('says that a file cannot be read', async () => {
    const { code, err } = await shell.run(`validate ${join(folder, 'none.yaml')}`);
    expect(code).toBe(2);
    expect(err).toMatch(/\/\S+ does not exist/);
  });
});
