import { Validator } from '@seriousme/openapi-schema-validator';
import { parse } from 'yaml';
import { type DeclaredShapes, declaredShapes } from '../parity/declared/declared-shape.ts';
import { isObject } from '../parity/declared/read-schema.ts';

export type ShapesReading =
  | { readonly ok: true; readonly shapes: DeclaredShapes }
  /** Why not, as a clause about the document. */
  | { readonly ok: false; readonly reason: string };

/**
 * By brackets and commas, and by lines where it is YAML. Each may take 190 bytes, and a document is copied as a whole while it is read:
 * what then fills the heap does not end the thread, but the process.
 */
const MOST_VALUES = 250_000;
/** Of a reason that is shown. */
const LONGEST_REASON = 200;

/**
 * Reads an OpenAPI document of version 3, as JSON or YAML. Only references within it are followed: nothing is fetched. Blocks for as
 * long as that takes: see `compareInThread`.
 */
export async function readShapes(text: string): Promise<ShapesReading> {
  const isJson = text.trimStart().startsWith('{');
  if (hasMore(text, isJson ? VALUES : YAML_VALUES)) return no(`has more than ${MOST_VALUES} values`);
  try {
    const document: unknown = isJson ? JSON.parse(text) : parse(text, { maxAliasCount: 100 });
    if (!isObject(document)) return no('is no OpenAPI document');
    const validator = new Validator();
    const { valid, errors } = await validator.validate(document);
    const { version } = validator;
    if (version === undefined) return no('names no version of OpenAPI that is known');
    if (version === '2.0') return no('is of version 2.0; versions from 3.0 on are read');
    if (!valid) return no(`is not valid: ${firstOf(errors)}`);
    return { ok: true, shapes: declaredShapes(validator.resolveRefs()) };
  } catch (error) {
    return no(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const VALUES = new Set('{[,');
const YAML_VALUES = new Set([...VALUES, '\n']);

function hasMore(text: string, marks: ReadonlySet<string>): boolean {
  if (text.length <= MOST_VALUES) return false;
  let values = 0;
  for (const mark of text) if (marks.has(mark)) values++;
  return values > MOST_VALUES;
}

function no(reason: string): ShapesReading {
  const [line = ''] = reason.split('\n');
  return { ok: false, reason: line.slice(0, LONGEST_REASON) };
}

function firstOf(errors: unknown): string {
  const [first] = Array.isArray(errors) ? errors : [errors];
  if (!isObject(first)) return String(first);
  const { instancePath, message } = first;
  return [instancePath, message].filter((part) => typeof part === 'string' && part !== '').join(' ');
}
