import type { Hook } from '@hono/zod-openapi';
import type { ZodError } from 'zod';
import type { ApiEnv } from './access.ts';
import { problemAnswer } from './problem-answer.ts';
import type { RequestFault } from './problem-schema.ts';
import { requestUrl } from './request-url.ts';

type Refusal = Hook<unknown, ApiEnv, string, Response | undefined>;

/** Answers a request that fails its schema with every fault and its place. */
export const refuseInvalid: Refusal = (result, c) => {
  if (result.success) return undefined;
  // If a PUT creates the resource that it names, the name is input too.
  if (result.target === 'param' && c.req.method !== 'PUT')
    return problemAnswer(c, 'not-found', `there is nothing at ${requestUrl(c)?.pathname ?? c.req.path}`);
  const faults = faultsOf(result.error, result.target === 'json' ? 'pointer' : 'parameter');
  const [first] = faults;
  const where = first?.pointer ?? first?.parameter;
  const detail = first ? `${where ? `${where}: ` : ''}${first.detail}` : 'the request is not valid';
  return problemAnswer(c, 'invalid-input', detail, { errors: faults });
};

function faultsOf(error: ZodError, place: 'pointer' | 'parameter'): RequestFault[] {
  const at = (path: readonly PropertyKey[], detail: string): RequestFault =>
    place === 'pointer'
      ? { detail, pointer: `#${path.map((key) => `/${escapeToken(String(key))}`).join('')}` }
      : { detail, parameter: path.map(String).join('.') };
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => at([...issue.path, key], ofUnknownKey(issue.message)))
      : [at(issue.path, issue.message.replace(/^Invalid input: expected \w+, received undefined$/, 'is missing'))],
  );
}

/** What a schema says of its own, or else that nobody knows the key. */
function ofUnknownKey(message: string): string {
  return message.startsWith('Unrecognized key') ? 'this key is not known here' : message;
}

/** RFC 6901 section 3. */
function escapeToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
