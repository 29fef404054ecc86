import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { declaredView } from '../../../src/api/views/declared-view.ts';
import { OwnListeners } from '../../../src/gateway/upstream/own-listeners.ts';
import { compareInThread } from '../../../src/openapi/compare-in-thread.ts';
import { fetchDocument, MOST_DOCUMENT_BYTES } from '../../../src/openapi/fetch-document.ts';
import { readShapes } from '../../../src/openapi/read-shapes.ts';
import { DeclaredDocuments } from '../../../src/server/declared-documents.ts';
import { rolloutOf } from '../../support/rollout-fixture.ts';
import { httpUpstream } from '../../support/upstream.ts';

const NOWHERE = { own: new OwnListeners(), trust: null, timeoutMs: 1_000 };

/** A document in which an order is written apart and referred to. */
function documentOf(fields: object, version = '3.1.0'): string {
  return JSON.stringify({
    openapi: version,
    info: { title: 'orders', version: '1' },
    paths: {
      '/orders/{id}': {
        get: {
          responses: {
            200: {
              description: 'an order',
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
            },
          },
        },
      },
    },
    components: { schemas: { Order: { type: 'object', required: Object.keys(fields), properties: fields } } },
  });
}

async function serving(answer: RequestListener) {
  const upstream = await httpUpstream(answer);
  onTestFinished(() => upstream.close());
  return upstream.url;
}

it.each(['3.0.3', '3.1.0'])('a document of version %s is read, with its references', async (version) => {
  const reading = await readShapes(documentOf({ amount: { type: 'integer' } }, version));
  expect(reading.ok && [...(reading.shapes.get('GET /orders/{id} 2xx') ?? [])]).toEqual([
    ['', expect.objectContaining({ types: ['object'] })],
    ['/amount', { types: ['integer'], optional: false, format: null, values: null }],
  ]);
});

it.each([
  ['another file', documentOf({ a: { $ref: 'http://127.0.0.1:1/other.json#/a' } }), /only internal refs are supported/],
  ['no JSON', '{"openapi": ', /^cannot be read: /],
  ['no document', '[]', /^is no OpenAPI document/],
  ['a Swagger document', '{"swagger":"2.0"}', /^is of version 2\.0/],
  ['an invalid document', '{"openapi":"3.1.0","paths":7}', /^is not valid: /],
  [
    'aliases without end',
    `a: &a [x]\n${Array.from({ length: 9 }, (_, at) => `a${at}: &a${at} [${`*a${at === 0 ? '' : at - 1},`.repeat(9)}]`).join('\n')}`,
    /^cannot be read: /,
  ],
])('%s is said, and nothing of it is fetched', async (_, text, reason) => {
  expect(await readShapes(text)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
});

it('what takes too long is given up', async () => {
  const text = documentOf({});
  expect(await compareInThread({ stable: text, canary: text }, 1)).toEqual({
    ok: false,
    of: 'both',
    reason: 'could not be read within 0.001 s',
  });
});

it('documents that differ without end cost their thread only, and what is left out is counted', async () => {
  const values = (of: string, count: number) => ({
    state: { type: 'string', enum: Array.from({ length: count }, (_, at) => `${of}${at}`) },
  });
  const stable = documentOf(values('a', 1));
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  onTestFinished(() => clearInterval(timer));
  const many = await compareInThread({ stable, canary: documentOf(values('b', 20_000)) });
  expect(many).toMatchObject({ ok: true, left: 19_500 });
  expect(many.ok && many.differences.length).toBe(500);
  expect(turns).toBeGreaterThan(1);
  const says = many.ok && declaredView({ state: 'compared', ...many }, null).says;
  expect(says).toMatch(/, 19500 more are declared than are told$/);
});

it.each<[string, RequestListener, RegExp]>([
  [
    'a redirect',
    (_, answer) => void answer.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    /^was answered with 302$/,
  ],
  ['too much', (_, answer) => void answer.end(Buffer.alloc(MOST_DOCUMENT_BYTES + 1)), /^has more than 4 MB$/],
  ['silence', () => {}, /^was not there within 0\.2 s$/],
  [
    'an answer that breaks off',
    (_, answer) => void answer.writeHead(200, { 'content-length': 9 }).write('x', () => answer.destroy()),
    /^broke off$/,
  ],
])('%s is said', async (_, answer, reason) => {
  const fetched = await fetchDocument(`${await serving(answer)}/openapi.json`, { ...NOWHERE, timeoutMs: 200 });
  expect(fetched).toEqual({ ok: false, reason: expect.stringMatching(reason) });
});

it('no document is asked for where no upstream may be', async () => {
  const own = new OwnListeners();
  const url = await serving((_, answer) => void answer.end('{}'));
  own.add('127.0.0.1', Number(new URL(url).port), 'control');
  for (const target of [
    'http://169.254.169.254/openapi.json',
    'http://[fe80::1]/',
    'file:///etc/passwd',
    url,
    url.replace('127.0.0.1', 'localhost'),
  ]) {
    expect(await fetchDocument(target, { ...NOWHERE, own })).toMatchObject({ ok: false });
  }
});

it('the documents of a rollout are compared, from the upstreams or from files', async () => {
  const serve = (fields: object) => serving((_, answer) => void answer.end(documentOf(fields)));
  const before = { amount: { type: 'integer' } };
  const after = { total: { type: 'integer' } };
  const folder = mkdtempSync(join(tmpdir(), 'serin-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'v1.json'), documentOf(before));
  writeFileSync(join(folder, 'v2.json'), documentOf(after));
  const rollout = {
    ...rolloutOf(),
    stable: { url: await serve(before), version: 'v1' },
    canary: { url: await serve(after), version: 'v2' },
  };
  for (const place of [{ path: '/openapi.json' }, { file: '{version}.json' }]) {
    const documents = new DeclaredDocuments({ ...NOWHERE, folder, routes: () => new Map([[rollout.route, place]]) });
    expect(documents.of(rollout)).toEqual({ state: 'reading' });
    await expect.poll(() => documents.of(rollout)?.state, { timeout: 20_000 }).toBe('compared');
    const reading = documents.of(rollout);
    expect(reading && declaredView(reading, null)).toMatchObject({
      says: '0 declared and seen, 1 declared and not seen, 0 seen and not declared',
      differences: [{ kind: 'renamed', path: '/amount', to: '/total', says: '/amount is now /total' }],
    });
    expect(documents.of({ ...rollout, route: 'other' })).toBeNull();
  }
});

it('a version that is a path finds no file', async () => {
  const rollout = { ...rolloutOf(), canary: { url: 'http://127.0.0.1:9/', version: '../../etc/passwd' } };
  const documents = new DeclaredDocuments({
    ...NOWHERE,
    folder: '/',
    routes: () => new Map([[rollout.route, { file: '{version}' }]]),
  });
  documents.of(rollout);
  await expect
    .poll(() => documents.of(rollout))
    .toMatchObject({
      state: 'unread',
      says: expect.stringContaining('has no file: a file is found by a version of letters, digits'),
    });
});

it('documents are read one rollout at a time, and once for one that runs however many there are', async () => {
  let open = 0;
  let most = 0;
  let asked = 0;
  const url = await serving((request, answer) => {
    if (request.url !== '/openapi.json') return;
    asked += 1;
    open += 1;
    most = Math.max(most, open);
    setTimeout(() => {
      open -= 1;
      answer.writeHead(404).end();
    }, 2);
  });
  const rollouts = Array.from({ length: 110 }, (_, at) => ({
    ...rolloutOf(),
    id: `r${at}`,
    route: `route${at}`,
    stable: { url, version: 'v1' },
    canary: { url, version: 'v2' },
  }));
  const routes = new Map(rollouts.map(({ route }) => [route, { path: '/openapi.json' }]));
  const documents = new DeclaredDocuments({ ...NOWHERE, folder: '/', routes: () => routes });
  const states = () => new Set(rollouts.map((rollout) => documents.of(rollout)?.state));
  await expect.poll(states, { timeout: 10_000 }).toEqual(new Set(['unread']));
  states();
  expect(most).toBeLessThanOrEqual(2);
  expect(asked).toBe(220);
});
