import type { FindingView, VerdictView } from '../../../views.ts';

export interface HarmThreshold {
  /** Log e-value. */
  readonly log: number;
  /** What its evidence does there by itself. */
  readonly does: 'rolls back' | 'holds';
}

/**
 * The log e-value at which the evidence of one check decides alone. The combined evidence is the sum of the checks' e-values, each with
 * its share of the budget, so that is the threshold of the whole minus the logarithm of the share (docs/statistics.md). A check without
 * a share never rolls back. That of a query and of silence holds; what makes others hold (log lines) is not the evidence in their finding.
 * Null where that evidence decides nothing.
 */
export function harmThresholdOf(
  { check, budgetWeight, dryRun }: Pick<FindingView, 'check' | 'budgetWeight' | 'dryRun'>,
  { logThreshold, logHold }: Pick<VerdictView, 'logThreshold' | 'logHold'>,
): HarmThreshold | null {
  if (dryRun === true) return null;
  if (budgetWeight > 0) {
    return logThreshold === null ? null : { log: logThreshold - Math.log(budgetWeight), does: 'rolls back' };
  }
  const holds = check.startsWith('query:') || check === 'silence';
  return holds && logHold !== null ? { log: logHold, does: 'holds' } : null;
}

/** What the end of its rollback margin is to be called in a drawing; null where nothing comes of it, and it is not drawn. */
export function marginDoes(finding: FindingView, verdict: VerdictView): string | null {
  if (finding.dryRun === true) return 'would only be reported';
  return harmThresholdOf(finding, verdict)?.does ?? null;
}

/** How near its evidence of harm is to where it decides, 0 to 1; 0 without any. */
export function harmPart(finding: FindingView, verdict: Pick<VerdictView, 'logThreshold' | 'logHold'>): number {
  const threshold = harmThresholdOf(finding, verdict);
  return threshold === null ? 0 : partOfWay(finding.logHarm, threshold.log);
}

/** How much of a threshold is reached, 0 to 1. Null evidence is none. */
export function partOfWay(log: number | null, threshold: number): number {
  if (log === null || log <= 0) return 0;
  return threshold <= 0 ? 1 : Math.min(1, log / threshold);
}

export type ParityStanding = 'none' | 'reports' | 'shown' | 'open';

export function parityOf({ dryRun, logParity, logParityThreshold }: FindingView): ParityStanding {
  if (dryRun === true) return 'reports';
  if (logParityThreshold === null) return 'none';
  return logParity !== null && logParity >= logParityThreshold ? 'shown' : 'open';
}

/** Evidence from this part of the way on comes before every parity that is open. */
const TELLING = 0.25;

/** The findings in the order of their urgency: what the verdict rests on, evidence of harm, parity that is open, the rest, what only reports. */
export function worstFirst(verdict: VerdictView): readonly FindingView[] {
  const keyed = verdict.findings.map((finding) => ({ finding, key: keyOf(finding, verdict) }));
  return keyed.toSorted((one, other) => compare(one.key, other.key)).map(({ finding }) => finding);
}

function keyOf(finding: FindingView, verdict: VerdictView): readonly [rank: number, within: number] {
  const part = harmPart(finding, verdict);
  const differs = finding.differences?.some(({ effect }) => effect === 'breaking') ?? false;
  if (finding.dryRun === true) return [5, 0];
  if (finding.check === verdict.worst) return [0, 0];
  if (part >= TELLING || differs) return [1, -part];
  const { logParity, logParityThreshold } = finding;
  if (parityOf(finding) === 'open' && logParityThreshold !== null) return [2, partOfWay(logParity, logParityThreshold)];
  return [parityOf(finding) === 'shown' || part > 0 ? 3 : 4, -part];
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((value, index) => value !== other[index]);
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}

const LABELS: Readonly<Record<string, string>> = {
  clientErrors: '4xx answers',
  dominance: 'whole distribution',
  responseShape: 'shape of answers',
  answers: 'answers in pairs',
  slices: 'single endpoints and consumers',
  logs: 'log lines',
  split: 'share of the traffic',
  cold: 'the warm-up',
};

/** What a check is called in a table. `serin skip` takes its name, not this. */
export function checkLabel({ check, named }: Pick<FindingView, 'check' | 'named'>): string {
  if (named !== undefined) return named;
  const known = LABELS[check];
  if (known !== undefined) return known;
  const [kind = '', ...rest] = check.split(':');
  const name = rest.join(':');
  if (kind === 'keys' && name !== '') return `${LABELS[name] ?? name} by key`;
  if (kind === 'slower' && name !== '') return `slower than ${name} ms`;
  return name === '' ? check : `${kind} ${LABELS[name] ?? name}`;
}
