import { createServer, type IncomingMessage } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { routeTo, startGateway, startToy } from '../support/gateway.ts';

async function served(status: number, delayMs = 0) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    setTimeout(() => response.writeHead(status).end('body'), delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return { seen, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` };
}

describe('a request of our own', () => {
  it('is timed to the head of its answer, and labelled, so that a service can tell', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const { seen, url } = await served(200, 60);
    const ms = await gateway.timed(`${url}/orders?page=1`, 'HEAD', 5_000);
    expect(ms).toBeGreaterThan(50);
    expect(ms).toBeLessThan(2_000);
    expect(seen.map(({ method, url: path }) => `${method} ${path}`)).toEqual(['HEAD /orders?page=1']);
    expect(seen[0]?.headers).toMatchObject({ 'x-serin-probe': '1', 'user-agent': 'serin-probe' });
  });

  it.each([500, 503, 404])('is null where the answer is %d', async (status) => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    expect(await gateway.timed((await served(status)).url, 'GET', 5_000)).toBeNull();
  });

  it('is null where nothing answers in time, or no upstream may be', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    expect(await gateway.timed((await served(200, 2_000)).url, 'GET', 100)).toBeNull();
    expect(await gateway.timed('http://127.0.0.1:1/', 'GET', 1_000)).toBeNull();
    expect(await gateway.timed('http://169.254.169.254/latest', 'GET', 1_000)).toBeNull();
    expect(await gateway.timed(`http://127.0.0.1:${gateway.port}/`, 'GET', 1_000)).toBeNull();
    expect(await gateway.timed('ftp://127.0.0.1/', 'GET', 1_000)).toBeNull();
  });
});
