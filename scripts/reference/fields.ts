import { stringify } from 'yaml';
import type { JsonSchema } from './json-schema.ts';
import { code, table } from './table.ts';
import { typeOf } from './type-words.ts';

/** One field of a file that people write. */
export interface Field {
  /** `gateway.timeouts.connect`, `routes[].name`, `sources.NAME.kind`. */
  readonly path: string;
  readonly type: string;
  readonly default: string;
  readonly says: string;
}

/** Every field below a schema, parents before their children; those that stand in several forms of a mapping once. */
export function fieldsOf(schema: JsonSchema, at = ''): readonly Field[] {
  const mappings = formsOf(schema).filter((form) => form.properties);
  const keys = new Set(mappings.flatMap((form) => Object.keys(form.properties ?? {})));
  const own = [...keys].flatMap((key) => {
    const having = mappings.filter((form) => form.properties?.[key]);
    const path = at === '' ? key : `${at}.${key}`;
    return [fieldOf(path, key, having, having.length < mappings.length), ...below(merged(having, key), path)];
  });
  const named = formsOf(schema).flatMap((form) =>
    form.additionalProperties ? below(form.additionalProperties, `${at}.NAME`) : [],
  );
  return [...own, ...named];
}

function below(schema: JsonSchema, path: string): readonly Field[] {
  const lists = formsOf(schema).flatMap((form) => (form.items ? fieldsOf(form.items, `${path}[]`) : []));
  return [...fieldsOf(schema, path), ...lists];
}

function formsOf(schema: JsonSchema): readonly JsonSchema[] {
  return schema.properties ? [schema] : (schema.anyOf ?? schema.oneOf ?? [schema]);
}

/** The schema of a key as all forms that have it see it. */
function merged(forms: readonly JsonSchema[], key: string): JsonSchema {
  const [first = {}, ...others] = forms.flatMap((form) => form.properties?.[key] ?? []);
  return others.every((other) => JSON.stringify(other) === JSON.stringify(first))
    ? first
    : { ...first, anyOf: [first, ...others].flatMap(formsOf) };
}

function fieldOf(path: string, key: string, forms: readonly JsonSchema[], isOfSomeFormsOnly: boolean): Field {
  const schemas = forms.flatMap((form) => form.properties?.[key] ?? []);
  const says = new Set(schemas.map((schema) => saysOf(schema, schemas.length)).filter((text) => text !== ''));
  const required = forms.every((form) => form.required?.includes(key));
  const only = isOfSomeFormsOnly ? formWords(forms) : null;
  return {
    path,
    type: [...new Set(schemas.map(typeOf))].join(', '),
    default: required && only !== '' ? `required${only === null ? '' : ` with ${only}`}` : defaultOf(schemas[0] ?? {}),
    says: [...says].join('; ') + (only && !required ? `; with ${only} only` : ''),
  };
}

/** A word of a closed set is told of by itself. */
function saysOf({ const: word, description = '' }: JsonSchema, forms: number): string {
  return word !== undefined && forms > 1 ? `${code(String(word))}: ${description}` : description;
}

/** What tells the only form that has a field from the others: `kind: json`; empty where that is the field itself. */
function formWords([form, ...others]: readonly JsonSchema[]): string {
  const [key, schema] = Object.entries(form?.properties ?? {}).find(([, { const: word }]) => word !== undefined) ?? [];
  return others.length > 0 || schema === undefined ? '' : code(`${key}: ${String(schema.const)}`);
}

function defaultOf({ default: value }: JsonSchema): string {
  if (value === undefined) return '';
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) return '';
  return code(stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim());
}

/** The fields of one part of a page, without those that another part of it has. */
export function fieldsIn(all: readonly Field[], part: string, parts: readonly string[]): readonly Field[] {
  const others = parts.filter((other) => other !== part && other.startsWith(part));
  const isBelow = (path: string, of: string) => path.startsWith(`${of}.`) || path.startsWith(`${of}[`);
  return all.filter(({ path }) =>
    part === 'top' ? !/[.[]/.test(path) : isBelow(path, part) && !others.some((other) => isBelow(path, other)),
  );
}

export function fieldTable(all: readonly Field[], part: string, parts: readonly string[]): string {
  const rows = fieldsIn(all, part, parts);
  if (rows.length === 0) throw new Error(`there is no field below ${part}`);
  return table(
    ['field', 'type', 'default', 'what it does'],
    rows.map(({ path, type, default: usual, says }) => [
      code(shortened(path, part)),
      type,
      usual,
      linked(says) || 'See below',
    ]),
  );
}

/** `docs/routes.md` as a link from a page of `docs/reference`. */
function linked(text: string): string {
  return text
    .replaceAll(/\bdocs\/reference\/([\w-]+)\.md/g, '[$1]($1.md)')
    .replaceAll(/\bdocs\/([\w-]+)\.md/g, '[$1](../$1.md)');
}

function shortened(path: string, part: string): string {
  return part === 'top'
    ? path
    : path
        .slice(part.length)
        .replace(/^\[\]|^\.NAME/, '')
        .replace(/^\./, '');
}
