import { beforeEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { Problem } from '../../../src/problem/problem.ts';
import { type FakeControl, fakeControl, TOKENS } from '../../support/fake-control.ts';

let control: FakeControl;
let unforeseen: unknown[];
let app: ReturnType<typeof controlApi>;

beforeEach(() => {
  control = fakeControl();
  unforeseen = [];
  app = controlApi(control, { onUnforeseen: (error) => unforeseen.push(error) });
});

const START = { route: 'payments', canaryUrl: 'http://127.0.0.1:9002/', reason: 'release 2' };

function post(path: string, body: string, headers: Record<string, string> = {}) {
  return app.request(path, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKENS.admin}`, 'content-type': 'application/json', ...headers },
    body,
  });
}

const startWith = (more: object) => post('/api/v1/rollouts', JSON.stringify({ ...START, ...more }));

describe('bodies', () => {
  it.each([
    [{ raeson: 'x' }, '#/raeson'],
    [{ reason: '' }, '#/reason'],
    [{ reason: '   ' }, '#/reason'],
    [{ reason: 'x'.repeat(501) }, '#/reason'],
    [{ reason: undefined }, '#/reason'],
    [{ reason: 7 }, '#/reason'],
    [{ canaryUrl: 'file:///etc/passwd' }, '#/canaryUrl'],
    [{ canaryUrl: 'payments' }, '#/canaryUrl'],
    [{ version: 'v2\u001b[2J' }, '#/version'],
    [{ replace: 'yes' }, '#/replace'],
    [{ 'a/b~c': 1 }, '#/a~1b~0c'],
  ])('%j is refused at %s', async (more, pointer) => {
    const answer = await startWith(more);
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({
      type: 'urn:serin:problem:invalid-input',
      status: 422,
      errors: [{ pointer, detail: expect.stringMatching(/./) }],
    });
  });

  // As JSON writes them, `\ud83d` and `\u0000`: no database stores them (RFC 8259 section 8.2).
  const ID = '019ac000-0000-7000-8000-000000000001';
  it.each(
    (
      [
        ['POST', '/api/v1/rollouts', START, ['route', 'canaryUrl', 'version', 'policy', 'reason']],
        ['POST', `/api/v1/rollouts/${ID}/rollback`, { reason: 'x' }, ['reason']],
        ['POST', `/api/v1/rollouts/${ID}/advance`, { to: 'step-1', reason: 'x' }, ['to', 'reason']],
        ['POST', `/api/v1/rollouts/${ID}/skip`, { check: 'p99', reason: 'x' }, ['check', 'reason']],
        ['POST', '/api/v1/tokens', { name: 'ada', role: 'viewer', reason: 'x' }, ['name', 'reason']],
        ['PUT', '/api/v1/routes/payments/consumers/acme', { rule: 'stable', reason: 'x' }, ['key', 'reason']],
        ['POST', '/api/v1/policies/check', { text: 'x' }, ['text', 'file', 'route', 'stable', 'canary']],
      ] as const
    ).flatMap(([method, path, body, keys]) => keys.map((key) => [method, path, key, body] as const)),
  )('%s %s with half of a character or NUL in %s is refused there', async (method, path, key, body) => {
    for (const unstorable of ['\ud83d', '\0']) {
      const text = key === 'canaryUrl' ? `http://127.0.0.1/${unstorable}` : `broken ${unstorable}`;
      const answer = await app.request(path, {
        method,
        headers: { authorization: `Bearer ${TOKENS.admin}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...body, [key]: text }),
      });
      expect([answer.status, await answer.json()]).toMatchObject([422, { errors: [{ pointer: `#/${key}` }] }]);
    }
  });

  it('a whole character of two halves is text like any other', async () => {
    expect((await startWith({ reason: 'users see a \u{1f600}' })).status).toBe(201);
  });

  it('names every fault at once', async () => {
    const answer = await post('/api/v1/rollouts', '{"colour":"red"}');
    const { errors } = (await answer.json()) as { errors: { pointer: string }[] };
    expect(errors.map(({ pointer }) => pointer).toSorted()).toEqual(['#/canaryUrl', '#/colour', '#/reason', '#/route']);
  });

  it.each(['pause', 'advance', 'weight', 'extend', 'skip', 'promote', 'gates/tests'])(
    '%s needs a reason',
    async (verb) => {
      const answer = await post(`/api/v1/rollouts/019ac000-0000-7000-8000-000000000001/${verb}`, '{}');
      const { errors } = (await answer.json()) as { errors: { pointer: string }[] };
      expect(errors.map(({ pointer }) => pointer)).toContain('#/reason');
    },
  );

  it.each([
    ['weight', { weight: '0.001%' }],
    ['weight', { weight: '101%' }],
    ['weight', { weight: 25 }],
    ['extend', { by: 'soon' }],
    ['skip', { check: 'q42' }],
    ['skip', { check: 'slower:soon' }],
    ['skip', { check: 'query:' }],
    ['skip', { check: 'query:CPU' }],
  ])('%s %j is refused', async (verb, body) => {
    const path = `/api/v1/rollouts/019ac000-0000-7000-8000-000000000001/${verb}`;
    expect((await post(path, JSON.stringify({ ...body, reason: 'why' }))).status).toBe(422);
  });

  it('that are no JSON are 400, of another type 415, none at all 422', async () => {
    expect((await post('/api/v1/rollouts', '{"route":')).status).toBe(400);
    const form = await post('/api/v1/rollouts', 'route=payments', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(form.status).toBe(415);
    const none = await app.request('/api/v1/rollouts', {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKENS.admin}` },
    });
    expect(none.status).toBe(422);
  });

  it('of more than 256 KiB are 413, whether they say so or not', async () => {
    const big = JSON.stringify({ ...START, reason: 'x'.repeat(257 * 1024) });
    expect((await post('/api/v1/rollouts', big, { 'content-length': String(big.length) })).status).toBe(413);
    const chunked = await post('/api/v1/rollouts', big, { 'transfer-encoding': 'chunked' });
    expect(chunked.status).toBe(413);
    expect(chunked.headers.get('content-type')).toBe('application/problem+json');
  });

  it('cannot reach a prototype', async () => {
    const answer = await post('/api/v1/rollouts', '{"__proto__":{"replace":true},"constructor":1}');
    expect(answer.status).toBe(422);
  });
});

describe('errors', () => {
  it.each([
    ['conflict', 409],
    ['refused', 409],
    ['stale', 412],
    ['not-found', 404],
    ['invalid-input', 422],
    ['forbidden', 403],
    ['unavailable', 503],
    ['internal', 500],
  ] as const)('%s becomes %i', async (code, status) => {
    control.mood.failing = new Problem(code, 'one clear sentence');
    const answer = await startWith({});
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code, status, detail: 'one clear sentence' });
  });

  it('that nobody foresaw say nothing of themselves and are reported', async () => {
    const error = new Error('password=hunter2');
    control.mood.failing = error;
    const answer = await startWith({});
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('hunter2');
    expect(unforeseen).toEqual([error]);
  });

  it('turn the path of a file issue into a pointer', async () => {
    control.mood.failing = new Problem('invalid-input', 'no', {
      issues: [{ path: 'spec.steps[1].weight', message: 'm' }],
    });
    expect(await (await startWith({})).json()).toMatchObject({ errors: [{ pointer: '#/spec/steps/1/weight' }] });
  });
});

describe('another origin', () => {
  it.each(['https://evil.example', 'null', 'http://localhost.evil.example', 'http://localhost:8080'])(
    '%s is refused, with a valid token too',
    async (origin) => {
      for (const path of ['/api/v1/rollouts', '/metrics']) {
        const headers = { authorization: `Bearer ${TOKENS.admin}`, origin };
        expect((await app.request(`http://localhost${path}`, { headers })).status).toBe(403);
      }
    },
  );

  it('is not the same one', async () => {
    const headers = { authorization: `Bearer ${TOKENS.admin}`, origin: 'http://localhost' };
    expect((await app.request('http://localhost/api/v1/rollouts', { headers })).status).toBe(200);
  });
});

describe('operation', () => {
  it('is not ready when the control plane is not, and says why', async () => {
    expect((await app.request('/readyz')).status).toBe(200);
    control.mood.ready = false;
    control.mood.problems.push('the database does not answer');
    const answer = await app.request('/readyz');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({
      ready: false,
      degraded: false,
      problems: ['the database does not answer'],
    });
    expect((await app.request('/livez')).status).toBe(200);
  });

  it('tells the readiness of the gateway and of the control plane apart', async () => {
    control.mood.ready = false;
    expect((await app.request('/readyz?of=control')).status).toBe(503);
    expect((await app.request('/readyz?of=gateway')).status).toBe(200);
    const wrong = await app.request('/readyz?of=database');
    expect([wrong.status, await wrong.text()]).toEqual([422, expect.stringContaining('of')]);
  });

  it('is degraded while it is ready and has problems', async () => {
    control.mood.problems.push('shop has not been looked at for 4 min');
    const body = await (await app.request('/readyz')).json();
    expect(body).toEqual({ ready: true, degraded: true, problems: ['shop has not been looked at for 4 min'] });
  });

  it('gives metrics in the text format and the build', async () => {
    const metrics = await app.request('/metrics');
    expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await metrics.text()).toContain('serin_up 1');
    expect(await (await app.request('/version')).json()).toEqual({ name: 'serin', version: '0.1.0', node: 'v24.0.0' });
  });

  it('lets nobody keep or sniff an answer', async () => {
    const answer = await app.request('/api/v1/rollouts');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });
});
