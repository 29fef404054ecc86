import type { Policy } from '../../policy/schema.ts';
import type { UnitMargin } from '../../stats/units/fresh-units.ts';
import { UNIT_METRICS, type UnitMetric } from '../../stats/units/unit-metric.ts';
import { formatErrorMargin, formatShare } from '../figures.ts';
import type { CheckName } from '../finding.ts';
import { type Limits, limitsAbove } from '../limits/limits.ts';

/** What the evidence of a look is made of, for those metrics that the policy counts. */
const WEIGHTS: Readonly<Record<UnitMetric, number>> = {
  errors: 0.35,
  clientErrors: 0.1,
  p50: 0.1,
  p95: 0.1,
  p99: 0.1,
  shift: 0.25,
};

const LABELS: Readonly<Record<UnitMetric, string>> = {
  errors: 'errors',
  clientErrors: '4xx and unusual answers',
  p50: 'p50',
  p95: 'p95',
  p99: 'p99',
  shift: 'latencies',
};

/** The recorder counts the canary's answers against edges that are shifted by the margin already. */
const IN_THE_EDGES: UnitMargin = { relative: 0, perTrial: 0 };
/** What no warm-up explains: more than twice the stable's share and 10 points. */
const GROSS = { relative: 1, absolute: 0.1 };

export function keyCheckName(metric: UnitMetric): CheckName {
  return `keys:${metric}`;
}

/** The check that compares the same metric by requests. */
export function byRequests(metric: UnitMetric): CheckName {
  return metric === 'shift' ? 'dominance' : metric;
}

export function labelOf(metric: UnitMetric): string {
  return `${LABELS[metric]} by key`;
}

/** Whether the policy makes the metric report only. */
export function isReportOnly({ spec: { checks } }: Policy, metric: UnitMetric): boolean {
  if (metric === 'errors' || metric === 'clientErrors') return checks[metric].dryRun;
  return metric === 'shift' ? (checks.latency.dominance?.dryRun ?? false) : checks.latency[metric].dryRun;
}

/** The metrics that may roll back, and their parts of the evidence of a look, which add up to 1. */
export function harmParts(policy: Policy): readonly { readonly metric: UnitMetric; readonly part: number }[] {
  const counted = UNIT_METRICS.filter((metric) => !isReportOnly(policy, metric) && harmMargin(policy, metric) !== null);
  const all = counted.reduce((total, metric) => total + WEIGHTS[metric], 0);
  return counted.map((metric) => ({ metric, part: WEIGHTS[metric] / all }));
}

/** Null for a metric that never rolls back, or not while the canary warms up. */
export function harmMargin(
  { spec: { checks } }: Policy,
  metric: UnitMetric,
  phase: 'warm-up' | 'judged' = 'judged',
): UnitMargin | null {
  const isShare = metric === 'errors' || metric === 'clientErrors';
  if (phase === 'warm-up') return isShare ? marginOf(GROSS) : null;
  if (metric === 'errors') return marginOf(checks.errors.rollback);
  if (metric !== 'clientErrors') return IN_THE_EDGES;
  return checks.clientErrors.rollback === 'off' ? null : marginOf(checks.clientErrors.rollback);
}

/** The margins of which the larger is allowed; none where no parity is claimed. */
export function parityMargins({ spec: { checks } }: Policy, metric: UnitMetric): readonly UnitMargin[] {
  if (metric === 'shift') return [];
  if (metric !== 'errors' && metric !== 'clientErrors') return [IN_THE_EDGES];
  const { relative, absolute } = checks[metric].parity;
  return [
    { relative, perTrial: 0 },
    { relative: 0, perTrial: absolute },
  ].filter((margin) => margin.relative > 0 || margin.perTrial > 0);
}

export function marginsInWords(
  { spec: { checks } }: Policy,
  metric: UnitMetric,
  phase: 'warm-up' | 'judged' = 'judged',
): { readonly rollback: string; readonly parity: string | null } {
  const gross = phase === 'warm-up' ? `${formatErrorMargin(GROSS, '+')} while it warms up` : null;
  if (metric === 'errors') {
    return {
      rollback: gross ?? formatErrorMargin(checks.errors.rollback, '+'),
      parity: formatErrorMargin(checks.errors.parity, 'or'),
    };
  }
  if (metric === 'clientErrors') {
    const { rollback } = checks.clientErrors;
    return {
      rollback: gross ?? (rollback === 'off' ? 'none: it never rolls back' : formatErrorMargin(rollback, '+')),
      parity: formatErrorMargin(checks.clientErrors.parity, 'or'),
    };
  }
  const { rollback, parity } =
    metric === 'shift' ? { rollback: shiftMargin(checks), parity: null } : checks.latency[metric];
  return { rollback: latencyInWords(rollback), parity: parity && latencyInWords(parity) };
}

/** Of shares; the margins of latencies are no shares of the answers, whose figures are. */
export function keyLimits(
  policy: Policy,
  metric: 'errors' | 'clientErrors',
  phase: 'warm-up' | 'judged' | undefined,
  stable: number | null,
): Limits {
  const edgeIn = ({ relative, perTrial }: UnitMargin) => ({ rho: 1 + relative, a: (1 + relative) * perTrial });
  const harm = harmMargin(policy, metric, phase);
  return limitsAbove(stable, harm && edgeIn(harm), parityMargins(policy, metric).map(edgeIn));
}

function shiftMargin({ latency }: Policy['spec']['checks']) {
  return latency.dominance?.rollback ?? latency.p50.rollback;
}

function latencyInWords({ relative, absoluteMs }: { readonly relative: number; readonly absoluteMs: number }): string {
  const parts = [relative > 0 ? [formatShare(relative)] : [], absoluteMs > 0 ? [`${absoluteMs} ms`] : []].flat();
  return parts.length === 0 ? formatShare(0) : parts.join(' or ');
}

// c <= (1 + relative) s + absolute, as a ratio that is taken off the canary's events and what is allowed beyond it.
function marginOf({ relative, absolute }: { readonly relative: number; readonly absolute: number }): UnitMargin {
  return { relative, perTrial: absolute / (1 + relative) };
}
