import { afterEach, expect, it, vi } from 'vitest';
import { LiveStream } from '../../../src/dashboard/live/stream.ts';

afterEach(() => vi.unstubAllGlobals());

/** A stream whose first attempt is answered so, and how often it has asked. */
async function lost(answer: () => Promise<Response>) {
  const asked = vi.fn<() => Promise<Response>>(answer);
  vi.stubGlobal('fetch', asked);
  const stream = new LiveStream(() => {});
  stream.connect();
  await vi.waitFor(() => expect(stream.state.value.kind).toBe('lost'));
  return { stream, asked };
}

it('a stream that could not reach Serin is tried at once when Serin answers another request', async () => {
  const { stream, asked } = await lost(() => Promise.reject(new TypeError('no connection')));
  stream.serinAnswered();
  expect([stream.state.value.kind, asked.mock.calls.length]).toEqual(['connecting', 2]);
  stream.serinAnswered();
  expect(asked).toHaveBeenCalledTimes(2);
  stream.stop();
  stream.serinAnswered();
  expect(asked).toHaveBeenCalledTimes(2);
});

it('a stream that was refused keeps its time, whatever else is answered', async () => {
  const { stream, asked } = await lost(() => Promise.resolve(Response.json({ detail: 'too many' }, { status: 429 })));
  stream.serinAnswered();
  expect([stream.state.value.kind, asked.mock.calls.length]).toEqual(['lost', 1]);
  stream.stop();
});
