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
