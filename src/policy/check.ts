import { checkJudge } from './check-judge.ts';
import { checkMargins } from './check-margins.ts';
import { checkQueries } from './check-queries.ts';
import { checkReports } from './check-reports.ts';
import { checkStages } from './check-stages.ts';
import type { DocumentFault } from './fault.ts';
import type { Legible } from './legible.ts';
import type { Policy } from './schema.ts';

/**
 * The rules that hold between fields of a policy, which a schema cannot say. Takes a valid policy, or what is legible
 * of an invalid one. The faults are in no particular order.
 */
export function checkPolicy(policy: Legible<Policy>): readonly DocumentFault[] {
  const spec = policy?.spec;
  if (!spec) return [];
  return [
    ...checkStages(spec),
    ...checkMargins(spec),
    ...checkJudge(spec),
    ...checkQueries(spec),
    ...checkReports(spec),
  ];
}
