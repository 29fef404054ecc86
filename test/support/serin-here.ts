import { PassThrough } from 'node:stream';
import { runCommandLine } from '../../src/cli/run.ts';
import { registerServerCommands } from '../../src/server/commands/command.ts';
import { inTime } from './in-time.ts';

const ENDS_MS = 100_000;

/**
 * The whole `serin` command line in the process of the test, for what a command says and its exit code: a process of its own loads
 * the same modules again, which is nearly all that it does. Each command is run as a process by test/e2e/every-operation.test.ts.
 * Not for `doctor` without --try, which ends the process that it runs in, nor for a `serve` that would serve.
 */
export async function serinHere(
  args: readonly string[],
  { env }: { env?: NodeJS.ProcessEnv } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  const streamOf = (name: keyof typeof said) =>
    new PassThrough().on('data', (chunk: Buffer) => {
      said[name] += chunk.toString();
    });
  const [stdout, stderr, stdin] = [streamOf('stdout'), streamOf('stderr'), new PassThrough().end()];
  const terminal = { stdout, stderr, env: { ...process.env, ...env } };
  const ended = runCommandLine(
    args,
    { ...terminal, stdin, isTTY: false, fetch },
    { version: '0.1.0', more: (program, exit) => registerServerCommands(program, terminal, exit) },
  );
  const code = await inTime(`\`serin ${args.join(' ')}\``, ENDS_MS, ended);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, ...said };
}
