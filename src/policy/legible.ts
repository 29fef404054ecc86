import { z } from 'zod';
import { type Policy, policySchema } from './schema.ts';

/** A value with every invalid part replaced by null. */
export type Legible<T> = T extends readonly (infer Item)[]
  ? readonly Legible<Item>[] | null
  : T extends object
    ? { readonly [Key in keyof T]: Legible<T[Key]> } | null
    : T | null;

/** A policy's `spec` whose parts may be null: a rule runs only when every field it needs is present. */
export type LegibleSpec = NonNullable<NonNullable<Legible<Policy>>['spec']>;

/**
 * The readable part of an invalid policy, so that rules across fields can be reported together with the
 * faults of single fields. Unknown keys are ignored, and defaults apply as usual. A valid policy is legible.
 */
export function legiblePolicy(value: unknown): Legible<Policy> {
  return lenientPolicy.parse(value) as Legible<Policy>;
}

const lenientPolicy = lenient(policySchema);

function lenient(schema: z.core.$ZodType): z.ZodType {
  if (schema instanceof z.ZodObject) return lenientObject(schema, new Set()).nullable().catch(null);
  if (schema instanceof z.ZodArray) return z.array(lenient(schema.element)).nullable().catch(null);
  if (schema instanceof z.ZodRecord) return z.record(schema.keyType, lenient(schema.valueType)).nullable().catch(null);
  if (schema instanceof z.ZodDefault) return lenient(schema.unwrap()).default(schema.def.defaultValue);
  if (schema instanceof z.ZodPrefault) return lenient(schema.unwrap()).prefault(schema.def.defaultValue);
  if (schema instanceof z.ZodOptional) return lenient(schema.unwrap()).optional();
  if (schema instanceof z.ZodUnion) return lenientUnion(schema);
  return z.union([schema, z.null()]).catch(null);
}

function lenientObject(schema: z.ZodObject, required: ReadonlySet<string>) {
  const fields = Object.entries(schema.shape).map(([key, field]) => [key, required.has(key) ? field : lenient(field)]);
  return z.object(Object.fromEntries(fields));
}

/** The key that only one branch has must be valid, or the branch could not be identified; shared keys are lenient. */
function lenientUnion(schema: z.ZodUnion): z.ZodType {
  const branches = schema.options.filter((option) => option instanceof z.ZodObject);
  if (branches.length < schema.options.length) return z.union([schema, z.null()]).catch(null);
  const keys = branches.map((branch) => Object.keys(branch.shape));
  const own = branches.map(
    (_, at) => new Set(keys[at]?.filter((key) => keys.every((other, i) => i === at || !other.includes(key)))),
  );
  return z
    .union(branches.map((branch, at) => lenientObject(branch, own[at] ?? new Set())))
    .nullable()
    .catch(null);
}
