import { beforeEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { type FakeControl, fakeControl, TOKENS } from '../../support/fake-control.ts';
import { type Json, openApiDocument } from '../../support/openapi.ts';

let control: FakeControl;
let app: ReturnType<typeof controlApi>;

beforeEach(() => {
  control = fakeControl();
  app = controlApi(control);
});

function send(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: object) {
  return app.request(`/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKENS.admin}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function token(name = 'ci'): Promise<string> {
  const made = await send('POST', '/tokens', {}, { name, role: 'operator', reason: 'why' });
  return ((await made.json()) as { id: string }).id;
}

const tagOf = (answer: Response) => answer.headers.get('etag') ?? '';

/** Their tag is of what is stored, and says nothing of the figures and uses beside it. */
const PARTLY = ['GET /api/v1/rollouts/{id}', 'GET /api/v1/routes/{route}/consumers', 'GET /api/v1/tokens/{id}'];

describe('an ETag', () => {
  it('is on what every GET below /api/v1 answers in JSON, and described', async () => {
    const started = await send(
      'POST',
      '/rollouts',
      {},
      { route: 'payments', canaryUrl: 'http://127.0.0.1:9002/', reason: 'why' },
    );
    const { id } = (await started.json()) as { id: string };
    const document = openApiDocument((await (await app.request('/openapi.json')).json()) as Json);
    const reads = document.operations.filter((one) => one.startsWith('GET /api/v1/') && !one.endsWith('/events'));
    expect(reads.length).toBeGreaterThan(12);
    for (const read of reads) {
      const path = read
        .replace('GET /api/v1', '')
        .replace('{id}', idFor(read, id, await token()))
        .replace('{route}', 'payments');
      const answer = await send('GET', path);
      expect([read, answer.status, tagOf(answer)]).toEqual([read, 200, expect.stringMatching(/^"[\da-f]+"$/)]);
      const { responses } = document.operation('GET', read.slice(4));
      expect([read, Object.keys(responses).includes('304')]).toEqual([read, !PARTLY.includes(read)]);
      const known = await send('GET', path, { 'if-none-match': tagOf(answer) });
      // Of what says how it is going there may be another answer by now.
      if (tagOf(known) === tagOf(answer))
        expect([read, known.status]).toEqual([read, PARTLY.includes(read) ? 200 : 304]);
    }
  });

  function idFor(read: string, rollout: string, made: string): string {
    return read.includes('/tokens/') ? made : rollout;
  }

  it('spares whoever has the same an answer, and nobody else', async () => {
    await token();
    const first = await send('GET', '/tokens');
    for (const known of [tagOf(first), `W/${tagOf(first)}`, `"x", ${tagOf(first)}`, '*']) {
      const again = await send('GET', '/tokens', { 'if-none-match': known });
      expect([known, again.status, await again.text(), tagOf(again)]).toEqual([known, 304, '', tagOf(first)]);
      expect(again.headers.get('content-type')).toBeNull();
      expect(again.headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect((await send('GET', '/tokens', { 'if-none-match': '"x"' })).status).toBe(200);
    await token('another');
    expect((await send('GET', '/tokens', { 'if-none-match': tagOf(first) })).status).toBe(200);
  });

  it('of a rollout is of its version, and no reason to answer without its figures', async () => {
    const started = await send(
      'POST',
      '/rollouts',
      {},
      { route: 'payments', canaryUrl: 'http://127.0.0.1:9002/', reason: 'why' },
    );
    const { id } = (await started.json()) as { id: string };
    expect((await send('GET', `/rollouts/${id}`, { 'if-none-match': tagOf(started) })).status).toBe(200);
  });
});

describe('If-Match', () => {
  it('revokes a token that is as it was read, and no other', async () => {
    const id = await token();
    const read = await send('GET', `/tokens/${id}`);
    const path = `/tokens/${id}?reason=why`;
    const stale = await send('DELETE', path, { 'if-match': '"0123456789abcdef0123456789abcdef"' });
    expect([stale.status, await stale.json()]).toEqual([
      412,
      expect.objectContaining({ code: 'stale', detail: expect.stringContaining('"revokedAt":null') }),
    ]);
    expect((await send('DELETE', path, { 'if-match': `W/${tagOf(read)}` })).status).toBe(412);
    expect((await send('DELETE', path, { 'if-match': `"x", ${tagOf(read)}` })).status).toBe(204);
    expect((await send('DELETE', path, { 'if-match': tagOf(read) })).status).toBe(412);
    expect((await send('DELETE', path, { 'if-match': '*' })).status).toBe(409);
    expect(
      (await send('DELETE', '/tokens/019ac000-0000-7000-8000-00000000ffff?reason=why', { 'if-match': '*' })).status,
    ).toBe(404);
  });
});

describe('pages', () => {
  it('of tokens follow each other by Link, and without a limit there is one', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) await token(name);
    const found: string[] = [];
    for (let path: string | null = '/tokens?limit=2'; path !== null; ) {
      const answer: Response = await send('GET', path);
      found.push(...((await answer.json()) as { name: string }[]).map(({ name }) => name));
      path = /^<\/api\/v1([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1] ?? null;
    }
    expect(found).toEqual(names);
    expect((await send('GET', '/tokens')).headers.get('link')).toBeNull();
    for (const query of ['limit=0', 'limit=1001', 'cursor=0', 'cursor=-1', 'cursor=x', 'page=2']) {
      expect([query, (await send('GET', `/tokens?${query}`)).status]).toEqual([query, 422]);
    }
    expect(await (await send('GET', '/tokens?cursor=99')).json()).toEqual([]);
  });
});
