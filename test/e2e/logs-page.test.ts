import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { detectResources, envDetector } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { LINE_OUTCOMES } from '../../src/logs/counting/outcomes.ts';
import { inTime } from '../support/in-time.ts';
import { ROOT, readPage } from '../support/pages.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const { text: PAGE } = readPage('docs/logs.md');

function blocks(language: string): string[] {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, text]) => text ?? '');
}

/** The cells of the rows of the table whose head begins with a word. */
function table(head: string): string[][] {
  const [, rows = ''] = new RegExp(`^\\| ${head} \\|.*\\n\\| ---.*\\n((?:\\|.*\\n)+)`, 'm').exec(PAGE) ?? [];
  return rows
    .trim()
    .split('\n')
    .map((row) => row.split('|').map((cell) => cell.trim()))
    .map(([, ...cells]) => cells);
}

const inCode = (cell = '') => /`([^`]*)`/.exec(cell)?.[1] ?? '';
const [unbound = '', bound = '', curl = ''] = blocks('sh');
const routesOf = blocks('yaml').filter((block) => block.startsWith('routes:'));

describe('the page about logs', () => {
  let upstream: TestUpstream;
  let home: Home;
  let server: ServerProcess;

  beforeAll(async () => {
    upstream = await httpUpstream((_, answer) => answer.end('v1'));
    const [route = ''] = routesOf;
    home = makeHome(
      `gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\n${route.replace('http://10.0.0.1:8080', upstream.url)}`,
    );
    server = await startServerProcess(home);
  });

  afterAll(async () => {
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    await upstream.close();
    home.remove();
  });

  /** A line of a shell that the page has, with `serin` as the command of this tree. */
  async function token(line: string): Promise<string> {
    const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
    expect(words[0]).toBe('serin');
    const env = { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() };
    const { code, stdout, stderr } = await serin(words.slice(1), { cwd: home.folder, env });
    expect([code, stderr]).toEqual([0, expect.anything()]);
    return stdout.trim();
  }

  /** As a shell runs it. */
  function shell(line: string, env: NodeJS.ProcessEnv): Promise<{ readonly code: unknown; readonly said: string }> {
    const child = spawn('sh', ['-c', line], { cwd: home.folder, env: { ...process.env, ...env } });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += String(chunk);
    });
    const ended = new Promise<{ code: unknown; said: string }>((done) => {
      child.once('close', (code) => done({ code, said }));
    });
    return inTime(line, 30_000, ended, () => child.kill('SIGKILL'));
  }

  const unwatched = async () => {
    const text = await (await fetch(new URL('/metrics', server.controlUrl))).text();
    const counter = /^serin_log_lines_total\{http_route="shop",serin_track="",outcome="unwatched"\} (\d+)$/m;
    return Number(counter.exec(text)?.[1] ?? 0);
  };

  it('sends lines of JSON as it says, and names every count of the answer', { timeout: 60_000 }, async () => {
    home.write('lines.ndjson', '{"level":"error","message":"no card","version":"v1"}\n{"message":"charged"}\n');
    const env = { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: await token(unbound) };
    const { code, said } = await shell(curl, env);
    expect([code, JSON.parse(said).counts.unwatched]).toEqual([0, 2]);
    expect(table('count').map(([name]) => inCode(name))).toEqual(
      expect.arrayContaining(Object.keys(JSON.parse(said).counts)),
    );
    expect(table('count')).toHaveLength(LINE_OUTCOMES.length);
  });

  it('binds a token to a route and a version as it says', { timeout: 60_000 }, async () => {
    home.write('lines.ndjson', '{"message":"charged"}\n');
    const env = { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: await token(bound) };
    expect(await shell(curl, env)).toMatchObject({ code: 0 });
    const elsewhere = await shell(curl.replace('route=shop', 'route=other'), env);
    expect([elsewhere.code, elsewhere.said]).toEqual([22, expect.stringContaining('logs of the route shop only')]);
  });

  it("lets OpenTelemetry's SDK send with the variables that it lists, and nothing else", {
    timeout: 60_000,
  }, async () => {
    const sender = await token(unbound.replace('checkout-logs', 'sdk'));
    const before = await unwatched();
    for (const [name, value] of table('variable')) {
      const set = inCode(value).replace('http://serin:7780', server.controlUrl).replace('TOKEN', sender);
      process.env[inCode(name)] = set.replace('service.name=shop', 'service.name=shop-api');
      onTestFinished(() => {
        delete process.env[inCode(name)];
      });
    }
    const provider = new LoggerProvider({
      resource: detectResources({ detectors: [envDetector] }),
      processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })],
    });
    provider.getLogger('pay.Charge').emit({ severityNumber: 17, body: 'card 17 declined' });
    await provider.forceFlush();
    await provider.shutdown();
    await expect.poll(unwatched, { timeout: 10_000 }).toBe(before + 1);
  });

  it('declares routes that are valid, and an exporter of the collector that posts to the right place', async () => {
    expect(routesOf).toHaveLength(3);
    for (const text of routesOf) {
      const elsewhere = makeHome(text);
      onTestFinished(() => elsewhere.remove());
      expect(loadConfig(elsewhere.configFile, {}).config.routes[0]?.logs).toBeDefined();
    }
    const [exporter = ''] = blocks('yaml').filter((block) => block.startsWith('exporters:'));
    const { endpoint } = parse(exporter).exporters['otlphttp/serin'];
    // The collector puts /v1/logs behind it.
    const answer = await fetch(`${endpoint.replace('http://serin:7780', server.controlUrl)}/v1/logs`, {
      method: 'POST',
    });
    expect(answer.status).toBe(401);
  });

  it('names files and commands that there are', async () => {
    const [, script = '', file = ''] = /`LOKI_URL=\S+ npm run (\S+) -- (\S+)`/.exec(PAGE) ?? [];
    expect(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts).toHaveProperty([script]);
    expect(existsSync(join(ROOT, file))).toBe(true);
    const [, skip = ''] = /`serin (skip NAME logs)`/.exec(PAGE) ?? [];
    const words = skip.replace('NAME', 'shop').split(' ');
    const env = { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() };
    const { stderr } = await serin([...words, '--reason', 'meant'], { env });
    expect(stderr).toMatch(/no rollout|shop/);
    expect(stderr).not.toMatch(/unknown|usage/i);
  });
});
