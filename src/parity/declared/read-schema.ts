import { bothOf, type DeclaredField, type DeclaredFields, eitherOf } from './declared-field.ts';

/** A JSON object of unknown content. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Levels of an answer that are told apart: below, and where a schema leads back into itself, anything may be. */
const DEEPEST = 12;
/** Parts of schemas that are looked at for one answer: combinations of combinations grow without end. */
const MOST_STEPS = 50_000;

const ANYTHING: DeclaredField = { types: [], optional: false, format: null, values: null };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The fields of the answers that a schema allows, of OpenAPI 3.0 (`nullable`) and of JSON Schema 2020-12 (`type: [string, null]`).
 * Its references have been replaced by what they lead to. Throws RangeError on a schema too large to be read.
 */
export function readSchema(schema: unknown): DeclaredFields {
  let steps = 0;

  const read = (part: unknown, path: string, within: readonly unknown[]): DeclaredFields => {
    steps += 1;
    if (steps > MOST_STEPS) throw new RangeError(`a schema has more than ${MOST_STEPS} parts`);
    if (!isObject(part) || within.includes(part) || within.length > DEEPEST) return new Map([[path, ANYTHING]]);
    const inside = [...within, part];
    let fields: DeclaredFields = new Map([[path, ownField(part)]]);
    for (const one of listOf(part['allOf'])) fields = bothOf(fields, read(one, path, inside));
    for (const word of ['oneOf', 'anyOf']) {
      const [first, ...others] = listOf(part[word]).map((form) => read(form, path, inside));
      if (first !== undefined) fields = bothOf(fields, others.reduce(eitherOf, first));
    }
    const own = fields.get(path);
    // In 3.0 it stands beside what is nullable, which may be a reference.
    if (own && part['nullable'] === true && own.types.length > 0) {
      fields = new Map(fields).set(path, { ...own, types: [...new Set([...own.types, 'null'])].toSorted() });
    }
    return new Map([...fields, ...below(part, path, inside)]);
  };

  const below = (part: JsonObject, path: string, inside: readonly unknown[]): DeclaredFields => {
    const required = new Set(listOf(part['required']));
    const fields = new Map<string, DeclaredField>();
    const put = (at: string, child: unknown, optional: boolean): void => {
      for (const [found, field] of read(child, at, inside)) {
        fields.set(found, found === at ? { ...field, optional } : field);
      }
    };
    for (const [name, child] of Object.entries(isObject(part['properties']) ? part['properties'] : {})) {
      // What only requests may have is in no answer.
      if (!isObject(child) || child['writeOnly'] !== true) put(`${path}/${escaped(name)}`, child, !required.has(name));
    }
    if (isObject(part['additionalProperties'])) put(`${path}/{}`, part['additionalProperties'], false);
    if (isObject(part['items'])) put(`${path}/*`, part['items'], false);
    return fields;
  };

  return read(schema, '', []);
}

function ownField(part: JsonObject): DeclaredField {
  const { type, format } = part;
  const words = typeof type === 'string' ? [type] : listOf(type).filter((word) => typeof word === 'string');
  const implied = isObject(part['properties']) ? ['object'] : isObject(part['items']) ? ['array'] : [];
  const list = 'const' in part ? [part['const']] : part['enum'];
  return {
    types: words.length > 0 ? words.toSorted() : implied,
    optional: false,
    format: typeof format === 'string' ? format : null,
    values: Array.isArray(list) ? list.filter((value) => value !== null).map(String) : null,
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function escaped(name: string): string {
  if (name === '*') return '~2';
  if (name === '{}') return '~3';
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
