import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { Problem } from '../../../src/problem/problem.ts';
import { fingerprintOf } from '../../../src/server/reload/file-fingerprint.ts';
import { FileWatch } from '../../../src/server/reload/file-watch.ts';
import { openConfiguration } from '../../../src/server/reload/in-force.ts';
import type { Reloader } from '../../../src/server/reload/reloader.ts';
import { makeHome } from '../../support/server-process.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** By the watch's clock. Between its timers it reads files, which takes real time. */
async function pass(ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 500) {
    await vi.advanceTimersByTimeAsync(500);
    await sleep(10);
  }
}

async function loaded() {
  const home = makeHome(
    `gateway: { listen: 127.0.0.1:0 }
routes: [{ name: shop, path: /, stable: { url: "http://127.0.0.1:9001", version: v1 }, policy: standard }]
`,
    'nothing',
  );
  onTestFinished(home.remove);
  const change = () => writeFileSync(home.configFile, '# another line\n', { flag: 'a' });
  const read = () => openConfiguration(loadConfig(home.configFile, {}), { env: {}, notices: null });
  return { force: await read(), change, read, home };
}

it('has a file read that changed after it was loaded, and before the watch began', async () => {
  const { force, change, read } = await loaded();
  change();
  const inForce = { now: force };
  const reload = vi.fn<Reloader['reload']>(async () => {
    inForce.now = await read();
    return { applied: [], waiting: [] };
  });
  const watch = new FileWatch({ inForce, reloader: { reload } });
  onTestFinished(() => watch.stop());
  watch.start();
  await pass(10_000);
  expect(reload).toHaveBeenCalledOnce();
  expect(inForce.now.fingerprint).toBe(await fingerprintOf(inForce.now.loaded));
  await pass(20_000);
  expect(reload).toHaveBeenCalledOnce();
});

it('has a change read while something else is written in the folder all the time, and once it is whole', async () => {
  const { force, change, read } = await loaded();
  const inForce = { now: force };
  const wholes: string[] = [];
  const reload = vi.fn<Reloader['reload']>(async () => {
    inForce.now = await read();
    wholes.push(inForce.now.loaded.document?.text ?? '');
    return { applied: [], waiting: [] };
  });
  const watch = new FileWatch({ inForce, reloader: { reload } });
  onTestFinished(() => watch.stop());
  watch.start();
  const log = join(force.loaded.folder, 'access.log');
  for (let at = 0; at < 12; at++) {
    writeFileSync(log, 'a line\n', { flag: 'a' });
    if (at < 6) change();
    await pass(500);
  }
  expect(reload).toHaveBeenCalledOnce();
  expect(wholes[0]?.match(/another line/g)).toHaveLength(6);
});

it('ends a burst of saves with the last one, and follows the link of a folder of which nobody else may see anything', async () => {
  const { home } = await loaded();
  const text = loadConfig(home.configFile, {}).document?.text ?? '';
  for (const name of ['data-1', 'data-2']) {
    mkdirSync(join(home.folder, name), { mode: 0o700 });
    home.write(join(name, 'serin.yaml'), `${text}# ${name}\n`);
  }
  const link = (to: string) => {
    symlinkSync(to, join(home.folder, 'next'));
    renameSync(join(home.folder, 'next'), join(home.folder, '..data'));
  };
  link('data-1');
  rmSync(home.configFile);
  symlinkSync(join('..data', 'serin.yaml'), home.configFile);
  chmodSync(home.folder, 0o700);
  const read = () => openConfiguration(loadConfig(home.configFile, {}), { env: {}, notices: null });
  const inForce = { now: await read() };
  const reload = vi.fn<Reloader['reload']>(async () => {
    inForce.now = await read();
    return { applied: [], waiting: [] };
  });
  const watch = new FileWatch({ inForce, reloader: { reload } });
  onTestFinished(() => watch.stop());
  watch.start();
  for (const name of ['data-2', 'data-1', 'data-2']) {
    link(name);
    await pass(3_000);
    expect(inForce.now.loaded.document?.text).toContain(`# ${name}`);
  }
  for (let at = 0; at < 100; at++) {
    home.write(join('data-2', 'serin.yaml'), `${text}# save ${at}\n`);
    await vi.advanceTimersByTimeAsync(20);
  }
  await pass(10_000);
  expect(inForce.now.loaded.document?.text).toContain('# save 99');
});

it('sees what was written after the file was loaded, and before anybody looked at it again', async () => {
  const { change, home } = await loaded();
  const early = loadConfig(home.configFile, {});
  change();
  const force = await openConfiguration(early, { env: {}, notices: null });
  expect(force.fingerprint).not.toBe(await fingerprintOf(force.loaded));
  writeFileSync(home.configFile, `\uFEFF${early.document?.text}`);
  expect(force.fingerprint).toBe(await fingerprintOf(force.loaded));
});

it.each([
  ['invalid-input', 'once'],
  ['unavailable', 'again'],
] as const)('has a file that was not taken for %s read %s', async (code, how) => {
  const { force, change } = await loaded();
  change();
  const reload = vi.fn<Reloader['reload']>(() => Promise.reject(new Problem(code, 'no')));
  const watch = new FileWatch({ inForce: { now: force }, reloader: { reload } });
  onTestFinished(() => watch.stop());
  watch.start();
  await pass(30_000);
  if (how === 'once') expect(reload).toHaveBeenCalledOnce();
  else expect(reload.mock.calls.length).toBeGreaterThan(2);
});
