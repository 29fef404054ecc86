import { valueAt } from '../../split/json-pointer.ts';
import type { HttpClient } from '../http.ts';
import { type QuerySource, type Question, type Taken, takenValues } from '../queries/query-source.ts';
import { PLACEHOLDER, patternFor, type Words, whyUnlabelled, wordFor } from '../queries/words.ts';
import { parsePointer } from './pointer.ts';

/**
 * Values from a JSON endpoint. A query is a path with its query string, and after `#` a JSON pointer (RFC 6901) to a number
 * or a list of numbers: `/stats/{{version}}?window=1m#/queue/depth`. Such an endpoint only knows the present.
 */
export function jsonValues(client: HttpClient): QuerySource {
  return {
    knows: 'present',
    async take(question, signal) {
      const unlabelled = whyUnlabelled(question.query, question.words);
      if (unlabelled !== null) return { kind: 'refused', reason: unlabelled };
      if (/\{\{\s*labels\s*\}\}/.test(question.query)) {
        return { kind: 'refused', reason: '{{labels}} is for PromQL: a path takes {{label.NAME}}' };
      }
      for (const [, name = ''] of question.query.matchAll(PLACEHOLDER)) {
        if (patternFor(name, question.words) !== null) {
          return { kind: 'refused', reason: `{{${name}}} is a pattern, which a path cannot take` };
        }
      }
      const place = placeOf(question);
      if (place === null) {
        return { kind: 'refused', reason: 'it is no path that begins with / and stays below its source' };
      }
      if (place.pointer === null) return { kind: 'refused', reason: 'what follows # is no JSON pointer' };
      const fetched = await client.fetch({ method: 'GET', path: place.path }, signal);
      if (fetched.kind === 'failed') return { kind: 'unreachable', reason: `it ${fetched.reason}` };
      if (fetched.status === 404) return { kind: 'nothing', reason: 'its endpoint answered 404' };
      if (fetched.status !== 200) return { kind: 'unreachable', reason: `its endpoint answered ${fetched.status}` };
      return read(fetched.body, place.pointer, question.nan);
    },
  };
}

interface Place {
  readonly path: string;
  readonly pointer: readonly string[] | null;
}

/** Null when the path is invalid, or leaves the source's own: a policy's author need not see everything there. */
function placeOf({ query, words }: Question): Place | null {
  const [before = '', ...after] = query.split('#');
  const path = before.replaceAll(PLACEHOLDER, (_, name: string) =>
    encodeURIComponent(wordFor(name, words).toWellFormed()),
  );
  if (!/^\/[\x21-\x7e]*$/.test(path)) return null;
  const [plain = ''] = path.split('?');
  if (plain.split(/\/|%2f|\\|%5c/i).some((segment) => /^(\.|%2e){1,2}$/i.test(segment))) return null;
  return { path, pointer: filledPointer(after.join('#'), words) };
}

/** Filled in after splitting: no substituted word can add a token, or be read as an escape. */
function filledPointer(fragment: string, words: Words): readonly string[] | null {
  const fill = (token: string) => token.replaceAll(PLACEHOLDER, (_, name: string) => wordFor(name, words));
  return parsePointer(fragment)?.map(fill) ?? null;
}

// NaN is written as null in JSON.
function read(body: string, pointer: readonly string[], nan: Question['nan']): Taken {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return { kind: 'unusable', reason: 'its endpoint gave no JSON' };
  }
  const found = valueAt(document, pointer);
  if (found === undefined) return { kind: 'nothing', reason: 'there is nothing where it points' };
  const values: readonly unknown[] = Array.isArray(found) ? found : [found];
  return takenValues(
    values.map((value) => (value === null && nan === 'zero' ? 0 : typeof value === 'number' ? value : null)),
  );
}
