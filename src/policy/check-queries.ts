import { valuesOf } from './check-values.ts';
import type { LogTerms } from './checks/log-checks.ts';
import type { QueryCheck } from './checks/query-check.ts';
import type { DocumentFault, Path } from './fault.ts';
import type { Legible, LegibleSpec } from './legible.ts';
import { formatDuration, formatPercent } from './units.ts';

const CHECKS: Path = ['spec', 'checks'];
const QUERIES: Path = [...CHECKS, 'queries'];
const QUANTILES: Path = ['spec', 'checks', 'latency', 'quantiles'];
const PROBES: Path = ['spec', 'checks', 'probes'];
const VALUES: Path = ['spec', 'checks', 'values'];
const LOGS: Path = ['spec', 'checks', 'logs'];
/** A quantile of PromQL and its level: the first argument, and for `quantile_over_time` too. */
const QUANTILE = /\b(?:histogram_quantile|quantile(?:_over_time)?)\s*(?:(?:by|without)\s*\([^)]*\)\s*)?\(\s*([\d.]+)/;

type LegibleQuery = NonNullable<Legible<QueryCheck>>;

/**
 * Rules about the checks on values of queries: what docs/statistics.md section 3.9 allows to be concluded from them.
 */
export function checkQueries(spec: LegibleSpec): readonly DocumentFault[] {
  const queries = Object.entries(spec.checks?.queries ?? {}).flatMap(([name, query]) =>
    query === null ? [] : [{ path: [...QUERIES, name], query }],
  );
  return [
    ...weightsLeaveARest([
      {
        path: QUERIES,
        says: 'queries that roll back',
        checks: queries.flatMap(({ query }) => (query.action === 'rollback' ? [query] : [])),
      },
      { path: QUANTILES, says: 'named quantiles', checks: Object.values(spec.checks?.latency?.quantiles ?? {}) },
      {
        path: [...CHECKS, 'responseShape'],
        says: 'the shape of answers (0.1 where it says none)',
        checks: spec.checks?.responseShape?.breaking === 'rollback' ? [spec.checks.responseShape] : [],
      },
      { path: PROBES, says: 'probes', checks: [spec.checks?.probes ?? null] },
      {
        path: LOGS,
        says: 'logs that roll back',
        checks: rollsBack(spec.checks?.logs ?? null) ? [spec.checks?.logs ?? null] : [],
      },
      {
        path: VALUES,
        says: 'what answers carry',
        checks: [...valuesOf(spec).map(({ terms }) => terms), ...Object.values(spec.checks?.categories ?? {})],
      },
    ]),
    ...queries.flatMap(({ path, query }) => [
      ...rollbackHasANull(path, query),
      ...limitHasASide(path, query),
      ...guardIsUnbiased(path, query),
      ...intervalIsALook(path, query, spec.judge?.block ?? null),
      ...marginsAreOrdered(path, query),
    ]),
  ];
}

function rollsBack(logs: Legible<LogTerms>): boolean {
  if (logs === null) return false;
  const { newErrors, newWarnings, errors, warnings, fields, calls, mix } = logs;
  const { new: newCalls = null, lost = null, rate = null } = calls ?? {};
  return [newErrors, newWarnings, errors?.action, warnings?.action, fields, newCalls, lost, rate?.action, mix].includes(
    'rollback',
  );
}

interface Weighted {
  readonly path: Path;
  readonly says: string;
  readonly checks: readonly Legible<{ readonly weight: number; readonly dryRun: boolean }>[];
}

/** The other checks share the budget that these leave; the fault is at those that take the most. */
function weightsLeaveARest(kinds: readonly Weighted[]): DocumentFault[] {
  const taken = kinds
    .map(({ path, says, checks }) => ({
      path,
      says,
      weight: checks.reduce((total, check) => total + (check?.dryRun === false ? (check.weight ?? 0) : 0), 0),
    }))
    .filter(({ weight }) => weight > 0);
  const sum = taken.reduce((total, { weight }) => total + weight, 0);
  const [most] = taken.toSorted((left, right) => right.weight - left.weight);
  if (most === undefined || sum < 1 - 1e-9) return [];
  const of = taken.map(({ says }) => says).join(', and of ');
  const message = `weights of ${of} must sum to less than 1, or no other check could: they sum to ${Number(sum.toPrecision(12))}, and one that says no weight has 0.05`;
  return [{ path: most.path, message, at: 'key' }];
}

function rollbackHasANull(path: Path, { action, comparable, limit }: LegibleQuery): DocumentFault[] {
  if (action !== 'rollback' || comparable !== false || limit !== undefined) return [];
  const message =
    'action rollback takes comparable: true, or a limit: values of arms of different sizes differ where the versions do not';
  return [{ path: [...path, 'action'], message, at: 'key' }];
}

function limitHasASide(path: Path, { limit, worse }: LegibleQuery): DocumentFault[] {
  if (limit === undefined || limit === null || worse !== 'both') return [];
  const message = 'limit takes worse: higher or lower, or nobody can tell which side of it is bad';
  return [{ path: [...path, 'limit'], message, at: 'key' }];
}

/** The fewer the requests of an arm, the lower its upper quantiles: the canary would look worse for being small. */
function guardIsUnbiased(path: Path, { worse, comparable, query }: LegibleQuery): DocumentFault[] {
  if (comparable !== false || worse === null || worse === 'higher') return [];
  const level = Number(QUANTILE.exec(query ?? '')?.[1] ?? Number.NaN);
  if (!(level > 0.5)) return [];
  const message = `worse: ${worse} takes comparable: true where the query is an upper quantile: it is lower on the smaller arm`;
  return [{ path: [...path, 'worse'], message, at: 'key' }];
}

function intervalIsALook(path: Path, { interval }: LegibleQuery, block: number | null): DocumentFault[] {
  if (interval === null || block === null || interval >= block) return [];
  const message = `interval must be at least judge.block: ${formatDuration(interval)} against ${formatDuration(block)}`;
  return [{ path: [...path, 'interval'], message, at: 'key' }];
}

function marginsAreOrdered(path: Path, { rollback, parity, comparable }: LegibleQuery): DocumentFault[] {
  const { relative: rr = null, absolute: ra = null } = rollback ?? {};
  const { relative: pr = null, absolute: pa = null } = parity ?? {};
  if (comparable !== true || rr === null || ra === null || pr === null || pa === null) return [];
  const fault = (key: string, message: string): DocumentFault => ({
    path: [...path, 'parity', key],
    message,
    at: 'key',
  });
  if (pr === 0 && pa === 0) {
    const message = 'parity must allow some difference, or it can never be shown';
    return [{ path: [...path, 'parity'], message, at: 'key' }];
  }
  const wider = 'parity margin must be at least the rollback margin';
  if (pr < rr) return [fault('relative', `${wider}: ${formatPercent(pr)} against ${formatPercent(rr)}`)];
  if (pa < ra) return [fault('absolute', `${wider}: ${pa} against ${ra}`)];
  return [];
}
