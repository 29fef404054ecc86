import type { FindingView } from '../../api/verdict-schemas.ts';
import type { RolloutView } from '../../api/view-schemas.ts';
import { formatCount } from '../../parity/figures.ts';
import { aloneAt } from '../../parity/stake.ts';
import { clean, padTo, widthOf, wrap } from '../text.ts';
import { bar, measureOf, type Paint } from './figures.ts';

/** Of the column of names, one space included: names are never cut, because `serin skip` needs them whole. */
const LEAST_CHECK = 13;
const CANARY = 8;
const STABLE = 10;
const FIGURES = 11;
const WIDEST_BAR = 20;
/** Of both figures and the numbers of harm. */
const LEAST_BESIDE = CANARY + STABLE + 4 + FIGURES;
/** Of everything but the bar and the names. */
const FULL_WIDTH = 48;

/** Per check: canary against stable, and how close its evidence of harm is to the level that decides alone. */
export function renderChecks(view: RolloutView, width: number, paint: Paint): string[] {
  const { verdict } = view;
  if (!verdict || verdict.findings.length === 0) return [];
  // What does not fit is dropped, the least informative first: the bar, then parity.
  const longest = Math.max(LEAST_CHECK, ...verdict.findings.map(({ check }) => widthOf(clean(check)) + 1));
  const named = Math.max(LEAST_CHECK, Math.min(longest, width - LEAST_BESIDE));
  const full = named + FULL_WIDTH;
  const size = width < full + 4 ? 0 : Math.min(WIDEST_BAR, width - full);
  const harmWidth = size + FIGURES;
  const showParity = width >= full;

  const row = (check: string, canary: string, stable: string, harm: string, parity: string) => {
    // A name that has no room beside its figures stands above them.
    const above = check.length < named ? '' : `${linesOf(check, width).join('\n')}\n`;
    const values = `${padTo(above === '' ? check : '', named)}${canary.padStart(CANARY)}${stable.padStart(STABLE)}`;
    return `${above}${values}    ${showParity ? padTo(harm, harmWidth) + parity : harm}`.trimEnd();
  };
  const label = harmWidth > 'evidence of harm'.length ? 'evidence of harm' : 'harm';
  const rows = verdict.findings.map((finding) => {
    const { check, canary, stable, unit, figures } = finding;
    // The share of answers beyond a latency that the policy names; it is not compared with the stable.
    const beside = /^guard:p\d/.test(check) && canary !== null ? 'too slow' : measureOf(stable, unit, figures);
    const values = [clean(check), measureOf(canary, unit, figures), beside] as const;
    if (view.skippedChecks.includes(check)) return paint.dim(row(...values, 'skipped', ''));
    const colour = check === verdict.worst ? paint.red : paint.yellow;
    if (finding.dryRun) {
      const evidence = `dry run ${Math.max(0, finding.logHarm ?? 0).toFixed(1)}`;
      return paint.dim(row(...values, evidence, parityOf(finding, paint)));
    }
    const harm = harmOf(finding.logHarm, thresholdOf(finding, verdict), size, colour, paint);
    return row(...values, harm, parityOf(finding, paint));
  });
  const combined = harmOf(verdict.logEvidence, verdict.logThreshold, size, paint.red, paint);
  return [
    '',
    paint.dim(row('check', 'canary', 'stable', label, 'parity')),
    ...rows,
    row('combined', '', '', combined, ''),
    ...verdict.findings.flatMap((finding) => countedIn(finding, width).map(paint.dim)),
  ];
}

/**
 * `content: 120 (canary) and 1,090 (stable) of the answers that were read, of a sample of 10 %`, and behind the name the unit of figures
 * that have one of their own: `logs: error lines in 1,000 requests, 120 (canary) and 1,090 (stable) requests whose lines were compared`
 */
function countedIn({ check, named, requests, counted, in: unit }: FindingView, width: number): readonly string[] {
  if (counted === undefined) return [];
  const [canary, stable] = [formatCount(requests.canary), formatCount(requests.stable)];
  const figures = unit === undefined ? '' : `${unit}, `;
  return wrap(clean(`${named ?? check}: ${figures}${canary} (canary) and ${stable} (stable) ${counted}`), width);
}

function linesOf(text: string, width: number): readonly string[] {
  return Array.from({ length: Math.ceil(text.length / width) }, (_, at) => text.slice(at * width, (at + 1) * width));
}

// A check that can only hold is measured against the evidence that holds: of query checks and silence alone. Others without a share of
// the budget, such as those of logs, hold by limits of their own, or not at all.
function thresholdOf(finding: FindingView, { logThreshold, logHold }: NonNullable<RolloutView['verdict']>) {
  const { check, budgetWeight } = finding;
  if (budgetWeight > 0) return logThreshold === null ? null : aloneAt(budgetWeight, logThreshold);
  return check.startsWith('query:') || check === 'silence' ? logHold : null;
}

function harmOf(
  log: number | null,
  threshold: number | null,
  size: number,
  colour: (text: string) => string,
  paint: Paint,
): string {
  if (threshold === null) return '-';
  const value = log ?? 0;
  const figures = `${Math.max(0, value).toFixed(1)}/${threshold.toFixed(1)}`;
  return size === 0 ? figures : `${bar(value / threshold, size, colour, paint)} ${figures}`;
}

function parityOf({ logParity, logParityThreshold, needsCanaryRequests }: FindingView, paint: Paint): string {
  if (logParityThreshold === null) return '-';
  if (logParity !== null && logParity >= logParityThreshold) return paint.green('✓');
  return needsCanaryRequests === null ? 'open' : `${formatCount(needsCanaryRequests)} more`;
}
