import { describe, expect, it } from 'vitest';
import type { Echo } from '../../src/demo/toy-upstream.ts';
import { orderTo, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, fieldOf, get, openRaw } from '../support/raw-client.ts';
import { cannedUpstream, closedPort, rawUpstream } from '../support/upstream.ts';

const post = (body: string, method = 'POST') =>
  `${method} /echo HTTP/1.1\r\nHost: shop.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** A gateway that sends everything to a canary and may fail over to a toy stable. */
async function failingOver(canaryUrl: string) {
  const stable = await startToy('v1');
  const gateway = await startGateway([routeTo(stable.url)]);
  await gateway.setSplit(orderTo(stable.url, canaryUrl, { canaryBps: 10_000, failover: 'stable' }));
  return { gateway, stable };
}

/** A canary that reads what it is sent and then ends the connection without an answer. */
const deaf = () => using(rawUpstream((socket) => socket.destroy()));

describe('docs/failures.md: a canary that refuses connections', () => {
  it.each([
    ['GET', get('/echo')],
    ['POST, of which nothing was sent', post('hello')],
  ])('has its request answered by the stable, and is charged with it: %s', async (_name, request) => {
    const { gateway, stable } = await failingOver(`http://127.0.0.1:${await closedPort()}/base`);
    const answer = await askRaw(gateway.port, request);
    expect([answer.status, fieldOf(answer.headers, 'x-serin-version')]).toEqual([200, 'v1']);
    const echo = JSON.parse(answer.body.toString()) as Echo;
    expect(echo.url).toBe('/echo');
    expect(echo.rawHeaders[1]).toBe(new URL(stable.url).host);
    const totals = await gateway.totals();
    expect(totals.find(({ track }) => track === 'canary')?.outcomes.unanswered).toBe(1);
    expect(totals.find(({ track }) => track === 'stable')?.outcomes).toEqual({
      '2xx': 0,
      '3xx': 0,
      '4xx': 0,
      '5xx': 0,
      unanswered: 0,
      'client-gone': 0,
      refused: 0,
    });
  });
});

describe('failover', () => {
  it('sends an idempotent request again with the body that is still buffered', async () => {
    const canary = await deaf();
    const { gateway } = await failingOver(canary.url);
    const answer = await askRaw(gateway.port, post('x'.repeat(60_000), 'PUT'));
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ method: 'PUT', bodyLength: 60_000 });
  });

  it.each([
    ['POST, which may have been carried out', post('hello')],
    ['a body beyond 64 KiB', post('x'.repeat(70_000), 'PUT')],
  ])('leaves alone what cannot be sent twice: %s', async (_name, request) => {
    const canary = await deaf();
    const { gateway, stable } = await failingOver(canary.url);
    expect((await askRaw(gateway.port, request)).status).toBe(502);
    expect(stable.counts().requests).toBe(0);
  });

  it('leaves alone whoever forced the canary', async () => {
    const { gateway, stable } = await failingOver(`http://127.0.0.1:${await closedPort()}`);
    expect((await askRaw(gateway.port, get('/', 'X-Version: canary'))).status).toBe(502);
    expect(stable.counts().requests).toBe(0);
  });

  it('leaves alone an answer, whatever its status', async () => {
    const canary = await startToy('v2', { errorRate: 1 });
    const { gateway } = await failingOver(canary.url);
    expect((await askRaw(gateway.port, get('/'))).status).toBe(500);
  });

  it('tries once: a stable that fails as well is a 502, and is not charged', async () => {
    const port = await closedPort();
    const gateway = await startGateway([routeTo(`http://127.0.0.1:${port}`)]);
    await gateway.setSplit(
      orderTo(`http://127.0.0.1:${port}`, `http://127.0.0.1:${port}/v2`, { canaryBps: 10_000, failover: 'stable' }),
    );
    expect((await askRaw(gateway.port, get('/'))).status).toBe(502);
    const totals = await gateway.totals();
    expect(totals.find(({ track }) => track === 'canary')?.outcomes.unanswered).toBe(1);
    expect(totals.find(({ track }) => track === 'stable')?.outcomes.unanswered).toBe(0);
  });

  it('docs/failures.md: a retry storm is bounded by the budget', async () => {
    const { gateway, stable } = await failingOver(`http://127.0.0.1:${await closedPort()}`);
    const answers = await Promise.all(Array.from({ length: 200 }, () => askRaw(gateway.port, get('/'))));
    expect(stable.counts().requests).toBeLessThanOrEqual(20);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(stable.counts().requests);
    expect(stable.counts().requests).toBeGreaterThan(5);
  });
});

describe('an answer that breaks while nothing of it has gone out', () => {
  it('is another one, in its turn, and takes no answer before it along', async () => {
    const canary = await using(
      rawUpstream((socket, head) => {
        if (head.startsWith('GET /slow '))
          setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow'), 400);
        else {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
          setTimeout(() => socket.destroy(), 100);
        }
      }),
    );
    const { gateway } = await failingOver(canary.url);
    const connection = await openRaw(gateway.port);
    connection.write(get('/slow') + get('/echo'));
    expect((await connection.answer()).body.toString()).toBe('slow');
    const second = await connection.answer();
    expect([second.status, fieldOf(second.headers, 'x-serin-version')]).toEqual([200, 'v1']);
    const outcomes = (await gateway.totals()).find(({ track }) => track === 'canary')?.outcomes;
    expect(outcomes).toMatchObject({ '2xx': 1, unanswered: 1, 'client-gone': 0 });
    connection.close();
  });

  it('also when several of its pieces came at once', async () => {
    const bytes = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nworld\r\nXX\r\n';
    const canary = await using(cannedUpstream(bytes));
    const { gateway } = await failingOver(canary.url);
    const answer = await askRaw(gateway.port, get('/echo'));
    expect([answer.status, fieldOf(answer.headers, 'x-serin-version')]).toEqual([200, 'v1']);
  });

  it('sends a large one on from the piece that waited for its turn', async () => {
    const large = 'x'.repeat(1_000_000);
    const canary = await using(
      rawUpstream((socket, head) => {
        if (head.startsWith('GET /slow '))
          setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow'), 300);
        else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${large.length}\r\n\r\n${large}`);
      }),
    );
    const { gateway } = await failingOver(canary.url);
    const connection = await openRaw(gateway.port);
    connection.write(get('/slow') + get('/large'));
    expect((await connection.answer()).body.toString()).toBe('slow');
    expect((await connection.answer()).body.toString() === large).toBe(true);
    connection.close();
  });
});
