import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { fakeControl, TOKENS } from '../../support/fake-control.ts';

const LINE = '{"level":"error","message":"boom","version":"v2"}\n';

function api() {
  const control = fakeControl();
  const app = controlApi(control, { now: () => 0 });
  const post = (
    body: string | Buffer<ArrayBuffer>,
    headers: Record<string, string> = {},
    path = '/api/v1/logs?route=shop',
  ) => {
    const given = {
      authorization: `Bearer ${TOKENS['logs:write']}`,
      'content-type': 'application/x-ndjson',
      ...headers,
    };
    return app.request(path, { method: 'POST', headers: given, body });
  };
  return { control, post };
}

describe('posted logs', () => {
  it('are answered with what became of their lines', async () => {
    const { post } = api();
    const answer = await post(LINE);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ route: 'shop', counts: { counted: 1, malformed: 0 } });
    expect((await post(gzipSync(LINE) as Buffer<ArrayBuffer>, { 'content-encoding': 'gzip' })).status).toBe(200);
  });

  it.each([
    ['another form', { 'content-type': 'application/json' }, undefined, 415],
    ['another coding', { 'content-encoding': 'br' }, undefined, 415],
    ['no route', {}, '/api/v1/logs', 422],
    ['a route that is not there', {}, '/api/v1/logs?route=nowhere', 404],
  ])('are refused in %s', async (_, headers, path, status) => {
    expect((await api().post(LINE, headers, path)).status).toBe(status);
  });

  it('are refused with what to send instead', async () => {
    const { post } = api();
    const wrongType = await post(LINE, { 'content-type': 'application/json' });
    expect(await wrongType.json()).toMatchObject({
      title: 'The body is of a type that is not read here',
      detail: 'send application/x-ndjson, as it is or with gzip',
    });
    expect(await (await post(LINE, {}, '/api/v1/logs')).json()).toMatchObject({
      errors: [{ parameter: 'route', detail: 'must name the route: this token is bound to none' }],
    });
  });

  it('may be larger than other bodies, and no larger than 4 MiB', async () => {
    const { post } = api();
    expect((await post(Buffer.alloc(4 * 1024 * 1024))).status).toBe(200);
    expect((await post(Buffer.alloc(4 * 1024 * 1024 + 1))).status).toBe(413);
  });

  it('are sent once more where they come too fast, and not where they cannot be read', async () => {
    const { control, post } = api();
    control.mood.logs = { kind: 'busy', retryAfterMs: 3_400 };
    const busy = await post(LINE);
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '4']);
    control.mood.logs = { kind: 'unreadable', reason: 'it is no gzip' };
    const unreadable = await post(LINE);
    expect(unreadable.status).toBe(400);
    expect(await unreadable.json()).toMatchObject({ detail: 'the body cannot be read: it is no gzip' });
  });
});
