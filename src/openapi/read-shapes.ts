import { Validator } from '@seriousme/openapi-schema-validator';
import { parse } from 'yaml';
import { type DeclaredShapes, declaredShapes } from '../parity/declared/declared-shape.ts';
import { isObject } from '../parity/declared/read-schema.ts';

export type ShapesReading =
  | { readonly ok: true; readonly shapes: DeclaredShapes }
  /** Why not, as a clause about the document. */
  | { readonly ok: false; readonly reason: string };

/** Of a reason that is shown. */
const LONGEST_REASON = 200;

/**
 * Reads an OpenAPI document of version 3, as JSON or YAML. Only references within it are followed: nothing is fetched. Blocks for as
 * long as that takes: see `compareInThread`.
 */
export async function readShapes(text: string): Promise<ShapesReading> {
  try {
    const document: unknown = text.trimStart().startsWith('{') ? JSON.parse(text) : parse(text, { maxAliasCount: 100 });
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
