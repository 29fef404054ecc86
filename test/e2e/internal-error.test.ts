import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { toy } from '../support/cast.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';

/** Loaded into the process: throws where nothing contains it, by a signal for each of the two ways. */
const STRAY = `
process.on('SIGUSR2', () => { throw new Error('a stray throw'); });
process.on('SIGWINCH', () => { Promise.reject(new TypeError('a stray rejection')); });
`;

const line = z.object({
  level: z.string(),
  msg: z.string(),
  where: z.string().optional(),
  requestId: z.string().optional(),
  error: z.object({ message: z.string(), stack: z.string() }).optional(),
});

describe('a bug of ours in a running Serin', () => {
  let stable: ToyUpstream;
  let home: Home;
  let server: ServerProcess;

  beforeAll(async () => {
    stable = await toy('v1', { errorRate: 0, p50Ms: 0, p99Ms: 0 });
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
routes:
  - { name: shop, path: /shop, stable: { url: "${stable.url}", version: v1 }, policy: standard }
channels: { console: false }
`);
    server = await startServerProcess(home, { NODE_OPTIONS: `--import ${home.write('stray.mjs', STRAY)}` });
  });
  afterAll(async () => {
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    await stable.close();
    home.remove();
  });

  const errors = () =>
    server
      .output()
      .split('\n')
      .filter((text) => text.startsWith('{'))
      .map((text) => line.parse(JSON.parse(text)))
      .filter(({ msg }) => msg === 'internalError');

  it('is logged with its stack, counted, and ends nothing, where nothing contained it', async () => {
    for (const signal of ['SIGUSR2', 'SIGWINCH'] as const) {
      server.child.kill(signal);
      await sleep(50);
    }
    await expect.poll(() => errors().length, { timeout: 10_000 }).toBe(2);
    const [thrown, rejected] = errors();
    expect(thrown).toMatchObject({ level: 'error', where: 'process', error: { message: 'a stray throw' } });
    expect(rejected).toMatchObject({ level: 'error', where: 'process', error: { message: 'a stray rejection' } });
    expect(thrown?.error?.stack).toContain('stray.mjs');
    expect((await fetchOnce(`${server.gatewayUrl}/shop`)).status).toBe(200);
    const metrics = await (await fetch(`${server.controlUrl}/metrics`)).text();
    expect(metrics).toContain('serin_internal_errors_total{where="process"} 2');
    expect(metrics).toContain('serin_internal_errors_total{where="answer"} 0');
  });

  it('does not keep a start that fails from ending with its exit code', async () => {
    const broken = makeHome('routes: []\nnonsense: 1\n');
    const { code } = await serin(['serve', '--config', broken.configFile]);
    expect(code).toBe(2);
    broken.remove();
  });
});
