import { afterEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { failedLogins } from '../../../src/api/failed-logins.ts';
import { type ControlListener, listen } from '../../../src/server/listen.ts';
import { fakeControl, TOKENS } from '../../support/fake-control.ts';

const listeners: ControlListener[] = [];

afterEach(() => Promise.all(listeners.splice(0).map((listener) => listener.close())));

/** The API on a real socket, where a request has an address. */
async function listening(clock = { now: 0 }) {
  const app = controlApi(fakeControl(), { now: () => clock.now });
  const listener = await listen(app, { host: '127.0.0.1', port: 0 }, { name: 'control', log: () => {} });
  listeners.push(listener);
  return (authorization: string | null, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${listener.port}/api/v1/rollouts`, {
      headers: authorization === null ? headers : { ...headers, authorization },
    });
}

describe('bearer tokens', () => {
  it.each([null, '', 'Bearer', 'Bearer ', 'Basic dTpw', 'serin_admin', 'Bearer a b', `Bearer ${'x'.repeat(8_193)}`])(
    '%j is no token',
    async (authorization) => {
      const answer = await (await listening())(authorization);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    },
  );

  it('tells an unknown token apart from none', async () => {
    const answer = await (await listening())('Bearer unknown');
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  it('takes the scheme in any case', async () => {
    expect((await (await listening())(`bearer ${TOKENS.viewer}`)).status).toBe(200);
  });

  it('takes a request from its own origin over a socket', async () => {
    const ask = await listening();
    expect((await ask(`Bearer ${TOKENS.viewer}`, { origin: 'http://evil.example' })).status).toBe(403);
  });
});

describe('failed authentications', () => {
  it('are answered 429 with Retry-After from the 21st in a minute, and 401 again after it', async () => {
    const clock = { now: 1_000 };
    const ask = await listening(clock);
    for (let count = 0; count < 20; count += 1) expect((await ask('Bearer wrong')).status).toBe(401);
    clock.now = 31_000;
    const limited = await ask('Bearer wrong');
    expect(limited.status).toBe(429);
    expect(limited.headers.get('retry-after')).toBe('30');
    expect(await limited.json()).toMatchObject({ code: 'too-many-failures' });
    clock.now = 61_000;
    expect((await ask('Bearer wrong')).status).toBe(401);
  });

  it('shut out a token that was never seen, and not one that was accepted before', async () => {
    const ask = await listening();
    expect((await ask(`Bearer ${TOKENS.operator}`)).status).toBe(200);
    for (let count = 0; count < 20; count += 1) await ask('Bearer wrong');
    expect((await ask(`Bearer ${TOKENS.operator}`)).status).toBe(200);
    expect((await ask(`Bearer ${TOKENS.viewer}`)).status).toBe(429);
  });

  it('are not counted for a request without a token', async () => {
    const ask = await listening();
    for (let count = 0; count < 25; count += 1) expect((await ask(null)).status).toBe(401);
  });

  it('are counted per address, and the table of addresses stays small', () => {
    let now = 0;
    const failures = failedLogins(() => now);
    for (let count = 0; count < 20; count += 1) failures.count('a');
    expect(failures.blockedMs('a')).toBe(60_000);
    expect(failures.blockedMs('b')).toBeNull();
    for (let count = 0; count < 10_000; count += 1) failures.count(`other-${count}`);
    expect(failures.blockedMs('a')).toBeNull();
    now = 60_000;
    expect(failures.blockedMs('other-1')).toBeNull();
  });
});
