import type { OpenAPIHono } from '@hono/zod-openapi';
import { ETAG } from './content.ts';
import { KEY_PATTERN } from './keyed/idempotency-key.ts';
import { keyUse } from './keyed/takes-key.ts';
import { HTTP_PROBLEMS, type HttpProblemCode } from './problem-answer.ts';

type Described = ReturnType<OpenAPIHono['getOpenAPI31Document']>;
type Operation = NonNullable<NonNullable<Described['paths']>[string]['post']>;

const KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  schema: { type: 'string', pattern: KEY_PATTERN.source },
} as const;

const KEY_DESCRIPTION = {
  taken: 'Done once for a day, whatever is sent again with the same key: a lost answer is given again',
  withheld: 'Done once for a day. The answer has a secret, and is not given again: 409 says that it was done',
} as const;

const OF_KEYS: readonly HttpProblemCode[] = ['under-way', 'answer-lost', 'key-reused'];

/** What every operation of its kind does, whichever route it is: middleware does it, so it is described here and nowhere else. */
export function withManners(document: Described): Described {
  for (const [path, methods = {}] of Object.entries(document.paths ?? {})) {
    const use = keyUse('POST', path);
    if (methods.post && use !== 'passed-over') takesKey(methods.post, KEY_DESCRIPTION[use]);
    if (methods.get && path.startsWith('/api/v1/')) saysItsTag(methods.get);
    for (const operation of [methods.get, methods.post, methods.put, methods.delete]) {
      if (operation) saysWhenToComeBack(operation);
    }
  }
  return document;
}

function takesKey(operation: Operation, description: string): void {
  operation.parameters = [...(operation.parameters ?? []), { ...KEY, description }];
  for (const code of OF_KEYS) addRefusal(operation, code);
}

function addRefusal(operation: Operation, code: HttpProblemCode): void {
  const { status, title } = HTTP_PROBLEMS[code];
  const there = operation.responses?.[status] as { readonly description: string } | undefined;
  const described = there
    ? { ...there, description: `${there.description}; ${title}` }
    : { description: title, content: PROBLEM };
  operation.responses = { ...operation.responses, [status]: described };
}

/** A `taggedAnswer` says so itself. */
function saysItsTag(operation: Operation): void {
  const found = operation.responses?.['200'] as Answer | undefined;
  if (!found?.content?.['application/json'] || found.headers?.['ETag']) return;
  operation.responses = {
    ...operation.responses,
    200: { ...found, headers: { ...found.headers, ...ETAG } },
    304: { description: 'If-None-Match has its ETag, which is of the content' },
  };
}

interface Answer {
  readonly description: string;
  readonly content?: Readonly<Record<string, object>>;
  readonly headers?: Readonly<Record<string, object>>;
}

const PROBLEM = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
const RETRY_AFTER = {
  'Retry-After': { description: 'Whole seconds', schema: { type: 'integer', minimum: 1 } },
} as const;

function saysWhenToComeBack(operation: Operation): void {
  const answer = operation.responses?.['429'];
  if (answer) operation.responses = { ...operation.responses, 429: { ...answer, headers: RETRY_AFTER } };
}
