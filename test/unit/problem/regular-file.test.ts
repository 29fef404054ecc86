import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfig, loadPolicies } from '../../../src/config/load.ts';
import { upstreamCaOf } from '../../../src/config/upstream-ca.ts';
import { loadKeys } from '../../../src/gateway/route/jwt/load-keys.ts';
import { OwnListeners } from '../../../src/gateway/upstream/own-listeners.ts';
import { upstreamTrust } from '../../../src/gateway/upstream/upstream-trust.ts';
import { resolveSecret } from '../../../src/identity/secrets.ts';
import { readRegularFile, readRegularFileSoon } from '../../../src/problem/regular-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'serin-files-'));
const pipe = join(folder, 'pipe');
beforeAll(() => void execFileSync('mkfifo', [pipe]));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  [() => pipe, 'ENOTFILE'],
  [() => '/dev/zero', 'ENOTFILE'],
  [() => folder, 'EISDIR'],
  [() => join(folder, 'nothing'), 'ENOENT'],
])('refuses at once what is no file (%#)', async (path, code) => {
  expect(() => readRegularFile(path(), 10)).toThrow(expect.objectContaining({ code }));
  await expect(readRegularFileSoon(path(), 10)).rejects.toMatchObject({ code });
});

it('reads a file as far as its reader allows, and one that says of itself that it is empty', async () => {
  const file = join(folder, 'long');
  writeFileSync(file, 'x'.repeat(100_000));
  for (const [most, length] of [
    [10, 11],
    [99_999, 100_000],
    [200_000, 100_000],
  ] as const) {
    expect(readRegularFile(file, most)).toHaveLength(length);
    expect(await readRegularFileSoon(file, most)).toHaveLength(length);
  }
  expect(readRegularFile('/proc/self/status', 65_536).toString()).toContain('Name:');
});

// A reader that waited would hold up every request of the gateway.
it('whatever a configuration names, a pipe in its place keeps nobody waiting', async () => {
  const route = `  - { name: shop, path: /, stable: { url: "http://127.0.0.1:9001", version: v1 }, policy: standard }`;
  const of = (more: string) => {
    const file = join(folder, 'serin.yaml');
    writeFileSync(file, `${more}\nroutes:\n${route}\n`);
    return loadConfig(file, {});
  };
  const no = 'pipe is not a file';
  expect(() => loadConfig(pipe, {})).toThrow(no);
  expect(() => loadPolicies(of('policies: [pipe]'))).toThrow(no);
  expect(() => upstreamCaOf(of('gateway: { upstreamCa: pipe }'))).toThrow(no);
  expect(() => resolveSecret(`file:${pipe}`, {})).toThrow(no);
  const own = new OwnListeners();
  const keys = await loadKeys({ file: 'pipe' }, { folder, own, trust: upstreamTrust(undefined) });
  expect(keys).toEqual({ ok: false, reason: expect.stringContaining(no) });
});
