import { z } from 'zod';
import type { MessageKind } from '../rollout/message.ts';
import type { Channel, ChannelKind, DeclaredChannel } from './channel.ts';

const EVERY_KIND: readonly MessageKind[] = ['page', 'resolve', 'change', 'note'];

// The names of versions and routes are untrusted input: an escape sequence in one would control the reader's terminal.
const CONTROL = /\p{Cc}+/gu;

const DECLARED: DeclaredChannel = {
  secrets: {},
  open: ({ notices }) => (notices ? consoleChannel(notices) : null),
};

/** `channels.console` of serin.yaml: on unless turned off. */
export const consoleKind: ChannelKind = {
  name: 'console',
  schema: () =>
    z
      .boolean()
      .default(true)
      .describe('Messages as lines on standard error')
      .transform((isOn) => (isOn ? DECLARED : undefined)),
};

/** Prints one line per message: `2026-11-20T10:15:00.000Z PAGE error payments protected: ...; next: serin get payments`. */
export function consoleChannel(write: (line: string) => void): Channel {
  return {
    name: 'console',
    takes: EVERY_KIND,
    async deliver(message) {
      const { at, kind, severity, summary, details } = message;
      const next = kind === 'page' && details['next'] !== undefined ? `; next: ${details['next']}` : '';
      const line = `${at} ${kind.toUpperCase()} ${severity} ${summary}${next}`.replace(CONTROL, ' ').trimEnd();
      try {
        write(`${line}\n`);
        return { kind: 'delivered' };
      } catch (error) {
        return { kind: 'failed', reason: `the console took no line: ${error instanceof Error ? error.name : 'error'}` };
      }
    },
  };
}
