import { type DeclaredFields, eitherOf } from './declared-field.ts';
import { isObject, type JsonObject, readSchema } from './read-schema.ts';

/** By method, path and class of status, as places of answers are called: `GET /orders/{id} 2xx`. */
export type DeclaredShapes = ReadonlyMap<string, DeclaredFields>;

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'query'];
const MOST_DECLARED_PLACES = 2_000;
/** Of all places together. */
const MOST_DECLARED_FIELDS = 20_000;
/** Of all lists of the only values that a field may have together. */
const MOST_DECLARED_VALUES = 100_000;

/**
 * The JSON answers that an OpenAPI document of version 3 declares. Its references have been replaced by what they lead to.
 * `default` says nothing of a status, and is left out. Throws RangeError where more is declared than is read.
 */
export function declaredShapes(document: JsonObject): DeclaredShapes {
  const shapes = new Map<string, DeclaredFields>();
  let count = 0;
  let values = 0;
  for (const [path, item] of partsOf(document['paths'])) {
    for (const method of METHODS) {
      for (const [status, answer] of partsOf(partOf(item, method)['responses'])) {
        const schema = jsonSchema(answer);
        if (schema === null || !/^[1-5](?:\d\d|XX)$/.test(status)) continue;
        const place = `${method.toUpperCase()} ${path} ${status[0]}xx`;
        const known = shapes.get(place);
        const fields = readSchema(schema);
        shapes.set(place, known ? eitherOf(known, fields) : fields);
        count += fields.size;
        for (const field of fields.values()) values += field.values?.length ?? 0;
        if (values > MOST_DECLARED_VALUES) {
          throw new RangeError(`its fields list more than ${MOST_DECLARED_VALUES} values`);
        }
        if (shapes.size > MOST_DECLARED_PLACES || count > MOST_DECLARED_FIELDS) {
          throw new RangeError(
            `it declares more than ${MOST_DECLARED_FIELDS} fields or ${MOST_DECLARED_PLACES} answers`,
          );
        }
      }
    }
  }
  return shapes;
}

function jsonSchema(answer: unknown): unknown {
  const json = partsOf(partOf(answer, 'content')).find(([type]) => /^application\/(?:[\w.+-]+\+)?json\b/i.test(type));
  return (json && isObject(json[1]) && json[1]['schema']) || null;
}

function partOf(value: unknown, name: string): JsonObject {
  const part = isObject(value) ? value[name] : null;
  return isObject(part) ? part : {};
}

function partsOf(value: unknown): readonly [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}
