import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CollectRequest } from '../../src/metrics/source.ts';
import { requestOf, type SourceParts, sourceAt } from '../support/metrics-request.ts';
import { at, collectFrom, healthy } from '../support/scraped-series.ts';
import { type ScriptedPrometheus, scriptedPrometheus } from '../support/scripted-prometheus.ts';
import { closedPort } from '../support/upstream.ts';

let server: ScriptedPrometheus;

beforeEach(async () => {
  server = await scriptedPrometheus(healthy());
});
afterEach(() => server.close());

function collect(parts: Partial<CollectRequest> = {}, source: SourceParts = {}) {
  return collectFrom(server.url, parts, source);
}

describe('a clock that was set back', () => {
  it.each([
    ['behind what is counted already', { after: String(at(82) + 300_000) }],
    ['behind the beginning of the split', { split: { epoch: 3, canaryBps: 1_000, since: at(82) + 300_000 } }],
  ])('%s is said: the evidence does not stand still in silence', async (_, parts) => {
    expect(await collect(parts)).toEqual({
      kind: 'unusable',
      reason: 'the clock was set back: measurements up to 5 min from now are counted already',
    });
  });
});

describe('docs/failures.md: metrics source down', () => {
  it('refused', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    expect(await collectFrom(url)).toEqual({
      kind: 'unusable',
      reason: 'prometheus did not answer: ECONNREFUSED',
    });
  });

  it('a time-out', async () => {
    server.instead = () => {};
    expect(await collect({}, { timeoutMs: 200 })).toEqual({
      kind: 'unusable',
      reason: 'prometheus did not answer within 200 ms',
    });
  });

  it('a time-out is not waited for again by the next who ask', async () => {
    server.instead = () => {};
    const source = sourceAt(server.url, { timeoutMs: 500, intervalMs: 15_000, now: () => at(82) });
    const ask = (signal: AbortSignal) =>
      source.collect(requestOf({ split: { epoch: 3, canaryBps: 1_000, since: at(10) } }), signal);
    await ask(AbortSignal.timeout(10_000));
    const asked = server.heads.length;
    expect(await ask(AbortSignal.timeout(10_000))).toMatchObject({
      reason: 'prometheus did not answer within 500 ms',
    });
    expect(server.heads.length).toBe(asked);
    server.instead = null;
    await expect.poll(async () => (await ask(AbortSignal.timeout(10_000))).kind, { timeout: 5_000 }).toBe('blocks');
  });

  it('a body that never ends in time', async () => {
    server.instead = (_, response) => void response.writeHead(200).write('{"status":');
    expect(await collect({}, { timeoutMs: 200 })).toMatchObject({ reason: 'prometheus did not answer within 200 ms' });
  });

  it.each([
    ['500', 500, '{"status":"error","error":"the query timed out"}', /answered 500: the query timed out/],
    ['503 of a proxy', 503, '<html>', /answered 503$/],
    ['401', 401, '', /answered 401$/],
    ['a query that does not parse', 400, '{"status":"error","error":"parse error"}', /answered 400: parse error/],
  ])('%s', async (_, code, body, reason) => {
    server.instead = (__, response) => void response.writeHead(code).end(body);
    expect(await collect()).toEqual({ kind: 'unusable', reason: expect.stringMatching(reason) });
  });

  it('a redirect is not followed', async () => {
    server.instead = (request, response) => {
      if (request.url?.startsWith('/elsewhere')) expect.fail('it was followed');
      response.writeHead(302, { location: `${server.url}/elsewhere` }).end();
    };
    expect(await collect()).toMatchObject({ reason: 'prometheus answered 302, and redirects are not followed' });
  });

  it.each([
    ['10 MB', (text: string) => Buffer.from(text), {}],
    ['10 KB that inflate to 10 MB', gzipSync, { 'content-encoding': 'gzip' }],
  ])('an answer of %s', async (_, encode, head) => {
    const body = encode(JSON.stringify({ status: 'success', data: 'x'.repeat(10 * 1024 * 1024) }));
    server.instead = (__, response) => void response.writeHead(200, head).end(body);
    expect(await collect()).toMatchObject({
      kind: 'unusable',
      reason: expect.stringContaining('answered more than 1048576 bytes'),
    });
  });

  it('tells nobody what it authenticates with', async () => {
    const headers = { authorization: 'Bearer s3cret', 'X-Scope-OrgID': 'shop' };
    await collect({}, { headers });
    expect(server.heads.at(-1)).toMatchObject({ authorization: 'Bearer s3cret', 'x-scope-orgid': 'shop' });
    server.instead = (_, response) => void response.writeHead(500).end('no');
    expect(JSON.stringify(await collect({}, { headers }))).not.toContain('s3cret');
  });
});
