import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { callerOf } from '../support/cast.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';
import { type LokiLine, type ToyLoki, toyLoki } from '../support/toy-loki.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: logged }
spec:
  internal: { requests: 0 }
  steps: [{ weight: 50%, dwell: 1h }]
  checks: { logs: { silentAfter: 10s } }
  judge: { block: 1s, warmUp: 0s, minStep: 3s }
`;

/** The lines of a run are told from those of an earlier one, in a Loki that keeps them. */
const APP = `shop-${Date.now()}`;

interface LokiOfTest {
  readonly url: string;
  push(lines: readonly LokiLine[]): Promise<void>;
}

const REAL = process.env['LOKI_URL'];

/** https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs */
function realLoki(url: string): LokiOfTest {
  return {
    url,
    async push(lines) {
      const streams = lines.map(({ at, labels, text }) => ({ stream: labels, values: [[at.toString(), text]] }));
      const answer = await fetch(`${url}/loki/api/v1/push`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-scope-orgid': 'team-a' },
        body: JSON.stringify({ streams }),
      });
      if (!answer.ok) throw new Error(`Loki answered ${answer.status}: ${await answer.text()}`);
    },
  };
}

const OF_TESTS: readonly (readonly [name: string, real: string | null])[] = [
  ['as it is documented', null],
  ...(REAL === undefined ? [] : [['that is at LOKI_URL', REAL] as const]),
];

describe.each(OF_TESTS)('logs that are fetched from a Loki %s', (_, real) => {
  const opened: TestUpstream[] = [];
  let toy: ToyLoki;
  let loki: LokiOfTest;
  let home: Home;
  let server: ServerProcess;
  let id: string;
  let at = 0n;

  beforeAll(async () => {
    toy = await toyLoki({ tenant: 'team-a' });
    loki = real === null ? { url: toy.url, push: async (lines) => toy.push(...lines) } : realLoki(real);
    for (const name of ['v1', 'v2']) opened.push(await httpUpstream((__, answer) => answer.end(name)));
    home = makeHome(
      `gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\ncontroller: { tick: 1s }\npolicies: [logged.yaml]\n` +
        `routes:\n  - name: shop\n    stable: { url: "${opened[0]?.url}", version: v1 }\n    policy: logged\n` +
        `    logs:\n      loki:\n        url: ${loki.url}\n        query: '{app="${APP}"}'\n        tenant: team-a\n` +
        `        interval: 1s\n        settle: 1s\n        timeout: 2s\n        limit: 20\n        auth: { bearer: '\${LOKI_TOKEN}' }\n`,
    );
    home.write('logged.yaml', POLICY);
    server = await startServerProcess(home, { LOKI_TOKEN: 's3cret' });
  });

  afterAll(async () => {
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    for (const upstream of opened) await upstream.close();
    await toy.close();
    home.remove();
  });

  const caller = () => callerOf(() => ({ url: server.controlUrl, token: home.token() }));
  const metrics = async () => (await fetch(new URL('/metrics', server.controlUrl))).text();
  const counted = async (track: 'stable' | 'canary') => {
    const labels = `http_route="shop",serin_track="${track}",outcome="counted"`;
    return Number(new RegExp(`^serin_log_lines_total\\{${labels}\\} (\\d+)$`, 'm').exec(await metrics())?.[1] ?? 0);
  };
  const doctor = async () => {
    const env = { LOKI_TOKEN: 's3cret' };
    const { stdout } = await serin(['doctor', '--config', home.configFile], { cwd: home.folder, env });
    return stdout.split('\n').filter((line) => / logs {2,}/.test(line));
  };
  const linesOf = (version: string, count: number): LokiLine[] =>
    Array.from({ length: count }, (__, one) => {
      // Several of one instant among them.
      if (at === 0n || one % 3 !== 0) at = BigInt(Date.now()) * 1_000_000n + BigInt(one);
      const text = `{"level":"info","msg":"served","request":${one}}`;
      return { at, labels: { app: APP, version, n: String(one % 5) }, text };
    });

  it('come once each, are missed before, and are blind while it fails', { timeout: 240_000 }, async () => {
    await areMissed();
    await comeOnce();
    if (real === null) await areBlind();
    expect(server.output()).not.toContain('s3cret');
  });

  async function areMissed(): Promise<void> {
    const said = await doctor();
    expect(said[0]).toMatch(/^warning +logs +\S+:\d+:\d+ shop: Loki answers, and has no line of the last 5 min/);
    expect(said[1]).toMatch(
      /^warning +logs +\S+:\d+:\d+ shop: no log line of this route has come since this Serin was/,
    );
    const start = { route: 'shop', canaryUrl: opened[1]?.url, version: 'v2', reason: 'ready' };
    ({ id } = await caller().post<RolloutView>('/api/v1/rollouts', start));
    // The message of the start, as the console has it.
    const isTold = () =>
      expect(server.output()).toMatch(
        /no log line of this route has come in the \d+ (s|min) since this Serin was started/,
      );
    await vi.waitFor(isTold, { timeout: 30_000 });
  }

  async function comeOnce(): Promise<void> {
    const isSplit = async () => expect((await caller().rollout(id))?.canaryWeight).toBe('50%');
    await vi.waitFor(isSplit, { timeout: 60_000 });
    await vi.waitFor(
      async () => expect(await metrics()).toMatch(/^serin_log_fetch_up\{http_route="shop"\} 1$/m),
      30_000,
    );
    for (let round = 0; round < 3; round++) await loki.push([...linesOf('v1', 60), ...linesOf('v2', 45)]);
    await expect.poll(() => counted('stable'), { timeout: 30_000 }).toBe(180);
    await expect.poll(() => counted('canary'), { timeout: 30_000 }).toBe(135);
    const said = await doctor();
    expect(said[0]).toMatch(/^ok +logs +shop: Loki answers, with \d+ lines.* of the last 5 min, of v1, v2$/);
    expect(said[1]).toMatch(/^ok +logs +shop: log lines come$/);
    expect([await counted('stable'), await counted('canary')]).toEqual([180, 135]);
    if (real === null) {
      expect(toy.asked.at(-1)?.head).toMatchObject({ 'x-scope-orgid': 'team-a', authorization: 'Bearer s3cret' });
    }
  }

  async function areBlind(): Promise<void> {
    toy.instead = (__, response) => void response.writeHead(503).end('the ring is empty\n');
    const traffic = setInterval(() => void fetchOnce(server.gatewayUrl).then((answer) => answer.text()), 50);
    try {
      const isBlind = async () => {
        const { verdict } = (await caller().rollout(id)) ?? {};
        expect(verdict).toMatchObject({
          name: 'blind',
          reason: expect.stringMatching(
            /^Loki answered 503: the ring is empty: nothing is known of the logs of either version for \d+ s, while they/,
          ),
        });
      };
      await vi.waitFor(isBlind, { timeout: 90_000, interval: 500 });
      expect(await metrics()).toMatch(/^serin_log_fetch_up\{http_route="shop"\} 0$/m);
      expect(server.output()).toMatch(/"reason":"Loki answered 503: the ring is empty","msg":"logFetchFailed"/);
      expect((await doctor())[0]).toMatch(/^warning +logs +\S+:\d+:\d+ shop: Loki answered 503: the ring is empty/);
      toy.instead = null;
      const before = await counted('stable');
      const isBack = async () => {
        toy.push(...linesOf('v1', 5));
        expect(await counted('stable')).toBeGreaterThan(before);
      };
      await vi.waitFor(isBack, { timeout: 90_000, interval: 1_000 });
      expect(server.output()).toMatch(/"seconds":\d+,"msg":"logFetchSkipped"/);
    } finally {
      clearInterval(traffic);
    }
  }
});
