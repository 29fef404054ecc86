import type { CheckName, Finding } from '../parity/finding.ts';

export type { CheckName, Finding } from '../parity/finding.ts';

/** Strongest first; the first that holds is the verdict. */
export type VerdictName = 'harmful' | 'suspect' | 'shared-fault' | 'blind' | 'undecided' | 'at-parity';

export interface Verdict {
  readonly name: VerdictName;
  /** One sentence for people; the same words in the API, the CLI, the audit and the page. */
  readonly reason: string;
  /** Log of the combined evidence of harm and the thresholds it is held against. */
  readonly logEvidence: number;
  readonly logThreshold: number;
  readonly logHold: number;
  readonly findings: readonly Finding[];
  /** The check that carries the verdict; null for `at-parity` and where none stands out. */
  readonly worst: CheckName | 'combined' | null;
  /** For `undecided`: how much more is needed, at the present traffic. */
  readonly needs: { readonly canaryRequests: number; readonly ms: number | null } | null;
}
