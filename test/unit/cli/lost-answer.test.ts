import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import { openShell, type Shell } from './harness.ts';

let shell: Shell;
let proxy: FaultProxy;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  shell = await openShell();
  proxy = await startFaultProxy({ host: '127.0.0.1', port: Number(new URL(shell.url).port) });
  env = { SERIN_SERVER: `http://127.0.0.1:${proxy.port}` };
});

afterEach(async () => {
  await proxy.close();
  await shell.stop();
});

const extensions = async () =>
  (await shell.control.reader.audit({ limit: 100 })).filter(({ event }) => event.kind === 'extended').length;

describe('a command whose answer is lost', () => {
  it('has been done once, and says so', async () => {
    await shell.inStep1();
    let posts = 0;
    const run = shell.run('extend payments 10m --reason why', {
      env,
      fetch: (input, init) => {
        if (init?.method === 'POST') posts += 1;
        proxy.mood =
          init?.method === 'POST' && posts === 1 ? { kind: 'cut-answer', word: 'HTTP/1.1' } : { kind: 'clear' };
        return fetch(input, init);
      },
    });
    expect(await run).toMatchObject({ code: 0, out: expect.stringContaining('step-1') });
    expect([posts, proxy.cuts, await extensions()]).toEqual([2, 1, 1]);
  });

  it('says that it may have been done where nobody answers any more', async () => {
    await shell.inStep1();
    const run = await shell.run('extend payments 10m --reason why', {
      env,
      fetch: (input, init) => {
        if (init?.method === 'POST') proxy.mood = { kind: 'cut-answer', word: 'HTTP/1.1' };
        return fetch(input, init);
      },
    });
    expect(run).toMatchObject({
      code: 1,
      err: expect.stringContaining('so that it may have been done: look before you do it again'),
    });
    expect(await extensions()).toBe(1);
  });

  it.each([502, 504])('behind a proxy that answers %i has been done once as well', async (status) => {
    await shell.inStep1();
    let posts = 0;
    const run = await shell.run('extend payments 10m --reason why', {
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        if (init?.method !== 'POST') return answer;
        posts += 1;
        return posts === 1 ? new Response('<html>', { status, headers: { 'content-type': 'text/html' } }) : answer;
      },
    });
    expect([run.code, posts, await extensions()]).toEqual([0, 2, 1]);
  });

  it('that was refused is not sent again', async () => {
    await shell.inStep1();
    const keys: (string | null)[] = [];
    const run = await shell.run('advance payments --to nowhere --reason why', {
      fetch: (input, init) => {
        if (init?.method === 'POST') keys.push(new Headers(init.headers).get('idempotency-key'));
        return fetch(input, init);
      },
    });
    expect([run.code, keys]).toEqual([1, [expect.stringMatching(/^"[0-9a-f-]{36}"$/)]]);
  });
});
