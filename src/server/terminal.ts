import type { Writable } from 'node:stream';

/** What a server command sees of the world. */
export interface ServerTerminal {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: NodeJS.ProcessEnv;
}
