import { Command, CommanderError } from 'commander';
import { formatIssue } from '../policy/place.ts';
import { errorFacts, messageOf } from '../problem/log.ts';
import { type Issue, Problem } from '../problem/problem.ts';
import { EXIT, exitCodeOfError } from './exit-code.ts';
import type { Session, Terminal } from './terminal.ts';
import { clean } from './text.ts';

export interface CommandLineOptions {
  readonly version: string;
  /** Adds the commands that do not go over HTTP: serve, migrate, doctor. */
  readonly more?: (program: Command, exit: (code: number) => void) => void;
}

/**
 * Runs one command line (without `node` and the script) and resolves with its exit code; it never rejects. The caller
 * sets `process.exitCode` and lets the process end, so that the output is flushed.
 */
export async function runCommandLine(
  args: readonly string[],
  terminal: Terminal,
  { version, more }: CommandLineOptions,
): Promise<number> {
  let code: number = EXIT.ok;
  const closed = new AbortController();
  let broken: NodeJS.ErrnoException | null = null;
  const onBroken = (error: NodeJS.ErrnoException) => {
    broken = error;
    closed.abort();
  };
  terminal.stdout.on('error', onBroken);
  // If stderr is closed, there is nowhere to report it.
  terminal.stderr.on('error', () => {});

  const session: Session = {
    ...terminal,
    closed: closed.signal,
    version,
    exit: (wanted) => {
      code = wanted;
    },
  };
  const program = new Command('serin')
    .description('A self-hosted canary gateway that decides by evidence.')
    .version(version)
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'serin: ')),
      getOutHelpWidth: () => terminal.stdout.columns ?? 100,
      getOutHasColors: () => false,
    });
  // A server stays, and so would in its memory what the other commands load.
  if (args[0] !== 'serve') (await import('./register.ts')).registerCommands(program, session);
  more?.(program, (wanted) => session.exit(wanted));

  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.invalid;
    // A failure because the reader is gone is not a failure.
    if (!closed.signal.aborted) {
      terminal.stderr.write(`${describe(error)}\n`);
      return exitCodeOfError(error);
    }
  }
  return exitCodeOfOutput(broken) ?? code;
}

function exitCodeOfOutput(error: NodeJS.ErrnoException | null): number | null {
  return error === null || error.code === 'EPIPE' ? null : EXIT.error;
}

/** One sentence, and if there are several faults or a file is at fault, the place of each. */
function describe(error: unknown): string {
  if (!(error instanceof Problem))
    return `serin: this is a bug in Serin: ${errorFacts(error).stack ?? messageOf(error)}`;
  const told = error.issues.length === 1 && error.message.includes(error.issues[0]?.message ?? '');
  const faults = told && !error.issues[0]?.place ? [] : error.issues.map(describeIssue);
  return [`serin: ${clean(error.message)}`, ...faults].join('\n');
}

function describeIssue(issue: Issue): string {
  if (issue.place) return formatIssue(issue);
  return clean(`  ${issue.path === '' ? '' : `${issue.path}: `}${issue.message}`);
}
