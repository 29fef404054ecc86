import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, extname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/main.ts');
const { engines, files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly engines: { readonly node: string };
  readonly files: readonly string[];
};
const LEAST = engines.node.replace('>=', '');
const COMMANDS = [
  ['doctor'],
  ['serve'],
  ['list'],
  ['validate', 'none.yaml'],
  ['version'],
  ['--help'],
  ['--version'],
  [],
];

let folder: string;
const run = (program: string, ...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8', timeout: 60_000 });
  return { status, stdout, stderr };
};

/** A Node of this machine that is too old, wherever it is; null where there is none. */
function oldNode(): { readonly path: string; readonly version: string } | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  for (const path of [process.env['TEST_OLD_NODE'], ...folders.map((at) => join(at, 'node'))]) {
    if (!path || !existsSync(path)) continue;
    const version = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000 })
      .stdout.trim()
      .replace('v', '');
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const [leastMajor = 0, leastMinor = 0] = LEAST.split('.').map(Number);
    if (major < leastMajor || (major === leastMajor && minor < leastMinor)) return { path, version };
  }
  return null;
}

const old = oldNode();

/** What npm would install, with the dependencies of this checkout. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'serin-package-'));
  const built = run(
    process.execPath,
    join(ROOT, 'node_modules/typescript/bin/tsc'),
    '-p',
    join(ROOT, 'tsconfig.build.json'),
    '--outDir',
    join(folder, 'dist'),
  );
  expect([built.status, built.stdout]).toEqual([0, '']);
  const pages = join(folder, 'dist/dashboard');
  const vite = run(
    process.execPath,
    join(ROOT, 'node_modules/vite/bin/vite.js'),
    'build',
    '--config',
    join(ROOT, 'vite.config.ts'),
    '--outDir',
    pages,
  );
  expect(vite.status, vite.stderr).toBe(0);
  for (const name of ['package.json', ...files.filter((name) => name !== 'dist')]) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(
    join(folder, 'serin.yaml'),
    'routes:\n  - { name: shop, stable: "http://127.0.0.1:9001", policy: standard }\n',
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the package', () => {
  // 40 kB were wanted, for half as many pages; what it is now must not grow unseen.
  it('has pages of at most 58 kB in all, gzipped, with nothing inline', () => {
    const pages = join(folder, 'dist/dashboard');
    const files = readdirSync(pages, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name));
    expect(files.map((name) => extname(name)).sort()).toEqual(['.css', '.html', '.js', '.svg']);
    const bytes = files.map((name) => gzipSync(readFileSync(join(pages, name)), { level: 9 }).length);
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(58_000);
    expect(readFileSync(join(pages, 'index.html'), 'utf8')).not.toMatch(/<style|style=|<script(?![^>]* src=)|https?:/);
  });

  it('is built, and its command line runs', () => {
    expect(run(process.execPath, join(folder, 'dist/main.js'), '--version')).toMatchObject({ status: 0, stderr: '' });
    const { status, stdout } = run(process.execPath, join(folder, 'dist/main.js'), 'doctor');
    expect(stdout).toContain('serin.yaml');
    expect(status).not.toBe(2);
  });

  it('has every page that its README and its messages name', () => {
    const named = new Set(
      [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/\b(?:docs\/[a-z-]+|CHANGELOG)\.md/g)].map(String),
    );
    for (const file of readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.js')) continue;
      for (const page of readFileSync(join(folder, 'dist', file), 'utf8').matchAll(/\bdocs\/[a-z-]+\.md/g))
        named.add(String(page));
    }
    expect(named.size).toBeGreaterThan(5);
    expect([...named].filter((page) => !existsSync(join(folder, page)))).toEqual([]);
  });

  it('needs the same Node wherever it says so', () => {
    const [major, minor] = LEAST.split('.');
    for (const path of ['src/main.ts', 'scripts/run.mjs']) {
      expect(readFileSync(join(ROOT, path), 'utf8'), path).toContain(`const LEAST = [${major}, ${minor}]`);
    }
  });
});

describe('on an old Node', () => {
  it.skipIf(old === null).each(COMMANDS)('the installed `serin %s` says so at once, and nothing else', (...args) => {
    expect(run(old?.path ?? '', join(folder, 'dist/main.js'), ...args)).toEqual({
      status: 2,
      stdout: '',
      stderr: `serin needs Node ${LEAST} or newer; this is ${old?.version} (install Node 24)\n`,
    });
  });

  it.each(['20.20.2', '22.18.0', '12.22.12', '0.12.18'])('%s (by what it says of itself), so it does', (version) => {
    const versions = JSON.stringify({ ...process.versions, node: version });
    const claim = `data:text/javascript,Object.defineProperty(process, 'versions', { value: ${encodeURIComponent(versions)} })`;
    const { status, stdout, stderr } = run(process.execPath, '--import', claim, MAIN, 'doctor');
    expect([status, stdout, stderr]).toEqual([
      2,
      '',
      `serin needs Node ${LEAST} or newer; this is ${version} (install Node 24)\n`,
    ]);
  });

  it.each(['22.19.0', '23.0.0', '24.1.0'])('%s is no old one', (version) => {
    const versions = JSON.stringify({ ...process.versions, node: version });
    const claim = `data:text/javascript,Object.defineProperty(process, 'versions', { value: ${encodeURIComponent(versions)} })`;
    expect(run(process.execPath, '--import', claim, MAIN, '--version')).toMatchObject({ status: 0, stderr: '' });
  });
});
