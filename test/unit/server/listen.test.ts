import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { listen } from '../../../src/server/listen.ts';
import { inTime } from '../../support/in-time.ts';
import { openRaw } from '../../support/raw-client.ts';

it('a client that never ends its request holds up no stop', async () => {
  const listener = await listen(
    new Hono(),
    { host: '127.0.0.1', port: 0 },
    { name: 'control', log: () => {}, graceMs: 20 },
  );
  const connection = await openRaw(listener.port);
  connection.write('POST / HTTP/1.1\r\nHost: serin.test\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n');
  await connection.answer();
  connection.write('never');
  await inTime('the stop of the listener', 2_000, listener.close());
  expect(await connection.ending).not.toBe('ours');
});
