import { parentPath } from '../../stats/answers/shape-fact.ts';

/** What a document says of one place in an answer. */
export interface DeclaredField {
  /** Of `null`, `boolean`, `integer`, `number`, `string`, `object` and `array`; empty for anything. */
  readonly types: readonly string[];
  /** Whether what contains it may be without it. */
  readonly optional: boolean;
  readonly format: string | null;
  /** The only values it may have; null for any. */
  readonly values: readonly string[] | null;
}

/** By path as in `Fact`: the answer itself is the empty path, any item of a list `*`, any key that is data `{}`. */
export type DeclaredFields = ReadonlyMap<string, DeclaredField>;

/** Answers of either form: what only one of them has may be missing. */
export function eitherOf(one: DeclaredFields, other: DeclaredFields): DeclaredFields {
  const fields = new Map<string, DeclaredField>();
  for (const path of new Set([...one.keys(), ...other.keys()])) {
    const [left, right] = [one.get(path), other.get(path)];
    const only = left ?? right;
    if (left && right) fields.set(path, eitherField(left, right));
    else if (only)
      fields.set(path, { ...only, optional: only.optional || hasParent(one, path) === hasParent(other, path) });
  }
  return fields;
}

/** Answers that are of all these forms at once. */
export function bothOf(one: DeclaredFields, other: DeclaredFields): DeclaredFields {
  const fields = new Map(one);
  for (const [path, field] of other) {
    const known = fields.get(path);
    fields.set(path, known ? bothFields(known, field) : field);
  }
  return fields;
}

function hasParent(fields: DeclaredFields, path: string): boolean {
  return fields.has(parentPath(path) ?? '');
}

function eitherField(left: DeclaredField, right: DeclaredField): DeclaredField {
  const isAny = left.types.length === 0 || right.types.length === 0;
  return {
    types: isAny ? [] : [...new Set([...left.types, ...right.types])].toSorted(),
    optional: left.optional || right.optional,
    format: left.format === right.format ? left.format : null,
    values: left.values && right.values ? [...new Set([...left.values, ...right.values])] : null,
  };
}

function bothFields(left: DeclaredField, right: DeclaredField): DeclaredField {
  const common = left.types.filter((type) => right.types.includes(type));
  return {
    types: left.types.length === 0 ? right.types : right.types.length === 0 ? left.types : common,
    optional: left.optional && right.optional,
    format: left.format ?? right.format,
    values: left.values ?? right.values,
  };
}
