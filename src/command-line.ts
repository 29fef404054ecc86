import { runCommandLine } from './cli/run.ts';
import { registerServerCommands } from './server/commands/command.ts';
import { packageVersion } from './server/version.ts';

const { stdin, stdout, stderr, env } = process;

process.exitCode = await runCommandLine(
  process.argv.slice(2),
  { stdin, stdout, stderr, env, isTTY: stdin.isTTY && stdout.isTTY, fetch },
  {
    version: packageVersion(),
    more: (program, exit) => registerServerCommands(program, { stdout, stderr, env }, exit),
  },
);
