import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, loadPolicies } from '../../src/config/load.ts';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { toy } from '../support/cast.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';

const README = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');

/** The fenced blocks of a language, in order, without the indentation of the list they stand in. */
function blocks(language: string): string[] {
  return [...README.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^\\1\`\`\``, 'gm'))].map(
    ([, indent, text]) => (text ?? '').replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

/** `serin` command lines as words: quotes are the only shell that the README uses. */
function commands(block: string): string[][] {
  return [...block.matchAll(/^npm run serin -- (.*)$/gm)].map(([, line = '']) =>
    [...line.replace(/ {2,}#.*$/, '').matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? ''),
  );
}

const [serinYaml = '', mineYaml = '', prometheusYaml = '', checkoutYaml = '', pagerYaml = ''] = blocks('yaml');
const sh = blocks('sh');
const CONSUMER_KEY = /`(consumerKey: \{[^`]*\})`/.exec(README)?.[1] ?? '';
const starting = sh.find((block) => block.includes('-- start payments')) ?? '';
const moving = sh.find((block) => block.includes('-- consumers add')) ?? '';

describe('the first five minutes of the README', () => {
  const upstreams: ToyUpstream[] = [];
  let home: Home;
  let server: ServerProcess;

  beforeAll(async () => {
    upstreams.push(await toy('v1'), await toy('v2'));
    const config = serinYaml
      .replace('127.0.0.1:8080', '127.0.0.1:0')
      .replace('http://127.0.0.1:9001', upstreams[0]?.url ?? '')
      // As the README asks for before it lists consumers.
      .replace('policy: mine\n', `policy: mine\n    ${CONSUMER_KEY}\n`);
    home = makeHome(`${config}control: { listen: 127.0.0.1:0 }\n${pagerYaml}`);
    home.write('mine.yaml', mineYaml);
    server = await startServerProcess(home, { PAGERDUTY_KEY: 'not-a-key' });
  });

  afterAll(async () => {
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    await Promise.all(upstreams.map((upstream) => upstream.close()));
    home.remove();
  });

  const run = (words: readonly string[]) =>
    serin(
      words.map((word) => word.replace('http://127.0.0.1:9002', upstreams[1]?.url ?? '')),
      { cwd: home.folder, env: { SERIN_SERVER: server.controlUrl, ACME_KEY: 'k-acme' } },
    );

  it('shows a policy that is valid', async () => {
    expect(await run(['validate', 'mine.yaml'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('valid (mine,'),
    });
  });

  it('shows checks on values of your own that are valid, and tries the queries of a policy', async () => {
    home.write('checkout.yaml', checkoutYaml);
    expect(await run(['validate', 'checkout.yaml'])).toMatchObject({ code: 0 });
    const [validate = []] = commands(sh.find((block) => block.includes('validate --online')) ?? '');
    expect(await run(validate)).toMatchObject({ code: 0, stdout: expect.stringContaining('mine') });
    const undeclared = await run(['validate', '--online', 'checkout.yaml', '--route', 'payments']);
    expect(undeclared).toMatchObject({ code: 2, stderr: expect.stringContaining('declares no source shop-stats') });
  });

  it('shows sources that are valid, for a policy that names them', () => {
    const elsewhere = makeHome(`${prometheusYaml}policies: [mine.yaml, checkout.yaml]\n`);
    elsewhere.write('mine.yaml', mineYaml);
    elsewhere.write('checkout.yaml', checkoutYaml);
    const loaded = loadConfig(resolve(elsewhere.folder, 'serin.yaml'), {});
    expect([...loadPolicies(loaded).keys()]).toContain('checkout');
    expect(Object.keys(loaded.config.sources)).toEqual(['prometheus', 'shop-stats']);
    elsewhere.remove();
  });

  it('names the schema where the checkout has it', () => {
    const [, schema = ''] = /\$schema=(\S+)/.exec(mineYaml) ?? [];
    expect(existsSync(resolve(import.meta.dirname, '../..', schema)), schema).toBe(true);
    expect(schema).toMatch(/\.json$/);
  });

  it('plans before anything is deployed', async () => {
    const [plan = []] = commands(sh.find((block) => block.includes('-- plan')) ?? '');
    expect(await run(plan)).toMatchObject({ code: 0, stdout: expect.stringMatching(/errors 2x +\S/) });
  });

  it('routes, starts a rollout, and lets forced requests reach the canary', { timeout: 60_000 }, async () => {
    const answer = await fetchOnce(`${server.gatewayUrl}/api/payments/7`);
    expect(await answer.json()).toMatchObject({ version: 'v1', path: '/7' });
    const [start = [], ...others] = commands(starting);
    expect(start.slice(0, 2)).toEqual(['start', 'payments']);
    expect(await run(start)).toMatchObject({ code: 0 });
    expect(others).toEqual([['get', 'payments', '-w']]);
    const forced = await fetchOnce(`${server.gatewayUrl}/api/payments/7`, { 'x-serin-version': 'canary' });
    expect(forced.headers.get('x-serin-version')).toBe('v2');
    expect(await run(['get', 'payments'])).toMatchObject({ code: 0, stdout: expect.stringContaining('internal') });
  });

  it('moves one consumer after the other, without a restart', async () => {
    const lines = commands(moving);
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(await run(line)).toMatchObject({ code: 0 });
    expect(await run(['consumers', 'list', 'payments'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/acme +canary/),
    });
  });

  it('names verbs that the command has', async () => {
    const { stdout } = await run(['--help']);
    const verbs = [
      'pause',
      'resume',
      'advance',
      'promote',
      'rollback',
      'abort',
      'weight',
      'extend',
      'skip',
      'retry',
      'rebase',
      'gate',
    ];
    for (const verb of verbs) {
      expect(README).toContain(verb);
      expect(stdout).toMatch(new RegExp(`^ +${verb}\\b`, 'm'));
    }
  });
});
