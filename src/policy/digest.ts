import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import { z } from 'zod';
import { formatPath, type Path } from './fault.ts';
import { isRecord } from './is-record.ts';
import { type Policy, type PolicyDocument, policySchema } from './schema.ts';

/** JSON with the keys of every object in code-unit order and no white space: equal data give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isRecord(part) ? Object.fromEntries(entriesInOrder(part)) : part,
  );
}

/** SHA-256 over the canonical form of plain data, hex. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** `sha256:` and 64 hex digits over the canonical form of the resolved policy: spelling and comments do not count. */
export function digestPolicy(policy: Policy): string {
  return `sha256:${digestOf(policy)}`;
}

/** A resolved policy in its written form, with every default spelt out. */
export function writePolicy(policy: Policy): PolicyDocument {
  return z.encode(policySchema, policy);
}

/** The same as YAML, which `readPolicy` reads as this policy, with its digest. */
export function policyYaml(policy: Policy): string {
  return stringify(writePolicy(policy), { aliasDuplicateObjects: false, lineWidth: 0, schema: 'core' });
}

/** What changed at one place of a policy, in the words of the file; null where it says nothing. */
export interface PolicyDifference {
  /** `spec.steps[1].weight` */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What changed from one policy to another, in the order of the file. */
export function diffPolicies(before: Policy, after: Policy): readonly PolicyDifference[] {
  return diff(writePolicy(before), writePolicy(after), []);
}

function diff(before: unknown, after: unknown, path: Path): readonly PolicyDifference[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) {
    const indices = Array.from({ length: Math.max(before.length, after.length) }, (_, index) => index);
    return indices.flatMap((index) => diff(before[index], after[index], [...path, index]));
  }
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => diff(before[key], after[key], [...path, key]));
  }
  return [{ path: formatPath(path), before: show(before), after: show(after) }];
}

function show(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : canonicalJson(value);
}

function entriesInOrder(value: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
