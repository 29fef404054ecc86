import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import type { LogEvent } from '../../src/problem/log.ts';
import { AccessLogFile } from '../../src/server/access-log-file.ts';
import { toy } from '../support/cast.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

/** Every write to it fails with ENOSPC. */
const FULL = '/dev/full';
const AT_MOST = { timeout: 30_000, interval: 100 };

/** The disk has room again: the path leads to a file. */
function makeRoom(path: string): void {
  writeFileSync(`${path}.room`, '');
  renameSync(`${path}.room`, path);
}

describe.skipIf(!existsSync(FULL))('an access log on a disk that is full for a moment', () => {
  let stable: ToyUpstream;
  let home: Home;
  let server: ServerProcess;
  let path: string;

  beforeAll(async () => {
    stable = await toy('v1');
    home = makeHome(`gateway: { listen: 127.0.0.1:0, accessLog: { file: access.log } }
control: { listen: 127.0.0.1:0 }
routes:
  - { name: shop, path: /shop, stable: { url: "${stable.url}", version: v1 }, policy: fast }
channels: { console: false }
`);
    path = join(home.folder, 'access.log');
    symlinkSync(FULL, path);
    server = await startServerProcess(home);
  });
  afterAll(async () => {
    server.child.kill('SIGKILL');
    await server.ended;
    await stable.close();
    home.remove();
  });

  const ready = async () => (await fetch(`${server.controlUrl}/readyz`)).json();
  const request = async (what: string) => (await fetch(`${server.gatewayUrl}/shop/${what}`)).status;
  const events = (what: string) =>
    server
      .output()
      .split('\n')
      .filter((line) => line.includes(`"${what}"`));

  it('is told while it lasts, harms no request, and goes on when there is room', async () => {
    expect(await request('while-full')).toBe(200);
    await expect.poll(ready, AT_MOST).toEqual({
      ready: true,
      degraded: true,
      problems: [expect.stringMatching(/access log cannot be written: ENOSPC/)],
    });
    expect(await (await fetch(`${server.controlUrl}/metrics`)).text()).toMatch(/^serin_access_log_dropped_total 0$/m);
    makeRoom(path);
    await expect.poll(ready, AT_MOST).toEqual({ ready: true, degraded: false, problems: [] });
    expect(await request('later')).toBe(200);
    await expect.poll(() => readFileSync(path, 'utf8'), AT_MOST).toContain('/shop/later');
    expect(readFileSync(path, 'utf8')).toContain('/shop/while-full');
    // What a process says comes by another way than what it answers.
    await expect
      .poll(() => [events('accessLogUnwritable').length, events('accessLogWritable').length], AT_MOST)
      .toEqual([1, 1]);
  });
});

it.skipIf(!existsSync(FULL))('drops what is beyond 4 MiB meanwhile, counts the lines, and tears none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'serin-access-log-'));
  const path = join(folder, 'access.log');
  symlinkSync(FULL, path);
  const events: LogEvent[] = [];
  const file = new AccessLogFile(path, (event) => void events.push(event));
  const lines = Buffer.from(`${'x'.repeat(1_023)}\n`.repeat(1_024));
  for (let at = 0; at < 6; at++) file.write(lines);
  await expect.poll(() => file.trouble(), AT_MOST).toContain('ENOSPC');
  expect(file.dropped()).toBe(2_048);
  makeRoom(path);
  await expect.poll(() => file.trouble(), AT_MOST).toBeNull();
  const written = readFileSync(path, 'utf8').split('\n');
  expect([written.length, new Set(written)]).toEqual([4_097, new Set(['x'.repeat(1_023), ''])]);
  expect(events).toMatchObject([
    { what: 'accessLogUnwritable', level: 'error' },
    { what: 'accessLogWritable', droppedLines: 2_048 },
  ]);
  rmSync(folder, { recursive: true });
});
