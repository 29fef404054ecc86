import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerCommands } from '../../src/cli/register.ts';
import type { Session } from '../../src/cli/terminal.ts';
import { registerServerCommands } from '../../src/server/commands/command.ts';
import { type Json, type OpenApiDocument, openApiDocument } from '../support/openapi.ts';
import { type OperationStage, openOperationStage, POSTED } from '../support/operation-stage.ts';
import { COMMANDS, OPERATIONS, WITHOUT_API } from '../support/operations.ts';
import { serin } from '../support/server-process.ts';

let stage: OperationStage;
let document: OpenApiDocument;

beforeAll(async () => {
  stage = await openOperationStage(Object.keys(OPERATIONS).length + Object.keys(COMMANDS).length + 1);
  document = openApiDocument((await (await stage.ask('GET', '/openapi.json')).json()) as Json);
});

afterAll(() => stage.close());

describe('every operation, through the real listener', () => {
  it('is one of the description, and none is left out', async () => {
    expect(Object.keys(OPERATIONS).toSorted()).toEqual(document.operations.toSorted());
  });

  it.each(Object.entries(OPERATIONS))(
    '%s',
    async (operation, { status, before, edited, body, query = '', headers, isEndless }) => {
      const found = await stage.prepare({ ...(before ? { before } : {}), ...(edited ? { edited } : {}) });
      const [method = '', path = ''] = operation.split(' ');
      const filled = path
        .replace('{id}', path.includes('/tokens/') ? found.token : found.rollout)
        .replace('{route}', found.route)
        .replace('{name}', found.consumer)
        .replace('{gate}', 'tests');
      const asked = `${filled}${query.replace('{route}', found.route)}`;
      const key = takesKey(document.operation(method, path)) ? { 'idempotency-key': `"${operation}"` } : {};
      const sent = bodyOf(operation, body, found);
      const answer = await stage.ask(method, asked, sent, { ...headers, ...key });
      const text = isEndless ? await beginningOf(answer) : await answer.text();
      expect([answer.status, text]).toEqual([status, status === 204 ? '' : expect.stringMatching(/./)]);
      const type = answer.headers.get('content-type');
      expect(document.faultsOf(document.operation(method, path), { status, type, text })).toEqual([]);
      if ('idempotency-key' in key) await doneOnce(operation, asked, sent, { text, answer });
    },
  );

  /** A secret is answered once; everything else is answered as before, and no second entry is written. */
  async function doneOnce(
    operation: string,
    asked: string,
    sent: object | undefined,
    { text, answer }: { readonly text: string; readonly answer: Response },
  ): Promise<void> {
    const key = { 'idempotency-key': `"${operation}"` };
    const newest = async () => (await (await stage.ask('GET', '/api/v1/audit?limit=1')).json()) as Json;
    const before = await newest();
    const again = await stage.ask('POST', asked, sent, key);
    const { status, headers } = again;
    if (operation === 'POST /api/v1/tokens') {
      expect([status, await again.json()]).toEqual([409, expect.objectContaining({ code: 'answer-lost' })]);
    } else {
      expect([status, await again.text()]).toEqual([answer.status, text]);
      for (const name of ['etag', 'location', 'content-type']) {
        expect([name, headers.get(name)]).toEqual([name, answer.headers.get(name)]);
      }
      expect(headers.get('idempotent-replayed')).toBe('true');
    }
    const other = await stage.ask('POST', asked, { ...sent, reason: 'another' }, key);
    expect([other.status, await other.json()]).toEqual([422, expect.objectContaining({ code: 'key-reused' })]);
    expect(await newest()).toEqual(before);
  }

  it('every POST takes an Idempotency-Key, but for those that change nothing or count nothing twice', () => {
    const without = document.operations.filter((operation) => {
      const [method = '', path = ''] = operation.split(' ');
      return method === 'POST' && !takesKey(document.operation(method, path));
    });
    expect(without.toSorted()).toEqual([
      'POST /api/v1/configuration/diff',
      'POST /api/v1/logs',
      'POST /api/v1/otlp/v1/logs',
      'POST /api/v1/policies/check',
      'POST /api/v1/rollouts/{id}/preview',
      'POST /api/v1/routes/{route}/consumer-changes/preview',
      'POST /api/v1/routes/{route}/restore/preview',
      'POST /api/v1/session',
      'POST /api/v1/values',
    ]);
  });

  function takesKey({ parameters = [] }: ReturnType<OpenApiDocument['operation']>): boolean {
    return parameters.some(({ name }) => name === 'Idempotency-Key');
  }

  async function beginningOf(answer: Response): Promise<string> {
    const reader = answer.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    await reader?.cancel();
    return new TextDecoder().decode(value);
  }

  function bodyOf(
    operation: string,
    body: object | undefined,
    { route, canary, seq }: { route: string; canary: string; seq: number },
  ) {
    if (operation.includes('/restore')) return { ...body, to: seq };
    if (operation === 'POST /api/v1/rollouts') return { ...body, route, canaryUrl: canary };
    if (operation === 'POST /api/v1/policies/check') return { text: stage.policyText(), route };
    if (operation === 'POST /api/v1/session') return { token: stage.token };
    if (operation === 'POST /api/v1/values') return { route, values: [POSTED] };
    return body;
  }

  it('a token that was revoked opens nothing any more', async () => {
    const { token, bearer } = await stage.prepare({});
    const asBearer = { authorization: `Bearer ${bearer}` };
    expect((await stage.ask('GET', '/api/v1/rollouts', undefined, asBearer)).status).toBe(200);
    expect((await stage.ask('DELETE', `/api/v1/tokens/${token}?reason=leaked`)).status).toBe(204);
    expect((await stage.ask('GET', '/api/v1/rollouts', undefined, asBearer)).status).toBe(401);
  });
});

describe('every command, as a process of its own', () => {
  it('is listed here, and none is left out', () => {
    const program = new Command('serin');
    registerCommands(program, {} as Session);
    registerServerCommands(program, { stdout: process.stdout, stderr: process.stderr, env: {} }, () => {});
    expect([...Object.keys(COMMANDS), ...WITHOUT_API].toSorted()).toEqual(wordsOf(program).toSorted());
  });

  it.each(Object.entries(COMMANDS))('serin %s', async (_, { args, before, edited, says, code = 0 }) => {
    const found = await stage.prepare({ ...(before ? { before } : {}), ...(edited ? { edited } : {}) });
    const env = { SERIN_SERVER: stage.server.controlUrl, SERIN_TOKEN: stage.token };
    const run = await serin(args(found), { env });
    expect([run.code, run.stdout + run.stderr]).toEqual([code, expect.stringMatching(says)]);
  });
});

/** The words of every command that does something; `audit` does, and so does `audit verify`. */
function wordsOf(command: Command): readonly string[] {
  return command.commands.flatMap((child) => {
    const below = wordsOf(child).map((words) => `${child.name()} ${words}`);
    return child.registeredArguments.length > 0 || below.length === 0 ? [child.name(), ...below] : below;
  });
}
