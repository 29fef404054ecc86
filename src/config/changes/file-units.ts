import type { z } from 'zod';
import type { Path } from '../../policy/fault.ts';
import { isRecord } from '../../policy/is-record.ts';
import { configSchema } from '../config.ts';
import { FILE_EFFECTS, type FieldEffect, ROUTE_EFFECTS } from './effects.ts';

/** serin.yaml as plain data: as it was written, and with the values of the environment and of files. */
export interface FileData {
  readonly written: unknown;
  readonly filled: unknown;
}

/** A part of the file that is compared as a whole. */
export interface FileUnit {
  /** By names, so that it stays the same when a list is put in another order: `routes.shop.timeouts`. */
  readonly path: readonly string[];
  /** Where it is in the file. */
  readonly at: Path;
  readonly effect: FieldEffect;
  /** As the file has it; undefined where it leaves it out. */
  readonly written: unknown;
  /** Equal for two ways to write the same. */
  readonly meaning: string;
}

/** Every unit of a file, also those that it leaves out. */
export function unitsOf(file: FileData): readonly FileUnit[] {
  return [
    ...fieldsBelow(file, FILE_EFFECTS, configSchema, []),
    ...named(file, 'sources'),
    ...named(file, 'channels'),
    ...routeUnits(file),
  ];
}

/** Compared by name. */
const BY_NAME = ['sources', 'channels', 'routes'];

function fieldsBelow(
  { written, filled }: FileData,
  effects: object,
  schema: unknown,
  above: Path,
): readonly FileUnit[] {
  return Object.entries(effects).flatMap(([field, effect]: [string, unknown]): readonly FileUnit[] => {
    if (above.length === 0 && BY_NAME.includes(field)) return [];
    const at = [...above, field];
    const of = { written: fieldOf(written, field), filled: fieldOf(filled, field) };
    const inner = shapeOf(schema)[field];
    if (isRecord(effect)) return fieldsBelow(of, effect, inner, at);
    return [
      {
        path: at.map(String),
        at,
        effect: effect as FieldEffect,
        written: of.written,
        meaning: meaningOf(inner, of.filled),
      },
    ];
  });
}

function named(file: FileData, field: 'sources' | 'channels'): readonly FileUnit[] {
  const written = fieldOf(file.written, field);
  const filled = fieldOf(file.filled, field);
  const schema = shapeOf(configSchema)[field];
  return Object.entries(isRecord(filled) ? filled : {}).map(([name, value]): FileUnit => {
    const at = [field, name];
    return {
      path: at,
      at,
      effect: FILE_EFFECTS[field],
      written: fieldOf(written, name),
      meaning: field === 'sources' ? meaningOf(schema, { [name]: value }) : JSON.stringify(value),
    };
  });
}

/** Each field of each route, and `routes.NAME` for that there is one. */
function routeUnits(file: FileData): readonly FileUnit[] {
  const filled = fieldOf(file.filled, 'routes');
  const written = fieldOf(file.written, 'routes');
  const schema = unwrapped(shapeOf(configSchema)['routes'], 'element');
  return (Array.isArray(filled) ? filled : []).flatMap((route: unknown, index): readonly FileUnit[] => {
    const name = String(fieldOf(route, 'name'));
    const asWritten: unknown = Array.isArray(written) ? written[index] : undefined;
    const whole: FileUnit = {
      path: ['routes', name],
      at: ['routes', index],
      effect: FILE_EFFECTS.routes,
      written: asWritten,
      meaning: '',
    };
    const fields = Object.keys(ROUTE_EFFECTS).flatMap((field): readonly FileUnit[] => {
      if (field === 'name') return [];
      const meaning = meaningOf(shapeOf(schema)[field], fieldOf(route, field));
      return [
        {
          path: [...whole.path, field],
          at: [...whole.at, field],
          effect: whole.effect,
          written: fieldOf(asWritten, field),
          meaning,
        },
      ];
    });
    return [whole, ...fields];
  });
}

/** A value that no schema takes, such as a reference that nothing was put in for, means what it says. */
function meaningOf(schema: unknown, value: unknown): string {
  const read = isSchema(schema) ? schema.safeParse(value) : undefined;
  return JSON.stringify(sorted(read?.success ? read.data : value)) ?? '';
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

function fieldOf(value: unknown, field: string): unknown {
  return isRecord(value) && Object.hasOwn(value, field) ? value[field] : undefined;
}

/** The fields of a mapping, below its default, its rules and its description. */
function shapeOf(schema: unknown): Readonly<Record<string, unknown>> {
  const mapping: unknown = unwrapped(schema, 'shape');
  const shape: unknown = isRecord(mapping) || isSchema(mapping) ? Reflect.get(mapping, 'shape') : undefined;
  return isRecord(shape) ? shape : {};
}

/** What is below defaults, until it has a member; the element of a list where that is asked for. */
function unwrapped(schema: unknown, until: 'shape' | 'element'): unknown {
  let inner: unknown = schema;
  while (isSchema(inner) && !(until in inner)) inner = Reflect.get(inner.def, 'innerType');
  return until === 'element' && isSchema(inner) ? Reflect.get(inner, 'element') : inner;
}

function isSchema(value: unknown): value is z.ZodType {
  return typeof value === 'object' && value !== null && 'safeParse' in value && 'def' in value;
}
