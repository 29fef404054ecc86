import { expect, it } from 'vitest';
import { DirectMessages } from '../../../src/controller/direct-messages.ts';
import type { Channel } from '../../../src/notify/channel.ts';
import type { LogEvent } from '../../../src/problem/log.ts';
import type { Message } from '../../../src/rollout/message.ts';

const MESSAGE = { id: 'm-1', kind: 'note', dedupKey: 'serin/shop' } as Message;

it('a channel that throws is logged with the stack of the bug, and tried again', async () => {
  const events: LogEvent[] = [];
  const got: string[] = [];
  let isBroken = true;
  let now = 0;
  const pager: Channel = {
    name: 'pager',
    takes: ['note'],
    deliver: async ({ id }) => {
      if (isBroken) throw new TypeError('x is not a function');
      got.push(id);
      return { kind: 'delivered' };
    },
  };
  const parts = { channels: [pager], log: (event: LogEvent) => void events.push(event) };
  const messages = new DirectMessages(() => now);
  messages.add([{ channel: 'pager', message: MESSAGE }]);
  await messages.send(parts);
  expect(events).toMatchObject([
    { what: 'internalError', level: 'error', channel: 'pager', message: 'm-1', error: expect.any(TypeError) },
    { what: 'notificationFailed', reason: 'x is not a function', retryInMs: expect.any(Number) },
  ]);
  isBroken = false;
  now = 60_000;
  await messages.send(parts);
  expect(got).toEqual(['m-1']);
});

it('a page that was sent stands for the first that is recorded, and for no later one of its incident', async () => {
  const got: string[] = [];
  const pager: Channel = {
    name: 'pager',
    takes: ['page'],
    deliver: async ({ id }) => {
      got.push(id);
      return { kind: 'delivered' };
    },
  };
  const pageOf = (id: string) => ({ id, kind: 'page', dedupKey: 'serin/shop/1' }) as Message;
  const messages = new DirectMessages(() => 0);
  const send = async (id: string) => {
    messages.add([{ channel: 'pager', message: pageOf(id) }]);
    await messages.send({ channels: [pager], log: () => undefined });
  };
  await send('held-4');
  await send('held-5');
  expect(got).toEqual(['held-4']);
  // One version may have been committed unnoticed.
  expect(await messages.take('pager', pageOf('held-5'))).toBe(true);
  expect(await messages.take('pager', pageOf('held-5'))).toBe(true);
  expect(await messages.take('pager', pageOf('rolled-back-9'))).toBe(false);
  // The database is away once more, and harm is found once more.
  await send('held-11');
  expect(got).toEqual(['held-4', 'held-11']);
  expect(await messages.take('pager', pageOf('held-11'))).toBe(true);
});

it('a page that the canary was taken back goes out after the one that harm held it', async () => {
  const got: (string | undefined)[] = [];
  const pager: Channel = {
    name: 'pager',
    takes: ['page'],
    deliver: async ({ subject }) => {
      got.push(subject);
      return { kind: 'delivered' };
    },
  };
  const messages = new DirectMessages(() => 0);
  for (const subject of ['harmHeld', 'rolledBack'] as const) {
    const message = { id: 'r-4-page', kind: 'page', dedupKey: 'serin/shop/1', subject } as Message;
    messages.add([{ channel: 'pager', message }]);
    await messages.send({ channels: [pager], log: () => undefined });
  }
  expect(got).toEqual(['harmHeld', 'rolledBack']);
});
