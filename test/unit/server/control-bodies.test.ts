import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { type ControlListener, listen } from '../../../src/server/listen.ts';
import { fakeControl, TOKENS } from '../../support/fake-control.ts';
import { openRaw, type RawConnection } from '../../support/raw-client.ts';

let unforeseen: unknown[];
let listener: ControlListener;
let connection: RawConnection;

beforeEach(async () => {
  unforeseen = [];
  const app = controlApi(fakeControl(), { onUnforeseen: (error) => unforeseen.push(error) });
  listener = await listen(app, { host: '127.0.0.1', port: 0 }, { name: 'control', log: () => {} });
  connection = await openRaw(listener.port);
});

afterEach(async () => {
  connection.close();
  await listener.close();
});

const TOKEN = JSON.stringify({ name: 'ada', role: 'viewer', reason: 'new' });
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

async function answerTo(target: string, fields: readonly string[], body = '') {
  const [method = ''] = target.split(' ');
  const head = [
    `${target} HTTP/1.1`,
    `Host: 127.0.0.1:${listener.port}`,
    `Authorization: Bearer ${TOKENS.admin}`,
    ...fields,
  ];
  connection.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  const answer = await connection.answer(method);
  const text = answer.body.toString();
  return {
    status: answer.status,
    detail: text.startsWith('{') ? (JSON.parse(text) as { detail?: string }).detail : '',
  };
}

describe('a body at the listener that serves', () => {
  it.each([
    ['none, of a DELETE', 'DELETE /api/v1/tokens/019ac000-0000-7000-8000-000000000001?reason=x', [], '', 404],
    ['none, of a GET', 'GET /api/v1/tokens', [], '', 200],
    ['none, of a HEAD', 'HEAD /api/v1/tokens', [], '', 200],
    ['none, of a POST', 'POST /api/v1/tokens', [], '', 422],
    ['none, of a PUT', 'PUT /api/v1/routes/payments/consumers/acme', [], '', 422],
    ['none, of a method that nothing answers', 'PATCH /api/v1/tokens', [], '', 405],
    ['empty and said to be', 'POST /api/v1/tokens', ['Content-Length: 0'], '', 422],
    ['empty and chunked', 'POST /api/v1/tokens', ['Transfer-Encoding: chunked'], '0\r\n\r\n', 422],
    [
      'with a length',
      'POST /api/v1/tokens',
      ['Content-Type: application/json', `Content-Length: ${TOKEN.length}`],
      TOKEN,
      201,
    ],
    [
      'with half of a character in its reason',
      'POST /api/v1/rollouts/019ac000-0000-7000-8000-000000000001/rollback',
      ['Content-Type: application/json', 'Content-Length: 19'],
      '{"reason":"\\ud83d"}',
      422,
    ],
    [
      'chunked',
      'POST /api/v1/tokens',
      ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
      `${chunk(TOKEN.slice(0, 7))}${chunk(TOKEN.slice(7))}0\r\n\r\n`,
      201,
    ],
    [
      'of a DELETE, which needs none',
      'DELETE /api/v1/tokens/019ac000-0000-7000-8000-000000000001?reason=x',
      ['Transfer-Encoding: chunked'],
      `${chunk('ignored')}0\r\n\r\n`,
      404,
    ],
  ])('%s: %s', async (_, target, fields, body, status) => {
    expect(await answerTo(target, fields, body)).toMatchObject({ status });
    expect(unforeseen).toEqual([]);
    // The connection is still in step.
    expect((await answerTo('GET /version', [])).status).toBe(200);
  });

  it('over the limit is refused by its length alone, before any of it has come', async () => {
    const fields = ['Content-Type: application/json', 'Content-Length: 262145'];
    expect(await answerTo('POST /api/v1/tokens', fields)).toEqual({ status: 413, detail: 'a body is at most 256 KiB' });
  });

  it('over the limit is refused although it is chunked and never ends', async () => {
    const fields = ['Content-Type: application/json', 'Transfer-Encoding: chunked'];
    const answer = await answerTo('POST /api/v1/tokens', fields, chunk('x'.repeat(140_000)).repeat(2));
    expect(answer).toEqual({ status: 413, detail: 'a body is at most 256 KiB' });
    expect(unforeseen).toEqual([]);
  });

  it('that breaks off changes nothing, and is nobody’s fault', async () => {
    const fields = ['Content-Type: application/json', 'Transfer-Encoding: chunked'];
    const other = await openRaw(listener.port);
    other.write(
      `POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKENS.admin}\r\n${fields.join('\r\n')}\r\n\r\n5\r\n{"na`,
    );
    await new Promise((done) => setTimeout(done, 50));
    other.close();
    await other.ending;
    expect((await answerTo('GET /version', [])).status).toBe(200);
    await new Promise((done) => setTimeout(done, 50));
    expect(unforeseen).toEqual([]);
  });
});
