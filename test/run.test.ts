import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const RUN = fileURLToPath(new URL('run.ts', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serin-run-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs test/run.ts on a folder of made-up tests, which find vitest in its global names. */
async function runOn(tests: Record<string, string>, ...args: string[]) {
  return runIn({}, tests, ...args);
}

async function runIn(env: NodeJS.ProcessEnv, tests: Record<string, string>, ...args: string[]) {
  for (const [name, text] of Object.entries(tests)) await writeFile(join(folder, name), text);
  const outside = Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$|SERIN_)/.test(name));
  return new Promise<{ code: unknown; lines: string[]; complaint: string }>((resolve) => {
    const options = { env: { ...Object.fromEntries(outside), ...env }, cwd: folder };
    execFile(process.execPath, [RUN, '--globals', '--root', folder, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, lines: stdout.trimEnd().split('\n'), complaint: stderr });
    });
  });
}

const passing = "it('passes', () => {});";

describe('the test runner', () => {
  it('ends with what passed, failed and was skipped, and why', async () => {
    const { code, lines } = await runOn({
      'one.test.js': `${passing} it('needs a database', ({ skip }) => skip('no Postgres here'));`,
      'two.test.js': passing,
    });
    expect(lines.at(-1)).toBe('2 passed, 0 failed, 1 skipped');
    expect(lines.at(-2)).toBe('skipped: one.test.js > needs a database (no Postgres here)');
    expect(code).toBe(0);
  });

  it('ends when a file waits for ever before it has a test, and names it', async () => {
    const forever = `await new Promise((done) => setTimeout(done, 600_000)); ${passing}`;
    const tests = { 'good.test.js': passing, 'waits.test.js': forever };
    const { code, lines, complaint } = await runIn({ SERIN_TEST_STILL_MS: '5000' }, tests);
    expect(complaint).toContain('these files have not ended: waits.test.js');
    expect([code, lines.at(-1)]).toEqual([1, '0 passed, 1 failed, 0 skipped']);
  });

  it.each([
    ['a failing test', "it('fails', () => { throw new Error('no'); });"],
    ['a file that cannot be loaded', "import './not-there.js';"],
    [
      'a hook that throws',
      "describe('suite', () => { afterAll(() => { throw new Error('no'); }); it('passes', () => {}); });",
    ],
    [
      'an error that nobody caught',
      "it('passes', () => { setTimeout(() => { throw new Error('late'); }); return new Promise((done) => setTimeout(done, 50)); });",
    ],
    [
      'a file that ends the process',
      "it('ends', () => { process.kill(process.pid, 'SIGKILL'); return new Promise(() => {}); });",
    ],
  ])('counts %s as failed', async (_what, text) => {
    const { code, lines } = await runOn({ 'good.test.js': passing, 'bad.test.js': text });
    expect(lines.at(-1)).toMatch(/^[12] passed, [12] failed, 0 skipped$/);
    expect(code).toBe(1);
  });

  it('does not take a run without tests for a success', async () => {
    const { code, lines } = await runOn({});
    expect(lines.at(-1)).toBe('0 passed, 1 failed, 0 skipped');
    expect(code).toBe(1);
  });

  it('does not take a run in which everything was skipped for a success', async () => {
    const { code, lines } = await runOn({ 'one.test.js': "it.skip('later', () => {});" });
    expect(lines.at(-1)).toBe('0 passed, 0 failed, 1 skipped');
    expect(code).toBe(1);
  });

  it('tells the tests which services are required, and vitest the rest', async () => {
    const text =
      "it('sees it', () => expect(process.env.SERIN_TEST_REQUIRE).toBe('postgres,chromium')); it('other', () => { throw 1; });";
    const { code, lines } = await runOn({ 'one.test.js': text }, '--require', 'postgres,chromium', '-t', 'sees');
    expect(lines.at(-1)).toBe('1 passed, 0 failed, 1 skipped');
    expect(code).toBe(0);
  });

  it('imports only the files that may have a test of the name, and says how many it left out', async () => {
    const boom = "throw new Error('imported');";
    const { code, lines } = await runOn(
      {
        'one.test.js': "describe('suite', () => { it.each([['a', 1], ['b', 2]])('has %s at %d', () => {}); });",
        'other.test.js': `${boom} ${passing}`,
        'computed.test.js': "const name = () => 'c at 2'; it(name(), () => {});",
        'contract.js': "export const contract = () => it('keeps its contract', () => {});",
        'kept.test.js': "import { contract } from './contract.js'; contract();",
      },
      '-t',
      '> has b at|c at 2',
    );
    expect(lines).toContain('1 of 4 files left out: no test of theirs is called that.');
    expect(lines.at(-1)).toBe('2 passed, 0 failed, 2 skipped');
    expect(code).toBe(0);
  });

  it('finds a name that no test has in no file, which is no success', async () => {
    const { code, lines } = await runOn({ 'one.test.js': passing }, '-t', 'fails');
    expect(lines).toContain('1 of 1 files left out: no test of theirs is called that.');
    expect([code, lines.at(-1)]).toEqual([1, '0 passed, 0 failed, 0 skipped']);
  });

  it('says how to run less when everything runs, and only then', async () => {
    const tests = { 'one.test.js': passing, 'two.test.js': passing };
    const says = (lines: readonly string[]) => lines.some((line) => line.includes('To run less:'));
    expect(says((await runOn(tests)).lines)).toBe(true);
    expect(says((await runOn(tests, 'one')).lines)).toBe(false);
    expect(says((await runOn(tests, '-t', 'passes')).lines)).toBe(false);
  });

  it('counts a run that is cut off as failed', async () => {
    const text = "it('never ends', () => { process.kill(process.ppid, 'SIGTERM'); return new Promise(() => {}); });";
    const { code, lines } = await runOn({ 'one.test.js': text });
    expect(lines.at(-1)).toBe('0 passed, 1 failed, 0 skipped');
    expect(code).toBe(1);
  });

  it('refuses --require without a name', async () => {
    expect((await runOn({ 'one.test.js': passing }, '--require=')).code).toBe(2);
  });
});
