import type { z } from 'zod';
import { type DocumentFault, nameOf, type Path, shown } from './fault.ts';
import { suggest } from './suggest.ts';
import { ANOTHER_FORM, DID_YOU_MEAN, didYouMean, issueSentence, MISSING } from './wording.ts';

export type Validation<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly DocumentFault[] };

type KnownIssue = z.core.$ZodIssue;

/** A fault, with what is needed to drop the follow-up faults of a mistyped key: its key, and the intended key. */
interface SchemaFault extends DocumentFault {
  readonly kind: 'missing' | 'unknown' | 'wrong';
  readonly meant?: string;
}

/** The keys an object may have, by the list of keys that were not among them. */
type Shapes = Map<readonly string[], readonly string[]>;

const ABOUT_THE_VALUE = /^(must|is|needs|has) /;

/** Validates plain data against a schema and describes each fault in one sentence. */
export function validate<S extends z.ZodType>(schema: S, value: unknown): Validation<z.output<S>> {
  const shapes: Shapes = new Map();
  const result = schema.safeParse(value, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') rememberShape(issue, shapes);
      return issueSentence(issue);
    },
  });
  if (result.success) return { ok: true, value: result.data };
  const faults = result.error.issues.flatMap((issue) => faultsOf(issue, [], shapes));
  return { ok: false, faults: withoutEchoes(faults).map(({ path, message, at }) => ({ path, message, at })) };
}

// The finished issue keeps this same list of keys, but not the schema that knows the valid keys.
function rememberShape(issue: z.core.$ZodRawIssue<z.core.$ZodIssueUnrecognizedKeys>, shapes: Shapes): void {
  const definition = issue.inst?._zod.def;
  if (definition && 'shape' in definition) shapes.set(issue.keys, Object.keys(Object(definition.shape)));
}

/** Drops the missing key that a mistyped one stands for, and all but the first fault of a value. */
function withoutEchoes(faults: readonly SchemaFault[]): readonly SchemaFault[] {
  const meant = new Set(faults.map((fault) => fault.meant));
  const spokenOf = new Set<string>();
  return faults.filter(({ kind, path }) => {
    const place = JSON.stringify(path);
    const echo = spokenOf.has(place) || (kind === 'missing' && meant.has(place));
    spokenOf.add(place);
    return !echo;
  });
}

function faultsOf(issue: KnownIssue, above: Path, shapes: Shapes): SchemaFault[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, issue.keys, path, shapes));
  if (issue.code === 'invalid_union') {
    const branch = nearest(issue.errors, shapes);
    const told = issue.message !== ANOTHER_FORM;
    if (branch && !(told && branch.some(isOtherKind))) {
      return branch.flatMap((inner) => faultsOf(inner, path, shapes));
    }
    if (!told) return [wrong(path, alternatives(issue.errors, shapes))];
  }
  // The key itself is at fault, and its schema says what it may be.
  if (issue.code === 'invalid_key') {
    return issue.issues.slice(0, 1).map(({ message }) => ({ ...wrong(path, message), at: 'key' }));
  }
  if (issue.message === MISSING) return [{ ...wrong(path, MISSING), kind: 'missing' }];
  return [wrong(path, issue.message)];
}

function wrong(path: Path, message: string): SchemaFault {
  const whole = ABOUT_THE_VALUE.test(message) ? `${nameOf(path)} ${message}` : message;
  return { path, message: whole, at: 'value', kind: 'wrong' };
}

function unknownKey(key: string, keys: readonly string[], parent: Path, shapes: Shapes): SchemaFault {
  const meant = suggest(key, shapes.get(keys) ?? []);
  return {
    path: [...parent, key],
    message: `unknown key ${shown(key)}${didYouMean(meant)}`,
    at: 'key',
    kind: 'unknown',
    ...(meant === null ? {} : { meant: JSON.stringify([...parent, meant]) }),
  };
}

/** The one branch of a union that the value was meant for, or null when it is unclear. */
function nearest(branches: readonly (readonly KnownIssue[])[], shapes: Shapes): readonly KnownIssue[] | null {
  const ranked = branches
    .map((branch) => ({ branch, distance: distanceOf(branch, shapes) }))
    .filter(({ distance }) => Number.isFinite(distance))
    .toSorted((a, b) => a.distance - b.distance);
  const [first, second] = ranked;
  if (!first || (second && second.distance === first.distance)) return null;
  return first.branch;
}

/** What the branches of a union expect, when none of them is nearest and the schema has no better message. */
function alternatives(branches: readonly (readonly KnownIssue[])[], shapes: Shapes): string {
  const forms = branches.map((branch) => {
    const other = branch.find(isOtherKind);
    if (other) return other.message.replace(/^must be /, '');
    const missing = branch.flatMap((issue) => faultsOf(issue, [], shapes)).filter(({ kind }) => kind === 'missing');
    return missing.length === 0
      ? 'another mapping'
      : `a mapping with ${missing.map(({ path }) => nameOf(path)).join(' and ')}`;
  });
  return `must be one of: ${[...new Set(forms)].join('; ')}`;
}

/** How far a value is from a branch: extra or missing keys weigh more than a key with a wrong value. */
function distanceOf(branch: readonly KnownIssue[], shapes: Shapes): number {
  const other = branch.find(isOtherKind);
  if (other) return other.message.includes(DID_YOU_MEAN) ? 0.5 : Number.POSITIVE_INFINITY;
  const faults = branch.flatMap((issue) => faultsOf(issue, [], shapes));
  const meant = new Set(faults.map((fault) => fault.meant));
  return faults.reduce((sum, fault) => {
    if (fault.kind === 'wrong') return sum + 0.5;
    if (fault.kind === 'missing') return meant.has(JSON.stringify(fault.path)) ? sum : sum + 1;
    return fault.meant === undefined ? sum + 1 : sum + 0.5;
  }, 0);
}

function isOtherKind({ code, path }: KnownIssue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value');
}
