import { describe, expect, it } from 'vitest';
import { orderTo, routeTo, startGateway, startToy } from '../support/gateway.ts';
import { askRaw, get, openRaw } from '../support/raw-client.ts';
import { closedPort } from '../support/upstream.ts';

/** A gateway that logs, and the lines it has written once it is closed. */
async function logging(stableUrl: string, sample: number) {
  const batches: Uint8Array[] = [];
  const write = (lines: Uint8Array): void => void batches.push(lines);
  const gateway = await startGateway([routeTo(stableUrl)], { accessLog: { write, sample } });
  const lines = async () => {
    await gateway.close(0);
    return Buffer.concat(batches)
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  };
  return { gateway, lines };
}

describe('the access log', () => {
  it('has one line for each request, without its query', async () => {
    const toy = await startToy('v1');
    const { gateway, lines } = await logging(toy.url, 1);
    await askRaw(gateway.port, get('/a"b?key=secret', 'X-Request-Id: r"1'));
    const [line, ...more] = await lines();
    expect(more).toEqual([]);
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      route: 'shop',
      track: 'stable',
      by: 'weight',
      version: 'v1',
      method: 'GET',
      path: '/a"b',
      status: 200,
      outcome: 'complete',
      ms: expect.any(Number),
      requestId: 'r"1',
      client: '127.0.0.1',
    });
  });

  it('is sampled, evenly', async () => {
    const toy = await startToy('v1');
    const { gateway, lines } = await logging(toy.url, 0.25);
    const connection = await openRaw(gateway.port);
    for (let request = 0; request < 20; request++) {
      connection.write(get('/'));
      await connection.answer();
    }
    connection.close();
    expect(await lines()).toHaveLength(5);
  });

  it('has every failure, whatever the sample', async () => {
    const toy = await startToy('v1');
    const { gateway, lines } = await logging(toy.url, 0);
    await gateway.setSplit(orderTo(toy.url, `http://127.0.0.1:${await closedPort()}`));
    await askRaw(gateway.port, get('/'));
    await askRaw(gateway.port, get('/', 'X-Version: canary'));
    expect(await lines()).toMatchObject([
      { track: 'canary', by: 'force', version: 'v2', status: 0, outcome: 'unanswered' },
    ]);
  });
});
