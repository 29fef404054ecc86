// npm test [-- [--require all|SERVICE[,SERVICE ...]] [ARGUMENT OF VITEST ...]]; npm run test:slow the same
import { resolve } from 'node:path';
import { createVitest, parseCLI, startVitest, type Vitest } from 'vitest/node';
import { NamesByFile } from './support/names-by-file.ts';
import { stillnessWatch } from './support/stillness.ts';
import { closingLine, type Tally, tallyOf } from './support/tally.ts';

/** More than twice the longest time-out of a test. */
const STILL_MS = Number(process.env['SERIN_TEST_STILL_MS'] ?? 15 * 60_000);

const HOW_TO_RUN_LESS = `All tests run but the slow ones (npm run test:slow), which takes minutes. To run less:
  npm test -- PATH ...              the files whose paths contain one of these
  npm test -- -t NAME               the tests whose full name contains this, or matches it as a regular expression
  npm run test:watch [-- PATH ...]  on every change what depends on it`;

const NOTHING_RAN: Tally = { passed: 0, failed: 1, skipped: 0, skips: [] };

type Parsed = ReturnType<typeof parseCLI>;

// Most of what the hundreds of commands and servers of a run cost is compiling the same sources: half of it is saved.
process.env['NODE_COMPILE_CACHE'] ??= resolve(import.meta.dirname, '../node_modules/.cache/node');

let tally = NOTHING_RAN;
// On exit, because then it is the last line even when the run crashes or is cut off.
process.once('exit', () => {
  for (const skip of tally.skips) console.log(`skipped: ${skip}`);
  console.log(closingLine(tally));
});

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const { require, rest } = takeRequire(process.argv.slice(2));
if (require !== undefined) process.env['SERIN_TEST_REQUIRE'] = require;
tally = await run(rest);
process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1);

async function run(args: readonly string[]): Promise<Tally> {
  const { filter, options }: Parsed = parseCLI(['vitest', 'run', ...args]);
  const watch = stillnessWatch(STILL_MS, (open) => {
    console.error(`Nothing has happened for ${STILL_MS / 60_000} min; these files have not ended: ${open.join(', ')}`);
    process.exit(1);
  });
  const { reporters = ['default'] } = options;
  const all = [...(Array.isArray(reporters) ? reporters : [reporters]), watch];
  const pattern = options.testNamePattern;
  const isBare = filter.length === 0 && pattern === undefined && options.project === undefined;
  if (isBare) console.log(HOW_TO_RUN_LESS);
  const settings = { ...options, ...(isBare ? { project: ['!slow*'] } : {}), reporters: all, watch: false };
  const vitest =
    pattern === undefined ? await startVitest(filter, settings) : await startNarrowed(filter, settings, pattern);
  const seen = tallyOf(vitest.state.getTestModules(), vitest.state.getUnhandledErrors());
  const unforeseen = pattern === undefined ? unforeseenIn(vitest) : [];
  for (const name of unforeseen) console.log(`-t would not find this test (test/support/test-names.ts): ${name}`);
  const brokeOff = process.exitCode !== undefined && process.exitCode !== 0 && seen.failed === 0;
  // With a name pattern most tests are left out on purpose.
  const skips = pattern === undefined ? seen.skips : [];
  return { ...seen, skips, failed: (brokeOff ? 1 : seen.failed) + unforeseen.length };
}

function unforeseenIn(vitest: Vitest): string[] {
  const names = new NamesByFile();
  const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
  return tests
    .filter((test) => !names.foresees(test))
    .map((test) => `${test.module.relativeModuleId} > ${test.fullName}`);
}

/** Imports only the files that may have a test of this name: importing every file to find one takes longer than most tests. */
async function startNarrowed(
  filter: readonly string[],
  settings: Parsed['options'],
  pattern: string | RegExp,
): Promise<Vitest> {
  const vitest = await createVitest(settings);
  try {
    const specifications = await vitest.getRelevantTestSpecifications([...filter]);
    const files = [...new Set(specifications.map(({ moduleId }) => moduleId))];
    const kept = new NamesByFile().matching(new RegExp(pattern), files);
    console.log(`${files.length - kept.length} of ${files.length} files left out: no test of theirs is called that.`);
    if (kept.length > 0) await vitest.start(kept);
    return vitest;
  } finally {
    await vitest.close();
  }
}

/** Splits `--require LIST` off the arguments; the tests read it as SERIN_TEST_REQUIRE. */
function takeRequire(args: readonly string[]): { readonly require?: string; readonly rest: readonly string[] } {
  const at = args.findIndex((arg) => arg === '--require' || arg.startsWith('--require='));
  const given = args[at];
  if (given === undefined) return { rest: args };
  const inline = given.split('=', 2)[1];
  const require = inline ?? args[at + 1];
  if (!require || !/^[a-z-]+(,[a-z-]+)*$/.test(require)) {
    console.error('--require wants `all`, or the names of services such as postgres');
    process.exit(2);
  }
  return { require, rest: args.toSpliced(at, inline === undefined ? 2 : 1) };
}
