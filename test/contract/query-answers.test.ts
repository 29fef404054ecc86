import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { Taken } from '../../src/metrics/queries/query-source.ts';
import { ASKED_AT, JSON_ENDPOINT, PROMETHEUS, served, takeFrom, WORDS } from '../support/query-source.ts';

const { signal } = new AbortController();

describe('what Prometheus answers', () => {
  const said = async (body: string, status = 200, query = PROMETHEUS.query) =>
    takeFrom(PROMETHEUS.open(await served((_, response) => response.writeHead(status).end(body))), query);
  const result = (resultType: string, value: unknown, more: object = {}) =>
    JSON.stringify({ status: 'success', data: { resultType, result: value }, ...more });
  const vector = (...values: readonly unknown[]) =>
    result(
      'vector',
      values.map((value) => ({ metric: {}, value })),
    );

  it('is asked by POST, for the instant, with the age that a sample may have', async () => {
    const forms: [string | undefined, string | undefined, Record<string, string>][] = [];
    const url = await served((request, response) => {
      void text(request).then((body) => {
        forms.push([request.method, request.url, Object.fromEntries(new URLSearchParams(body))]);
        response.end(PROMETHEUS.good);
      });
    });
    await PROMETHEUS.open(`${url}/tenant/`).take({ query: PROMETHEUS.query, words: WORDS, at: ASKED_AT + 1 }, signal);
    expect(forms).toEqual([
      [
        'POST',
        '/tenant/api/v1/query',
        { query: 'cpu{version="v2"}', time: String(ASKED_AT / 1_000 + 0.001), lookback_delta: '30000ms' },
      ],
    ]);
  });

  it.each<[string, string, Taken]>([
    ['a scalar', result('scalar', [1, '-1e-3']), { kind: 'value', value: -0.001 }],
    ['one value for each pod', vector([1, '2'], [1, '0']), { kind: 'value', value: [2, 0] }],
    ['no series', vector(), { kind: 'nothing', reason: 'it selects nothing' }],
    ['NaN', vector([1, 'NaN']), { kind: 'unusable', reason: 'it gives what is no finite number' }],
    ['one pod of NaN', vector([1, '1'], [1, 'NaN']), { kind: 'unusable', reason: 'it gives what is no finite number' }],
    ['infinity', result('scalar', [1, '+Inf']), { kind: 'unusable', reason: 'it gives what is no finite number' }],
    [
      'more than a number can be',
      vector([1, '1e999']),
      { kind: 'unusable', reason: 'it gives what is no finite number' },
    ],
    [
      'a number where a text belongs',
      vector([1, 7]),
      { kind: 'unusable', reason: 'it gives what is no finite number' },
    ],
    ['a hexadecimal', vector([1, '0x10']), { kind: 'unusable', reason: 'it gives what is no finite number' }],
    [
      'a native histogram',
      result('vector', [{ metric: {}, histogram: [1, { count: '1', sum: '1' }] }]),
      { kind: 'unusable', reason: 'it gives what is no finite number' },
    ],
    ['a range', result('matrix', []), { kind: 'refused', reason: 'it gives a range instead of values' }],
    ['a string', result('string', [1, '7']), { kind: 'refused', reason: 'it gives a string instead of values' }],
    [
      'warnings',
      result('scalar', [1, '7'], { warnings: ['1 of 3 stores did not answer'] }),
      { kind: 'unusable', reason: 'it was answered in part only, with warnings' },
    ],
    ['no JSON', '<html>', { kind: 'unreachable', reason: 'it gave no answer of Prometheus' }],
    ['another JSON', '[1]', { kind: 'unreachable', reason: 'it gave no answer of Prometheus' }],
    ['nothing at all', '', { kind: 'unreachable', reason: 'it gave no answer of Prometheus' }],
    ['a vector that is none', result('vector', 7), { kind: 'unusable', reason: 'its answer is not one of Prometheus' }],
    [
      'series that are none',
      result('vector', [null]),
      { kind: 'unusable', reason: 'it gives what is no finite number' },
    ],
    ['an unknown type', result('table', []), { kind: 'unusable', reason: 'its answer is not one of Prometheus' }],
  ])('%s', async (_, body, taken) => {
    expect(await said(body)).toEqual(taken);
  });

  it('NaN is no value, or zero where the query says so; anything else that is no number stays none', async () => {
    const zero = async (body: string) => {
      const url = await served((_, response) => response.end(body));
      const question = { query: PROMETHEUS.query, nan: 'zero', words: WORDS, at: ASKED_AT } as const;
      return PROMETHEUS.open(url).take(question, signal);
    };
    expect(await zero(vector([1, 'NaN'], [1, '3']))).toEqual({ kind: 'value', value: [0, 3] });
    expect((await zero(vector())).kind).toBe('nothing');
    for (const other of ['+Inf', '12 apples', '']) expect((await zero(vector([1, other]))).kind).toBe('unusable');
  });

  it.each([400, 422])('%i with a reason is a query that can never be answered', async (status) => {
    const error = 'invalid parameter "query": 1:4: parse error:\nunexpected end of input';
    const body = JSON.stringify({ status: 'error', errorType: 'bad_data', error });
    expect(await said(body, status)).toEqual({
      kind: 'refused',
      reason: 'the source refuses it: invalid parameter "query": 1:4: parse error: unexpected end of input',
    });
    expect(await said('<html>', status)).toEqual({ kind: 'unreachable', reason: `it answered ${status}` });
  });

  it('is not asked for a name that no version can stand in', async () => {
    let asked = 0;
    const url = await served((_, response) => {
      asked += 1;
      response.end(PROMETHEUS.good);
    });
    const words = { ...WORDS, version: 'v2-rc' };
    const taken = await PROMETHEUS.open(url).take({ query: 'cpu_{{version}}', words, at: ASKED_AT }, signal);
    expect([taken.kind, asked]).toEqual(['refused', 0]);
  });
});

describe('what a JSON endpoint answers', () => {
  const asking = async (query: string, body: string, words: Partial<{ version: string }> = {}, status = 200) => {
    const paths: (string | undefined)[] = [];
    const url = await served((request, response) => {
      paths.push(request.url);
      response.writeHead(status).end(body);
    });
    const taken = await JSON_ENDPOINT.open(`${url}/base`).take(
      { query, words: { ...WORDS, ...words }, at: ASKED_AT },
      signal,
    );
    return { taken, paths };
  };

  it('is asked below the path of its source, each word as one piece', async () => {
    const { taken, paths } = await asking('/stats/{{version}}?of={{route}}#/{{version}}/cpu', '{"v/2 ?~1":{"cpu":7}}', {
      version: 'v/2 ?~1',
    });
    expect(paths).toEqual(['/base/stats/v%2F2%20%3F~1?of=payments']);
    expect(taken).toEqual({ kind: 'value', value: 7 });
  });

  it.each<[string, string, string, Taken]>([
    ['a whole document', '/stats', '7', { kind: 'value', value: 7 }],
    ['one value for each pod', '/stats#/cpu', '{"cpu":[1,2]}', { kind: 'value', value: [1, 2] }],
    ['an empty list', '/stats#/cpu', '{"cpu":[]}', { kind: 'nothing', reason: 'it selects nothing' }],
    ['nothing there', '/stats#/cpu', '{}', { kind: 'nothing', reason: 'there is nothing where it points' }],
    ['null', '/stats#/cpu', '{"cpu":null}', { kind: 'unusable', reason: 'it gives what is no finite number' }],
    ['a text', '/stats#/cpu', '{"cpu":"7"}', { kind: 'unusable', reason: 'it gives what is no finite number' }],
    ['too large a number', '/stats', '1e999', { kind: 'unusable', reason: 'it gives what is no finite number' }],
    ['no JSON', '/stats', '<html>', { kind: 'unusable', reason: 'its endpoint gave no JSON' }],
    ['no pointer', '/stats#cpu', '7', { kind: 'refused', reason: 'what follows # is no JSON pointer' }],
  ])('%s', async (_, query, body, taken) => {
    expect((await asking(query, body)).taken).toEqual(taken);
  });

  it('null is zero where the query says what NaN is', async () => {
    const url = await served((_, response) => response.end('{"cpu":[null,2],"text":"NaN"}'));
    const ask = (query: string) =>
      JSON_ENDPOINT.open(url).take({ query, nan: 'zero', words: WORDS, at: ASKED_AT }, signal);
    expect(await ask('/stats#/cpu')).toEqual({ kind: 'value', value: [0, 2] });
    expect((await ask('/stats#/text')).kind).toBe('unusable');
    expect((await ask('/stats#/nowhere')).kind).toBe('nothing');
  });

  it('404 says that there is nothing for this version', async () => {
    const { taken } = await asking('/stats', '', {}, 404);
    expect(taken).toEqual({ kind: 'nothing', reason: 'its endpoint answered 404' });
  });

  it.each([
    ['stats', 'v2'],
    ['http://169.254.169.254/', 'v2'],
    ['/../admin', 'v2'],
    ['/a/%2e%2E/admin', 'v2'],
    ['/a/..%2fadmin', 'v2'],
    ['/a\\..\\admin', 'v2'],
    ['/{{version}}/admin', '..'],
    ['/a b', 'v2'],
    ['/a\r\nx: y', 'v2'],
  ])('%j of %s is not asked', async (query, version) => {
    const { taken, paths } = await asking(query, '7', { version });
    expect([taken.kind, paths]).toEqual(['refused', []]);
  });
});
