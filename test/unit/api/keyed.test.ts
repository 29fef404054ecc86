import { beforeEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { Problem } from '../../../src/problem/problem.ts';
import type { KeyClaim } from '../../../src/rollout/acts/keyed-request.ts';
import { type FakeControl, fakeControl, TOKENS } from '../../support/fake-control.ts';

let control: FakeControl;
let app: ReturnType<typeof controlApi>;

beforeEach(() => {
  control = fakeControl();
  app = controlApi(control);
});

const START = { route: 'payments', canaryUrl: 'http://127.0.0.1:9002/', reason: 'why' };

function post(path: string, body: unknown, key: string, token: string = TOKENS.admin, to = app) {
  return to.request(`/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  });
}

async function started(): Promise<string> {
  const answer = await post('/rollouts', START, 'started');
  return ((await answer.json()) as { id: string }).id;
}

const entries = async () => (await control.reader.audit({ limit: 100 })).map(({ event }) => event.kind);

/** The same control plane, whose requests with a key find this. */
const finding = (found: () => Promise<KeyClaim>) =>
  controlApi({ ...control, keyed: { ...control.keyed, claim: found } });
const away = () => Promise.reject(new Problem('unavailable', 'The database did not answer within 2 s.'));

describe('an Idempotency-Key', () => {
  it('does a POST once, and gives its answer again', async () => {
    const first = await post('/rollouts', START, '"8e03978e 40d5"');
    const again = await post('/rollouts', START, '"8e03978e 40d5"');
    expect([again.status, await again.text()]).toEqual([201, await first.text()]);
    for (const name of ['location', 'etag', 'content-type']) {
      expect([name, again.headers.get(name)]).toEqual([name, first.headers.get(name)]);
    }
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await entries()).toEqual(['rolloutStarted']);
  });

  it('is of one credential: somebody else learns nothing by it', async () => {
    const id = await started();
    const [one, other] = [TOKENS.admin, TOKENS.operator];
    expect((await post(`/rollouts/${id}/extend`, { by: '10m', reason: 'why' }, 'k', one)).status).toBe(200);
    expect((await post(`/rollouts/${id}/pause`, { reason: 'why' }, 'k', other)).status).toBe(200);
    expect((await post(`/rollouts/${id}/pause`, { reason: 'why' }, 'k', TOKENS.viewer)).status).toBe(403);
  });

  it('is for one request: another body, path or query is refused', async () => {
    const id = await started();
    await post(`/rollouts/${id}/extend`, { by: '10m', reason: 'why' }, 'k');
    for (const [path, body] of [
      [`/rollouts/${id}/extend`, { by: '20m', reason: 'why' }],
      [`/rollouts/${id}/pause`, { by: '10m', reason: 'why' }],
      [`/rollouts/${id}/extend?x=1`, { by: '10m', reason: 'why' }],
    ] as const) {
      const answer = await post(path, body, 'k');
      expect([answer.status, await answer.json()]).toEqual([422, expect.objectContaining({ code: 'key-reused' })]);
    }
    expect(await entries()).toEqual(['extended', 'rolloutStarted']);
  });

  it('is free again where nothing was done', async () => {
    const id = await started();
    expect((await post(`/rollouts/${id}/resume`, { reason: 'why' }, 'k')).status).toBe(409);
    await post(`/rollouts/${id}/pause`, { reason: 'why' }, 'p');
    expect((await post(`/rollouts/${id}/resume`, { reason: 'why' }, 'k')).status).toBe(200);
  });

  it('stores no token, and says that there is one', async () => {
    const body = { name: 'ci', role: 'operator', reason: 'why' };
    expect((await post('/tokens', body, 'k')).status).toBe(201);
    const again = await post('/tokens', body, 'k');
    expect([again.status, await again.json()]).toEqual([
      409,
      expect.objectContaining({ code: 'answer-lost', detail: expect.stringContaining('as entry 7 of the audit log') }),
    ]);
    expect(await control.tokens.list()).toHaveLength(1);
  });

  it('of a request under way is answered 409, and when to ask again', async () => {
    const id = await started();
    const busy = finding(async () => ({ kind: 'under-way', retryInMs: 41_000 }));
    const answer = await post(`/rollouts/${id}/pause`, { reason: 'why' }, 'k', TOKENS.admin, busy);
    expect([answer.status, answer.headers.get('retry-after'), await answer.json()]).toEqual([
      409,
      '1',
      expect.objectContaining({ code: 'under-way', detail: expect.stringContaining('in 41 s at the latest') }),
    ]);
  });

  it.each(['rollback', 'abort'])('is never in the way of %s', async (verb) => {
    for (const found of [away, async () => ({ kind: 'under-way', retryInMs: 41_000 }) as const]) {
      const id = await started();
      const path = `/rollouts/${id}/${verb}`;
      control.happen(id, { kind: 'preflightPassed' });
      expect((await post(path, { reason: 'why' }, 'k', TOKENS.admin, finding(found))).status).toBe(200);
      control = fakeControl();
      app = controlApi(control);
    }
  });

  it('that cannot be looked up refuses everything else, and says what works', async () => {
    const id = await started();
    const answer = await post(`/rollouts/${id}/pause`, { reason: 'why' }, 'k', TOKENS.admin, finding(away));
    expect([answer.status, await answer.json()]).toEqual([
      503,
      expect.objectContaining({ detail: expect.stringContaining('rollback and abort work without the database') }),
    ]);
    expect(await entries()).toEqual(['rolloutStarted']);
  });

  it('keeps no answer that is larger than 64 KiB, and does its request once all the same', async () => {
    const id = await started();
    const kept: unknown[] = [];
    const large = controlApi({
      ...control,
      standing: (record) => ({
        ...control.standing(record),
        unrecorded: { event: 'x', role: 'admin', by: 'y'.repeat(70_000), reason: '', at: null },
      }),
      keyed: { ...control.keyed, keep: async (_, answer) => void kept.push(answer) },
    });
    await post(`/rollouts/${id}/pause`, { reason: 'why' }, 'k', TOKENS.admin, large);
    expect(kept).toEqual([null]);
  });

  it.each([
    '',
    '""',
    'two words',
    '"un"balanced"',
    'a, b',
    'ü',
    '"ü"',
    'x'.repeat(256),
    `"${'x'.repeat(256)}"`,
    '"\\u0000"',
  ])('%j is none', async (key) => {
    const headers = new Headers({ authorization: `Bearer ${TOKENS.admin}`, 'content-type': 'application/json' });
    headers.set('idempotency-key', key);
    const answer = await app.request('/api/v1/rollouts', { method: 'POST', headers, body: JSON.stringify(START) });
    expect([answer.status, await entries()]).toEqual([400, []]);
  });

  it('is passed over where nothing is changed, and by every other method', async () => {
    const id = await started();
    const refusing = finding(() => Promise.reject(new Error('asked for')));
    const preview = await post(`/rollouts/${id}/preview`, { verb: 'pause' }, 'a b', TOKENS.viewer, refusing);
    expect(preview.status).toBe(200);
    const headers = { authorization: `Bearer ${TOKENS.viewer}`, 'idempotency-key': 'a b' };
    expect((await refusing.request('/api/v1/rollouts', { headers })).status).toBe(200);
  });
});
