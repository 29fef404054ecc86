import { describe, expect, it } from 'vitest';
import { consoleChannel } from '../../../src/notify/console.ts';
import type { MessageKind } from '../../../src/rollout/message.ts';
import { messageOf } from '../../contract/channel-contract.ts';

const signal = new AbortController().signal;

describe('consoleChannel', () => {
  it('prints one readable line for every kind', async () => {
    const lines: string[] = [];
    const channel = consoleChannel((line) => lines.push(line));
    const kinds: readonly MessageKind[] = ['page', 'resolve', 'change', 'note'];
    expect(channel.takes).toEqual(kinds);
    for (const kind of kinds) {
      expect(await channel.deliver(messageOf(kind, { summary: 'payments: v2 to step-2' }), signal)).toEqual({
        kind: 'delivered',
      });
    }
    expect(lines).toEqual([
      '2026-11-20T10:15:00.000Z PAGE critical payments: v2 to step-2\n',
      '2026-11-20T10:15:00.000Z RESOLVE critical payments: v2 to step-2\n',
      '2026-11-20T10:15:00.000Z CHANGE critical payments: v2 to step-2\n',
      '2026-11-20T10:15:00.000Z NOTE critical payments: v2 to step-2\n',
    ]);
  });

  it('says with a page what to type next', async () => {
    const lines: string[] = [];
    const channel = consoleChannel((line) => lines.push(line));
    const details = { next: 'serin get payments' };
    await channel.deliver(messageOf('page', { details, summary: 'payments protected' }), signal);
    await channel.deliver(messageOf('note', { details, summary: 'payments: v2 paused by ada' }), signal);
    expect(lines).toEqual([
      '2026-11-20T10:15:00.000Z PAGE critical payments protected; next: serin get payments\n',
      '2026-11-20T10:15:00.000Z NOTE critical payments: v2 paused by ada\n',
    ]);
  });

  it('lets no line break or escape sequence through', async () => {
    const lines: string[] = [];
    const channel = consoleChannel((line) => lines.push(line));
    await channel.deliver(messageOf('note', { summary: 'v2\u001b[2J\r\nPAGE forged\u009b' }), signal);
    expect(lines).toEqual(['2026-11-20T10:15:00.000Z NOTE critical v2 [2J PAGE forged\n']);
  });

  it('says that it failed when the console is gone', async () => {
    const channel = consoleChannel(() => {
      throw new Error('EPIPE');
    });
    expect(await channel.deliver(messageOf('note'), signal)).toMatchObject({ kind: 'failed' });
  });
});
