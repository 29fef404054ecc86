// npm test [-- [--require all|SERVICE[,SERVICE ...]] [ARGUMENT OF VITEST ...]]
import { parseCLI, startVitest } from 'vitest/node';
import { stillnessWatch } from './support/stillness.ts';
import { closingLine, type Tally, tallyOf } from './support/tally.ts';

/** More than twice the longest time-out of a test. */
const STILL_MS = Number(process.env['SERIN_TEST_STILL_MS'] ?? 15 * 60_000);

const NOTHING_RAN: Tally = { passed: 0, failed: 1, skipped: 0, skips: [] };

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
  const { filter, options } = parseCLI(['vitest', 'run', ...args]);
  const watch = stillnessWatch(STILL_MS, (open) => {
    console.error(`Nothing has happened for ${STILL_MS / 60_000} min; these files have not ended: ${open.join(', ')}`);
    process.exit(1);
  });
  const { reporters = ['default'] } = options;
  const all = [...(Array.isArray(reporters) ? reporters : [reporters]), watch];
  const vitest = await startVitest(filter, { ...options, reporters: all, watch: false });
  const seen = tallyOf(vitest.state.getTestModules(), vitest.state.getUnhandledErrors());
  const brokeOff = process.exitCode !== undefined && process.exitCode !== 0 && seen.failed === 0;
  // With a name pattern most tests are left out on purpose.
  const skips = options.testNamePattern === undefined ? seen.skips : [];
  return { ...seen, skips, failed: brokeOff ? 1 : seen.failed };
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
