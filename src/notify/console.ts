import type { MessageKind } from '../rollout/message.ts';
import type { Channel } from './channel.ts';

const EVERY_KIND: readonly MessageKind[] = ['page', 'resolve', 'change', 'note'];

// A version's or a route's name comes from outside: left in, an escape sequence would drive the reader's terminal.
const CONTROL = /\p{Cc}+/gu;

/** Prints one line per message: `2026-11-20T10:15:00.000Z PAGE critical payments protected: ...`. */
export function consoleChannel(write: (line: string) => void): Channel {
  return {
    name: 'console',
    takes: EVERY_KIND,
    async deliver(message) {
      const { at, kind, severity, summary } = message;
      const line = `${at} ${kind.toUpperCase()} ${severity} ${summary}`.replace(CONTROL, ' ').trimEnd();
      try {
        write(`${line}\n`);
        return { kind: 'delivered' };
      } catch (error) {
        return { kind: 'failed', reason: `the console took no line: ${error instanceof Error ? error.name : 'error'}` };
      }
    },
  };
}
