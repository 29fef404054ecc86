import { checkJudge } from './check-judge.ts';
import { checkMargins } from './check-margins.ts';
import { checkQueries } from './check-queries.ts';
import { checkStages } from './check-stages.ts';
import { checkValues, valuesOf } from './check-values.ts';
import { checkShape } from './checks/check-shape.ts';
import type { DocumentFault } from './fault.ts';
import type { Legible, LegibleSpec } from './legible.ts';
import type { Policy } from './schema.ts';

/**
 * The rules that hold between fields of a policy, which a schema cannot express. Takes a valid policy, or the legible part
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
    ...checkValues(spec),
    ...checkShape(spec),
    ...checkReports(spec),
  ];
}

/** Rules about report-only checks. */
function checkReports(spec: LegibleSpec): readonly DocumentFault[] {
  return [...somethingIsShown(spec), ...reportedGuardsExist(spec)];
}

/** A promotion requires evidence of parity: without a check that has to show it, time alone would promote. */
function somethingIsShown(spec: LegibleSpec): DocumentFault[] {
  const { dryRun, steps, checks } = spec;
  const compares = (steps ?? []).some((step) => step !== null && 'weight' in step);
  const latency = checks?.latency;
  const required: readonly Legible<boolean>[] = [
    checks?.errors?.dryRun ?? null,
    checks?.clientErrors?.dryRun ?? null,
    latency?.p50?.dryRun ?? null,
    latency?.p95?.dryRun ?? null,
    latency?.p99?.dryRun ?? null,
  ];
  const queries = Object.values(checks?.queries ?? {});
  const byQuery = queries.some((query) => query === null || (query.comparable !== false && query.dryRun !== true));
  const byQuantile = Object.values(latency?.quantiles ?? {}).some((quantile) => quantile?.dryRun !== true);
  const byValue = valuesOf(spec).some(({ terms }) => terms?.dryRun !== true);
  const byProbes = checks?.probes !== undefined && checks.probes?.dryRun !== true;
  if (
    dryRun !== false ||
    !compares ||
    byQuery ||
    byQuantile ||
    byValue ||
    byProbes ||
    !required.every((dryRun) => dryRun === true)
  )
    return [];
  const message =
    'checks must have one that is more than a dryRun and can show parity, or nothing could be promoted; spec.dryRun: true says that a person ends each step';
  return [{ path: ['spec', 'checks'], message, at: 'key' }];
}

function reportedGuardsExist({ guards }: LegibleSpec): DocumentFault[] {
  return (guards?.dryRun ?? []).flatMap((name, index): DocumentFault[] =>
    name === null || guards?.[name] !== undefined
      ? []
      : [{ path: ['spec', 'guards', 'dryRun', index], message: `guards has no limit for ${name}`, at: 'value' }],
  );
}
