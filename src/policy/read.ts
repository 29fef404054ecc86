import type { Issue } from '../problem/problem.ts';
import { checkPolicy } from './check.ts';
import { digestPolicy } from './digest.ts';
import { inOrder, readDocument } from './document.ts';
import { isRecord } from './is-record.ts';
import { legiblePolicy } from './legible.ts';
import type { SourceDocument } from './place.ts';
import { type Policy, policySchema } from './schema.ts';

export type PolicyReading =
  | { readonly ok: true; readonly policy: Policy; readonly digest: string; readonly document: SourceDocument }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** A valid policy, and the digest that pins it. */
export interface LoadedPolicy {
  readonly policy: Policy;
  readonly digest: string;
}

/**
 * The text of a policy file -> the policy with its digest, or every issue at once: of the YAML, of single fields, and
 * of the rules across fields wherever the fields they need are valid. `file` is only a label, never opened.
 */
export function readPolicy(text: string, file: string): PolicyReading {
  const reading = readDocument(text, file, policySchema);
  if (reading.ok) {
    const { value: policy, document } = reading;
    const faults = checkPolicy(policy);
    if (faults.length > 0) return { ok: false, issues: inOrder(faults.map(document.issue)) };
    return { ok: true, policy, digest: digestPolicy(policy), document };
  }
  if (reading.rest === null) return { ok: false, issues: reading.issues };
  const { value, document } = reading.rest;
  if (isServerFile(value)) {
    const message = `${file} is no policy: it has routes, as the file of serin serve does. serin doctor --config ${file} checks that`;
    return { ok: false, issues: [document.issue({ path: ['routes'], message, at: 'key' })] };
  }
  const faults = checkPolicy(legiblePolicy(value));
  return { ok: false, issues: inOrder([...reading.issues, ...faults.map(document.issue)]) };
}

function isServerFile(value: unknown): boolean {
  return isRecord(value) && 'routes' in value && !('kind' in value) && !('spec' in value);
}
