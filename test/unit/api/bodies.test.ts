import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { fakeControl, TOKENS } from '../../support/fake-control.ts';

const MB = 1024 * 1024;

async function served() {
  const onUnforeseen = vi.fn<(error: unknown) => void>();
  const app = controlApi(fakeControl(), { now: () => 0, onUnforeseen });
  const server = createAdaptorServer({ fetch: app.fetch });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  /** The beginning of a request, and its answer once it has one. */
  const begin = async (
    path: string,
    token: string,
    [length, type]: readonly [number, string],
    sent: Buffer | string,
  ) => {
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    const head = [
      `POST ${path} HTTP/1.1`,
      'Host: localhost',
      `Authorization: Bearer ${token}`,
      `Content-Type: ${type}`,
    ];
    socket.write(`${head.join('\r\n')}\r\nContent-Length: ${length}\r\n\r\n`);
    socket.write(sent);
    return { socket, answer: answerOf(socket) };
  };
  return { begin, onUnforeseen };
}

async function answerOf(socket: Socket): Promise<string> {
  const [first] = (await once(socket, 'data')) as [Buffer];
  return first.toString();
}

describe('a body that is sent to the control API', () => {
  it.each([
    ['/api/v1/logs?route=shop', TOKENS['logs:write'], 'application/x-ndjson'],
    ['/api/v1/otlp/v1/logs', TOKENS['logs:write'], 'application/json'],
    ['/api/v1/rollouts', TOKENS.operator, 'application/json'],
    ['/api/v1/values', TOKENS.scorer, 'application/json'],
    ['/api/v1/policies/check', TOKENS.operator, 'application/json'],
  ])('is no error of Serin where it breaks off: %s', async (path, token, type) => {
    const { begin, onUnforeseen } = await served();
    const { socket, answer } = await begin(path, token, [1_000, type], 'abc');
    answer.catch(() => {});
    await new Promise((go) => setTimeout(go, 100));
    socket.destroy();
    await new Promise((go) => setTimeout(go, 200));
    expect(onUnforeseen).not.toHaveBeenCalled();
  });

  it('is refused while two large ones of its sender are being received', async () => {
    const { begin } = await served();
    const kind = [4 * MB, 'application/x-ndjson'] as const;
    const upload = (sent: Buffer | string) => begin('/api/v1/logs?route=shop', TOKENS['logs:write'], kind, sent);
    const slow = [await upload('{'), await upload('{')];
    await vi.waitFor(async () => {
      expect(await (await upload('{')).answer).toMatch(/^HTTP\/1.1 429 .*retry-after: 1\r\n/is);
    });
    slow[0]?.socket.destroy();
    await vi.waitFor(async () => {
      expect(await (await upload(Buffer.alloc(4 * MB))).answer).toMatch(/^HTTP\/1.1 200 /);
    });
  });
});
