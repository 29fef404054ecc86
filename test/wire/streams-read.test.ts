import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GOOD_CHAT } from '../../src/demo/chat-answer.ts';
import { startToyChat } from '../../src/demo/toy-chat.ts';
import type { AnswerReads } from '../../src/split/answer-reads.ts';
import type { ValueCounts } from '../../src/stats/answers/answer-counts.ts';
import { valueBucket } from '../../src/stats/answers/value-grid.ts';
import { orderTo, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { get, openRaw } from '../support/raw-client.ts';
import { foundOnce, NOTHING, readingGateway, readOf } from '../support/read-answers.ts';
import { httpUpstream, rawUpstream } from '../support/upstream.ts';

const STREAMS: Partial<AnswerReads> = { own: ['first-event', 'gap', 'event-rate'], lastData: '[DONE]' };
const HEAD = { 'content-type': 'text/event-stream; charset=utf-8' };

const one = (value: number) => ({ asked: 1, missing: 0, unusable: 0, counts: { [valueBucket(value) ?? -1]: 1 } });

/** The one number that was counted, as the upper edge of its bucket. */
function numberIn(counts: ValueCounts | undefined): number {
  const [bucket, ...more] = Object.keys(counts?.counts ?? {});
  expect(more).toEqual([]);
  return 1.02 ** Number(bucket) * 1e-6;
}

/** Writes an event and waits. */
async function say(outgoing: ServerResponse, data: string, thenMs = 0): Promise<void> {
  outgoing.write(`data: ${data}\n\n`);
  await pause(thenMs);
}

describe('an event stream', () => {
  it('is timed by its events, without its comments, and asked for its last ones', async () => {
    const { body, tally } = await readOf(
      {
        ...STREAMS,
        values: { tokens: { lastEvent: '/usage/total_tokens' }, absent: { lastEvent: '/usage/absent' } },
        categories: { finish: { lastEvent: '/choices/0/finish_reason' } },
      },
      async (_, outgoing) => {
        outgoing.writeHead(200, HEAD);
        outgoing.write(': keep-alive\n\n');
        await pause(500);
        await say(outgoing, '{"choices":[{"finish_reason":null}],"usage":null}', 400);
        outgoing.write(': keep-alive\n\n');
        await pause(400);
        await say(outgoing, '{"choices":[{"finish_reason":"length"}]}');
        await say(outgoing, '{"choices":[],"usage":{"total_tokens":321}}');
        await say(outgoing, '[DONE]');
        outgoing.end();
      },
    );
    expect(body.match(/^: keep-alive$|^data: /gm)).toHaveLength(6);
    expect(numberIn(tally.values?.['first-event'])).toBeGreaterThan(495);
    expect(numberIn(tally.values?.['gap'])).toBeGreaterThan(500);
    expect(numberIn(tally.values?.['event-rate'])).toBeLessThan(3 / 0.5);
    expect(tally.values?.['tokens']).toEqual(one(321));
    expect(tally.values?.['absent']).toEqual({ asked: 1, missing: 1, unusable: 0, counts: {} });
    expect(tally.categories).toEqual({ finish: { length: 1 } });
    expect(tally.streams).toEqual({ ended: 1, unfinished: 0 });
  });

  it('that ends whole without its last event is unfinished', async () => {
    const { tally } = await readOf(STREAMS, (_, outgoing) => {
      outgoing.writeHead(200, HEAD);
      outgoing.end('data: {}\n\ndata: [DONE]\n');
    });
    expect(tally.streams).toEqual({ ended: 1, unfinished: 1 });
  });

  it('that breaks is an error by itself, and nothing is said of its end', async () => {
    const gateway = await readingGateway(STREAMS, async (_, outgoing) => {
      outgoing.writeHead(200, HEAD);
      await say(outgoing, '{}', 50);
      outgoing.destroy();
    });
    await fetch(gateway.url).then((answer) => answer.text().catch(() => ''));
    const found = await foundOnce(gateway, ({ requests }) => requests > 0);
    expect(found.streams).toBeUndefined();
    expect(Object.keys(found.values ?? {})).toEqual(['first-event']);
  });

  it('of JSON lines is timed and asked by line', async () => {
    const { tally } = await readOf(
      { ...STREAMS, values: { tokens: { lastEvent: '/eval_count' } } },
      async (_, outgoing) => {
        outgoing.writeHead(200, { 'content-type': 'application/x-ndjson' });
        outgoing.write('{"response":"a"}\n');
        await pause(600);
        outgoing.end('{"done":true,"eval_count":7}');
      },
    );
    expect(numberIn(tally.values?.['gap'])).toBeGreaterThan(300);
    expect(tally.values?.['tokens']).toEqual(one(7));
    expect(tally.streams).toBeUndefined();
  });

  it('that is compressed passes, and cannot be read', async () => {
    const { body, tally } = await readOf(
      { ...STREAMS, values: { tokens: { lastEvent: '/n' } }, categories: { finish: { lastEvent: '/word' } } },
      (_, outgoing) => {
        outgoing.writeHead(200, { ...HEAD, 'content-encoding': 'gzip' });
        outgoing.end(gzipSync('data: {"n":1,"word":"stop"}\n\ndata: [DONE]\n\n'));
      },
    );
    expect(body).toContain('[DONE]');
    const unusable = { asked: 1, missing: 0, unusable: 1, counts: {} };
    expect(tally.values).toEqual({
      'first-event': unusable,
      gap: unusable,
      'event-rate': unusable,
      tokens: unusable,
    });
    expect(tally.categories).toEqual({ finish: { '': 1 } });
    expect(tally.streams).toBeUndefined();
  });

  it('is not asked for its last events outside of the sample, and timed all the same', async () => {
    const { tally } = await readOf(
      { ...STREAMS, sample: 1e-9, values: { tokens: { lastEvent: '/n' } } },
      (_, outgoing) => {
        outgoing.writeHead(200, HEAD);
        outgoing.end('data: {"n":1}\n\ndata: [DONE]\n\n');
      },
    );
    expect(Object.keys(tally.values ?? {}).sort()).toEqual(['event-rate', 'first-event', 'gap']);
    expect(tally.streams).toEqual({ ended: 1, unfinished: 0 });
  });
});

describe('the stream of a model', () => {
  it('says when its first token came, how many there were, and why they ended', async () => {
    const model = await using(
      startToyChat({
        ...GOOD_CHAT,
        host: '127.0.0.1',
        port: 0,
        version: 'toy',
        toolShare: 0,
        lengthShare: 1,
        tokens: 5,
      }),
    );
    const gateway = await startGateway([routeTo(model.url)]);
    const reads: AnswerReads = {
      ...NOTHING,
      ...STREAMS,
      values: { tokens: { lastEvent: '/usage/completion_tokens' } },
      categories: { finish: { lastEvent: '/choices/0/finish_reason' } },
    };
    const measure = { blockMs: 20, errorStatuses: ['5xx' as const], reads };
    await gateway.setSplit(orderTo(model.url, model.url, { canaryBps: 9_999, measure }));
    const asked = { stream: true, stream_options: { include_usage: true }, messages: [] };
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(asked) });
    const tokens = (await answer.text()).match(/"content":/g)?.length ?? 0;
    const found = await foundOnce(gateway, ({ requests }) => requests > 0);
    expect(found.values?.['tokens']).toEqual(one(tokens));
    expect(found.categories).toEqual({ finish: { length: 1 } });
    expect(found.streams).toEqual({ ended: 1, unfinished: 0 });
    expect(numberIn(found.values?.['first-event'])).toBeGreaterThan(5);
  });
});

describe('a stream that goes on', () => {
  it('has its first event counted when it comes, and its silence when it is slow, whatever follows', async () => {
    const gateway = await readingGateway(STREAMS, async (_, outgoing) => {
      outgoing.writeHead(200, HEAD);
      await say(outgoing, '{}');
    });
    const answer = await fetch(gateway.url);
    onTestFinished(() => answer.body?.cancel());
    const first = await foundOnce(gateway, ({ values }) => values !== undefined, 250);
    expect(Object.keys(first.values ?? {})).toContain('first-event');
    const then = await foundOnce(gateway, ({ values }) => values?.['gap'] !== undefined, 250);
    expect(numberIn(then.values?.['gap'])).toBeGreaterThan(250);
    expect(numberIn(then.values?.['first-event'])).toBeLessThan(250);
  });

  it('without an event counts once it is slow', async () => {
    const gateway = await readingGateway(STREAMS, (_, outgoing) => {
      outgoing.writeHead(200, HEAD).flushHeaders();
    });
    const answer = await fetch(gateway.url);
    onTestFinished(() => answer.body?.cancel());
    const found = await foundOnce(gateway, ({ values }) => values !== undefined, 250);
    expect(numberIn(found.values?.['first-event'])).toBeGreaterThan(250);
  });

  it('is left by its client as it pleases: what has come counts, and nothing is unfinished', async () => {
    const gateway = await readingGateway(STREAMS, async (_, outgoing) => {
      outgoing.writeHead(200, HEAD);
      await say(outgoing, '{}', 20);
      await say(outgoing, '{}');
    });
    await leaveAfter(gateway.port, '{}\n\n');
    const found = await foundOnce(gateway, ({ requests }) => requests > 0);
    expect(found.streams).toBeUndefined();
    expect(Object.keys(found.values ?? {})).toEqual(['first-event']);
  });

  it('is over with its last event, whoever ends it', async () => {
    const gateway = await readingGateway(
      { ...STREAMS, values: { tokens: { lastEvent: '/n' } } },
      async (_, outgoing) => {
        outgoing.writeHead(200, HEAD);
        await say(outgoing, '{"n":7}', 20);
        await say(outgoing, '[DONE]');
      },
    );
    await leaveAfter(gateway.port, '[DONE]\n\n');
    const found = await foundOnce(gateway, ({ requests }) => requests > 0);
    expect(found.streams).toEqual({ ended: 1, unfinished: 0 });
    expect(found.values?.['tokens']).toEqual(one(7));
    expect(Object.keys(found.values ?? {}).sort()).toEqual(['event-rate', 'first-event', 'gap', 'tokens']);
  });

  it('that is cut because its version left the route is not unfinished', async () => {
    const upstream = await using(
      httpUpstream((_, outgoing) => {
        outgoing.writeHead(200, HEAD).write('data: {}\n\n');
      }),
    );
    const stable = await startToy('v1');
    const gateway = await startGateway([routeTo(stable.url)]);
    const measure = { blockMs: 60_000, errorStatuses: ['5xx' as const], reads: { ...NOTHING, ...STREAMS } };
    await gateway.setSplit(orderTo(stable.url, upstream.url, { canaryBps: 9_999, measure }));
    const client = await openRaw(gateway.port);
    client.write(get('/a'));
    await client.takeThrough('data: {}');
    await gateway.setSplit(orderTo(stable.url, null, { epoch: 2, measure }));
    await client.ending;
    const found = await foundOnce(gateway, ({ requests }) => requests > 0);
    expect(found.streams).toBeUndefined();
    expect(Object.keys(found.values ?? {})).toEqual(['first-event']);
  });

  it('is not silent while its client takes nothing', async () => {
    const chunk = `data: ${'x'.repeat(60_000)}\n\n`;
    const heldBack = Promise.withResolvers<void>();
    const gateway = await readingGateway(STREAMS, async (_, outgoing) => {
      outgoing.writeHead(200, HEAD);
      for (let isTaken = true; isTaken; ) {
        if (outgoing.write(chunk)) continue;
        const drained = once(outgoing, 'drain').then(() => true);
        isTaken = await Promise.race([drained, pause(300, false)]);
        if (isTaken) continue;
        heldBack.resolve();
        await drained;
      }
      outgoing.end(`${chunk}data: [DONE]\n\n`);
    });
    const client = await openRaw(gateway.port);
    client.write(get('/a', 'Connection: close'));
    await client.takeThrough('\r\n\r\n');
    client.socket.pause();
    await heldBack.promise;
    await pause(5_000);
    // Nothing is owed, however long it takes.
    await gateway.peek('shop', null, 4_000);
    client.socket.resume();
    await client.ending;
    const found = await foundOnce(gateway, ({ requests }) => requests > 0);
    expect(found.streams).toEqual({ ended: 1, unfinished: 0 });
    expect(numberIn(found.values?.['gap'])).toBeLessThan(4_000);
  });
});

describe('what is no evidence about the canary', () => {
  it('is the answer of the stable to a request that the canary did not answer', async () => {
    const stable = await using(
      httpUpstream((_, outgoing) => {
        outgoing.writeHead(200, HEAD).end('data: {}\n\n');
      }),
    );
    const broken = await using(rawUpstream((socket) => socket.destroy()));
    const gateway = await startGateway([routeTo(stable.url)]);
    const reads = { ...NOTHING, ...STREAMS, values: { type: { header: 'content-type' } } };
    const measure = { blockMs: 20, errorStatuses: ['5xx' as const], reads };
    await gateway.setSplit(orderTo(stable.url, broken.url, { canaryBps: 9_999, failover: 'stable', measure }));
    expect(await fetch(gateway.url).then((answer) => answer.text())).toBe('data: {}\n\n');
    const found = await foundOnce(gateway, ({ requests }) => requests > 0);
    expect(found).toEqual({ requests: 1 });
  });
});

describe('a hostile stream', () => {
  it.each([
    ['events of 1 MB', `data: ${'[1'.repeat(500_000)}\n\n`, 8],
    ['an event without an end', 'data: x', 400_000],
    ['a field without an end', 'x'.repeat(1_000), 8_000],
    ['lines of nothing', '\n'.repeat(10_000), 400],
    ['lines of CR', '\r'.repeat(10_000), 400],
    ['deep JSON', `data: ${'['.repeat(60_000)}\n\n`, 20],
    ['numbers beyond all bounds', 'data: {"n":1e400}\n\ndata: {"n":-1}\n\n', 1_000],
  ])('of %s passes byte by byte, is bounded, and counted', async (_, piece, times) => {
    const body = Buffer.from(piece.repeat(times));
    const gateway = await readingGateway(
      { ...STREAMS, values: { tokens: { lastEvent: '/n' } } },
      (_incoming, outgoing) => {
        outgoing.writeHead(200, HEAD).end(body);
      },
    );
    const passed = await fetch(gateway.url).then((answer) => answer.bytes());
    expect(body.equals(passed)).toBe(true);
    const { streams, values } = await foundOnce(gateway, ({ requests }) => requests > 0);
    const { tokens, 'first-event': first } = values ?? {};
    expect(streams).toEqual({ ended: 1, unfinished: 1 });
    expect(first?.asked).toBe(1);
    expect([tokens?.asked, tokens?.counts]).toEqual([1, {}]);
  });
});

/** A client that goes away as soon as it has seen this. */
async function leaveAfter(port: number, mark: string): Promise<void> {
  const client = await openRaw(port);
  client.write(get('/a'));
  await client.takeThrough(mark);
  client.close();
}
