import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { PING_MS } from '../../../src/api/events/event-stream.ts';
import { type ControlListener, listen } from '../../../src/server/listen.ts';
import { type EventReader, readEvents } from '../../support/event-reader.ts';
import { type FakeControl, fakeControl, TOKENS } from '../../support/fake-control.ts';
import { heldBytes } from '../../support/held-bytes.ts';
import { inTime } from '../../support/in-time.ts';
import { openRaw } from '../../support/raw-client.ts';

let control: FakeControl;
let app: ReturnType<typeof controlApi>;
const readers: EventReader[] = [];
const listeners: ControlListener[] = [];

beforeEach(() => {
  control = fakeControl();
  app = controlApi(control);
});

afterEach(async () => {
  vi.useRealTimers();
  control.feed.end();
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
});

const ask = async (token: string = TOKENS.viewer, headers: Record<string, string> = {}, method = 'GET') =>
  app.request('/api/v1/events', { method, headers: { authorization: `Bearer ${token}`, ...headers } });

async function open(token: string = TOKENS.viewer, headers: Record<string, string> = {}): Promise<EventReader> {
  const reader = readEvents(await ask(token, headers));
  readers.push(reader);
  await reader.until('the greeting', ({ length }) => length > 0);
  return reader;
}

/** On a real socket. */
async function listening(): Promise<number> {
  const listener = await listen(app, { host: '127.0.0.1', port: 0 }, { name: 'control', log: () => {} });
  listeners.push(listener);
  return listener.port;
}

function publish(version: number, route = 'payments'): void {
  control.feed.publish({ kind: 'rollout', data: { id: 'r', route, version, stage: 'bake', canaryBps: 10_000 } });
}

describe('GET /api/v1/events', () => {
  it('is a stream of server-sent events that begins with the position of the feed', async () => {
    publish(1);
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-serin-feed': 'fake.1',
    });
    const reader = answer.body?.getReader();
    const text = async () => new TextDecoder().decode((await reader?.read())?.value);
    expect(await text()).toBe('id: fake.1\nevent: hello\ndata: {"feed":"fake.1","at":"2026-01-01T00:00:00.000Z"}\n\n');
    publish(2);
    publish(3, 'two\nlines');
    expect(await text()).toBe(
      'id: fake.2\nevent: rollout\ndata: {"id":"r","route":"payments","version":2,"stage":"bake","canaryBps":10000}\n\n' +
        'id: fake.3\nevent: rollout\ndata: {"id":"r","route":"two\\nlines","version":3,"stage":"bake","canaryBps":10000}\n\n',
    );
    await reader?.cancel();
    expect(control.feed.readers()).toBe(0);
  });

  it('goes on after the event that was read last, and says reset where it cannot', async () => {
    for (const version of [1, 2, 3]) publish(version);
    const back = await open(TOKENS.viewer, { 'last-event-id': 'fake.1' });
    await back.until('what was missed', ({ length }) => length >= 3);
    expect(back.events.map(({ id, kind }) => [id, kind])).toEqual([
      ['fake.1', 'hello'],
      ['fake.2', 'rollout'],
      ['fake.3', 'rollout'],
    ]);
    const lost = await open(TOKENS.viewer, { 'last-event-id': 'before.1' });
    expect(lost.events.map(({ id, kind }) => [id, kind])).toEqual([
      ['0.0', 'hello'],
      ['fake.3', 'reset'],
    ]);
    const fresh = await open(TOKENS.viewer, { 'last-event-id': '' });
    expect(fresh.events.map(({ id, kind }) => [id, kind])).toEqual([['fake.3', 'hello']]);
  });

  it('answers HEAD with the same fields, and keeps nothing open', async () => {
    for (let count = 0; count < 20; count += 1) {
      const answer = await ask(TOKENS.viewer, {}, 'HEAD');
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    }
    expect(control.feed.readers()).toBe(0);
  });

  it('has ten streams for one actor and a hundred in all, and room again when one is left', async () => {
    const own = await Promise.all(Array.from({ length: 10 }, () => open(TOKENS.viewer)));
    const full = await ask(TOKENS.viewer);
    expect([full.status, full.headers.get('retry-after'), full.headers.get('content-type')]).toEqual([
      429,
      '10',
      'application/problem+json',
    ]);
    expect(await full.json()).toMatchObject({
      code: 'busy',
      detail: 'the viewer reads 10 streams of events already; try again in 10 s',
    });
    await own[0]?.close();
    await open(TOKENS.viewer);
    expect((await ask(TOKENS.viewer)).status).toBe(429);

    const admin = { name: 'the admin', role: 'admin' } as const;
    for (let actor = 0; actor < 9; actor += 1) {
      const { token } = await control.tokens.create({ name: `ci-${actor}`, role: 'viewer' }, admin, 'many');
      await Promise.all(Array.from({ length: 10 }, () => open(token)));
    }
    expect(control.feed.readers()).toBe(100);
    expect(await (await ask(TOKENS.operator)).json()).toMatchObject({
      code: 'busy',
      detail: '100 streams of events are open already; try again in 10 s',
    });
    await own[1]?.close();
    await open(TOKENS.operator);
    expect(control.feed.readers()).toBe(100);
  });

  it('tells whose token is limited to a route of that alone, and ends with the token', async () => {
    const admin = { name: 'the admin', role: 'admin' } as const;
    const wanted = { name: 'ci', role: 'viewer', scope: { routes: ['payments'], verbs: null } } as const;
    const at = Date.now() + 400;
    control.mood.now = at - 400;
    const { token } = await control.tokens.create({ ...wanted, expires: { at } }, admin, 'new');
    const reader = await open(token);
    for (const version of [1, 2]) publish(version, 'orders');
    publish(3);
    const actor = { ...admin, via: null, subject: null };
    const decision = { seq: 1, at: '', event: 'tokenCreated', actor, reason: 'new', rolloutId: null };
    control.feed.publish({ kind: 'decision', data: { ...decision, route: '' } });
    publish(4);
    await reader.until('both events', ({ length }) => length >= 3);
    await reader.ended();
    expect(Date.now()).toBeGreaterThanOrEqual(at - 20);
    expect(reader.events.map(({ kind, id }) => [kind, id])).toEqual([
      ['hello', 'fake.0'],
      ['rollout', 'fake.3'],
      ['rollout', 'fake.5'],
    ]);
    expect(control.feed.readers()).toBe(0);
  });

  it('lets nobody in at the shutdown, and keeps no place for whom it did not let in', async () => {
    control.feed.end();
    for (let count = 0; count < 12; count += 1) {
      const answer = await ask();
      expect([answer.status, await answer.json()]).toEqual([503, expect.objectContaining({ code: 'unavailable' })]);
    }
  });
});

describe('a quiet stream', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  });

  it('says every 15 s that it lives', async () => {
    const reader = await open();
    for (const count of [1, 2, 3]) {
      await vi.advanceTimersByTimeAsync(PING_MS - 1);
      expect(reader.events).toHaveLength(count);
      await vi.advanceTimersByTimeAsync(1);
      await reader.until('a comment', ({ length }) => length > count);
    }
    expect(reader.events.map(({ kind }) => kind)).toEqual(['hello', 'comment', 'comment', 'comment']);
    expect(PING_MS).toBe(15_000);
  });

  it('ends when the token is revoked, and says nothing any more', async () => {
    const admin = { name: 'the admin', role: 'admin' } as const;
    const { id, token } = await control.tokens.create({ name: 'ada', role: 'viewer' }, admin, 'new');
    const reader = await open(token);
    await control.tokens.revoke(id, admin, 'leaked');
    await vi.advanceTimersByTimeAsync(PING_MS);
    publish(1);
    await reader.ended();
    expect(reader.events.map(({ kind }) => kind)).toEqual(['hello']);
    expect(control.feed.readers()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['its actor may only send logs now', async () => ({ name: 'eve', role: 'logs:write' }) as const],
    ['nobody can say who its actor is', () => Promise.reject(new Error('the database is away'))],
  ])('ends when %s', async (_what, authenticate) => {
    const reader = await open();
    vi.spyOn(control.tokens, 'authenticate').mockImplementation(authenticate);
    await vi.advanceTimersByTimeAsync(PING_MS);
    await reader.ended();
    expect(control.feed.readers()).toBe(0);
  });
});

describe('a stream without a token', () => {
  const from = { origin: 'http://localhost' };
  const opened = async (headers: Record<string, string>) => {
    const answer = await app.request('/api/v1/events', { headers });
    expect(answer.status).toBe(200);
    const reader = readEvents(answer);
    readers.push(reader);
    await reader.until('the greeting', ({ length }) => length > 0);
    return reader;
  };

  it('ends with its session', async () => {
    const signedIn = await app.request('http://localhost/api/v1/session', {
      method: 'POST',
      headers: { ...from, 'content-type': 'application/json' },
      body: JSON.stringify({ token: TOKENS.viewer }),
    });
    const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const reader = await opened({ cookie });
    await vi.advanceTimersByTimeAsync(PING_MS);
    await reader.until('a comment', ({ length }) => length > 1);
    control.mood.now += 12 * 3_600_000;
    await vi.advanceTimersByTimeAsync(PING_MS);
    await reader.ended();
    expect(control.feed.readers()).toBe(0);
  });

  it('goes on where everybody may read', async () => {
    app = controlApi(control, { anonymous: 'viewer' });
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const reader = await opened({});
    await vi.advanceTimersByTimeAsync(PING_MS);
    publish(1);
    await reader.until('the event', ({ length }) => length > 1);
    expect(reader.events.at(-1)?.kind).toBe('rollout');
    expect(control.feed.readers()).toBe(1);
  });
});

describe('through the real listener', () => {
  const get = (port: number) =>
    fetch(`http://127.0.0.1:${port}/api/v1/events`, { headers: { authorization: `Bearer ${TOKENS.viewer}` } });

  it('a client that leaves gives its place back', async () => {
    const port = await listening();
    const reader = readEvents(await get(port));
    await reader.until('the greeting', ({ length }) => length > 0);
    expect(control.feed.readers()).toBe(1);
    await reader.close();
    await expect.poll(() => control.feed.readers()).toBe(0);
  });

  it('a shutdown ends what is open, and takes less than a second', async () => {
    const port = await listening();
    const reader = readEvents(await get(port));
    await reader.until('the greeting', ({ length }) => length > 0);
    const begunAt = performance.now();
    control.feed.end();
    await Promise.all([reader.ended(), ...listeners.splice(0).map((listener) => listener.close())]);
    expect(performance.now() - begunAt).toBeLessThan(1_000);
  });

  it('a reader that reads nothing is cut a megabyte after its socket is full, and costs no memory until then', async () => {
    const port = await listening();
    const slow = await openRaw(port);
    slow.write(`GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKENS.viewer}\r\n\r\n`);
    await expect.poll(() => control.feed.readers()).toBe(1);
    slow.socket.pause();
    const before = heldBytes();
    let most = 0;
    let published = 0;
    const fill = async () => {
      while (control.feed.readers() > 0 && published < 64_000_000) {
        publish(published, 'x'.repeat(10_000));
        published += 10_000;
        if (published % 500_000 === 0) most = Math.max(most, heldBytes() - before);
        await new Promise(setImmediate);
      }
    };
    await inTime('the end of a slow reader', 20_000, fill());
    expect(published).toBeGreaterThan(1_000_000);
    expect(published).toBeLessThan(32_000_000);
    expect(most).toBeLessThan(1_000_000);
    slow.socket.resume();
    expect(await slow.ending).not.toBe('ours');
  });
});

describe('the position that an answer carries', () => {
  it('was taken before anything was read', async () => {
    publish(1);
    let readAt = '';
    const { list } = control.reader;
    control.reader.list = async (filter) => {
      // Committed and published while the answer is made.
      publish(2);
      readAt = control.feed.position();
      return list(filter);
    };
    const answer = await app.request('/api/v1/rollouts', { headers: { authorization: `Bearer ${TOKENS.viewer}` } });
    expect([answer.headers.get('x-serin-feed'), readAt]).toEqual(['fake.1', 'fake.2']);
  });

  it('is on everything that a page shows, and on nothing without a token', async () => {
    const reason = 'ready';
    const started = await control.rollouts.start(
      { route: 'payments', canaryUrl: 'http://127.0.0.1:9002/', reason, replace: false, force: false },
      { name: 'ada', role: 'operator' },
    );
    const { id } = started.record.rollout;
    const headers = { authorization: `Bearer ${TOKENS.viewer}` };
    for (const path of ['rollouts', `rollouts/${id}`, `rollouts/${id}/audit`, 'audit']) {
      const answer = await app.request(`/api/v1/${path}`, { headers });
      expect([path, answer.status, answer.headers.get('x-serin-feed')]).toEqual([path, 200, 'fake.0']);
    }
    expect((await app.request('/api/v1/rollouts')).headers.get('x-serin-feed')).toBeNull();
    expect((await app.request('/version')).headers.get('x-serin-feed')).toBeNull();
  });
});
