import type { Writable } from 'node:stream';

/** What a server command can use of its environment. */
export interface ServerTerminal {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: NodeJS.ProcessEnv;
}
