import { formatCount } from '../../parity/figures.ts';
import { counted } from '../../policy/counted.ts';
import type { ReportParts } from './report-parts.ts';

/** A command that anybody may run, and what it shows. */
export interface Verification {
  readonly command: string;
  readonly says: string;
}

/** The most that one answer of the audit has. */
const MOST_LISTED = 100;

/** How to check a report without believing it. */
export function verificationsOf({ record: { rollout }, audit }: ReportParts): readonly Verification[] {
  const { id, policyDigest } = rollout;
  const [first, last] = [audit[0], audit.at(-1)];
  const listed = Math.min(MOST_LISTED, Math.max(1, audit.length));
  const which =
    audit.length > MOST_LISTED
      ? `the newest ${MOST_LISTED} of ${counted(audit.length, 'entry', 'entries')}`
      : counted(audit.length, 'entry', 'entries');
  const chained =
    first && last
      ? `: this rollout's entries are between ${formatCount(first.seq)} and ${formatCount(last.seq)}, the last with the hash ${last.hash}`
      : '';
  return [
    {
      command: `serin audit --rollout ${id} --limit ${listed} -o wide`,
      says: `${which} of the audit, with their hashes`,
    },
    { command: 'serin audit verify', says: `that no entry of the audit was changed or cut off${chained}` },
    { command: `serin report ${id} --policy > policy.yaml`, says: 'the policy that the rollout kept' },
    {
      command: 'serin validate policy.yaml',
      says: `its digest is ${policyDigest}, unless an older Serin began the rollout, whose policies had fewer fields`,
    },
    { command: `serin report ${id} -o json`, says: 'this report as data' },
  ];
}
