import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

function output(
  command: string,
  ...args: readonly string[]
): Promise<{ readonly code: unknown; readonly text: string }> {
  return new Promise((resolve) => {
    const options = { cwd: root, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, NO_COLOR: '1' } };
    execFile(command, args, options, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, text: `${stdout}${stderr}` });
    });
  });
}

async function committedFiles(): Promise<string[]> {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  // A clone made by another user is read all the same; nothing in it is run.
  const { code, text } = await output('git', '-c', 'safe.directory=*', ...list);
  expect(code, text).toBe(0);
  return text.split('\0').filter((path) => path !== '' && existsSync(`${root}${path}`));
}

describe('the sources', () => {
  // Types; format and lint; floating promises, import cycles and open switches.
  it.each(['typecheck', 'lint'])('pass `npm run %s`', async (script) => {
    const { code, text } = await output('npm', 'run', script);
    expect(code, text).toBe(0);
  });
});

describe('what is committed', () => {
  it.each(['package-lock.json', 'tools/node/package-lock.json', 'test/bench/gateway/package-lock.json'])(
    '%s names no address to download from',
    (lock) => {
      expect(readFileSync(`${root}${lock}`, 'utf8')).not.toContain('"resolved"');
    },
  );

  it('names no folder of the machine it was written on, and no package registry', async () => {
    const folders = ['work', 'root', 'tmp/bash_jobs'].map((folder) => `/${folder}/`);
    const registries = ['registry.npmjs', 'registry.yarnpkg', 'files.pythonhosted', 'proxy.golang'];
    const mirror = URL.parse(process.env['npm_config_registry'] ?? '')?.host;
    const needles = [...folders, ...registries.map((host) => `${host}.`), ...(mirror ? [mirror] : [])];
    const found = (await committedFiles()).flatMap((path) => {
      const text = readFileSync(`${root}${path}`, 'utf8');
      return needles.filter((needle) => text.includes(needle)).map((needle) => `${path}: ${needle}`);
    });
    expect(found).toEqual([]);
  });
});
