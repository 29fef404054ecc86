import { PassThrough } from 'node:stream';
import type { Session } from '../../src/cli/terminal.ts';

export interface CliSession extends Session {
  /** What standard error has so far. */
  said(): string;
}

/** What a command is given, for the parts of the command line that are tested without one. */
export function cliSession(env: Session['env'] = {}): CliSession {
  let said = '';
  const stderr = new PassThrough().on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  return {
    stdout: new PassThrough(),
    stderr,
    stdin: new PassThrough().end(),
    env,
    isTTY: false,
    fetch,
    closed: new AbortController().signal,
    version: '0.1.0',
    exit: () => {},
    said: () => said,
  };
}
