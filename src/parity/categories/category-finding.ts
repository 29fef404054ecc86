import type { CategoryTerms } from '../../policy/checks/answer-checks.ts';
import { counted } from '../../policy/counted.ts';
import type { Policy } from '../../policy/schema.ts';
import { rateInterval } from '../../stats/evidence/confidence.ts';
import { type BlockCounts, boundaryAt } from '../../stats/evidence/e-value.ts';
import type { Window } from '../../stats/evidence/window.ts';
import { expectedRate } from '../../stats/rates/error-rate.ts';
import { GROSS_BOUNDARY, logGross } from '../../stats/rates/gross.ts';
import { logLess, logMore, logNotLess, logNotMore, type ShiftState } from '../../stats/rates/shift.ts';
import type { FindingContext } from '../context.ts';
import { formatErrorMargin, formatPoints, formatShare } from '../figures.ts';
import type { Finding } from '../finding.ts';
import { type Limits, limitsAbove, limitsBelow } from '../limits/limits.ts';
import { forecastAtNextWeights, forecastNeeds, isContrary, parityInWords, sayNoForecast } from '../needs.ts';
import { rateParityGain } from '../rate.ts';
import { clip } from '../words.ts';
import { type CategoryState, categoryMargins, categoryName, countWords, isWord, wordsIn } from './category-state.ts';

/** The stable's words of which parity is asked: those that it has at least this often. */
const WORTH_SHOWING = 0.01;

/** One of the tests of a category: of a word, or of all worse ones together. */
export interface WordTest {
  /** For sentences. */
  readonly name: string;
  readonly isWorse: boolean;
  readonly state: ShiftState;
  readonly isMeant: (word: string) => boolean;
}

export function testsOf({ worse }: CategoryTerms, state: CategoryState): readonly WordTest[] {
  const listed = state.words.map(({ word }) => word);
  const others = state.words.map(
    (known): WordTest => ({
      name: known.word === '' ? 'none given' : clip(known.word),
      isWorse: false,
      state: known,
      isMeant: isWord(known.word, listed, worse),
    }),
  );
  if (worse.length === 0) return others;
  const together = { name: worse.map(clip).join(' or '), isWorse: true, state: state.worse };
  return [{ ...together, isMeant: (word) => worse.includes(word) }, ...others];
}

/** Evidence that the share of a word has shifted, up or down; of a worse word only up. */
export function logShift({ isWorse, state }: WordTest): number {
  return isWorse ? logMore(state) : Math.max(logMore(state), logLess(state));
}

/** Shares of a word over a span of blocks. */
export function wordCounts(name: string, { canary, stable }: Window, { isMeant }: WordTest): BlockCounts {
  return countWords({ canary: wordsIn(canary, name), stable: wordsIn(stable, name) }, isMeant);
}

/** The finding of one category: its figures are those of the word with the most evidence against it. */
export function categoryFinding(
  policy: Policy,
  name: string,
  terms: CategoryTerms,
  state: CategoryState,
  context: FindingContext,
): Finding {
  const tests = testsOf(terms, state);
  const shown = tests.toSorted((left, right) => logShift(right) - logShift(left))[0] ?? null;
  const none: BlockCounts = { nc: 0, xc: 0, ns: 0, xs: 0 };
  const counts = shown === null ? none : wordCounts(name, context.figures, shown);
  const { nc, xc, ns, xs } = counts;
  const label = `${name}${shown === null ? '' : ` ${shown.name}`}`;
  const common = {
    check: categoryName(name),
    canary: nc === 0 ? null : xc / nc,
    stable: ns === 0 ? null : xs / ns,
    unit: 'share',
    quantile: null,
    named: label,
    bounds: { canary: rateInterval(xc, nc), stable: rateInterval(xs, ns) },
    requests: { canary: nc, stable: ns },
    counted: `of the answers in which ${name} was looked for${sampleOf(policy, terms)}`,
    dispersion: context.phi.rate,
  } as const;
  const figures =
    shown === null
      ? name
      : `${name}: ${shown.name} ${formatShare(nc === 0 ? 0 : xc / nc)} against ${formatShare(ns === 0 ? 0 : xs / ns)}`;
  if (state.byKey !== null) {
    return {
      ...common,
      byKey: 'own',
      logHarm: logGross(state.byKey),
      budgetWeight: 0,
      logParity: null,
      logParityThreshold: null,
      rollbackMargin: `${formatShare(GROSS_BOUNDARY.rho - 1)} + ${formatPoints(GROSS_BOUNDARY.a)}, which holds`,
      parityMargin: null,
      limits: limitsAbove(common.stable, GROSS_BOUNDARY, []),
      needsCanaryRequests: null,
      needsAt: [],
      says: `${figures}; keys are sticky and words are not counted by key, so only far more of the worse ones would hold`,
      brief: figures,
    };
  }
  const margin = formatErrorMargin(terms.rollback, '+');
  return {
    ...common,
    logHarm: terms.worse.length === 0 ? 0 : logMore(state.worse),
    budgetWeight: context.budgetWeight,
    rollbackMargin: terms.worse.length === 0 ? `${margin}, which holds` : `${margin}; of other words it holds`,
    parityMargin: formatErrorMargin(terms.parity, 'or'),
    limits: wordLimits(terms, shown, common),
    logParityThreshold: context.logParityThreshold,
    ...parityOf(name, terms, tests, context),
  };
}

/** Of a word that is not worse, fewer are as bad as more: the limits are those on the side of the canary. */
function wordLimits(
  terms: CategoryTerms,
  shown: WordTest | null,
  { canary, stable }: Pick<Finding, 'canary' | 'stable'>,
): Limits {
  const { harm, parity } = categoryMargins(terms);
  const isFewer = shown?.isWorse === false && canary !== null && stable !== null && canary < stable;
  return (isFewer ? limitsBelow : limitsAbove)(stable, harm, parity);
}

/** What the category says of its parity: that of the word that is the furthest from it. */
function parityOf(
  name: string,
  terms: CategoryTerms,
  tests: readonly WordTest[],
  context: FindingContext,
): Pick<Finding, 'logParity' | 'needsCanaryRequests' | 'needsAt' | 'says'> {
  const [furthest] = tests
    .filter(({ isWorse, state }) => isWorse || expectedRate(state) >= WORTH_SHOWING)
    .toSorted((left, right) => logSame(left) - logSame(right));
  const counts = furthest === undefined ? null : wordCounts(name, context.figures, furthest);
  if (furthest === undefined || counts === null || counts.nc === 0 || counts.ns === 0) {
    return { logParity: 0, needsCanaryRequests: null, needsAt: [], says: nothingYet(name, counts, context) };
  }
  const { nc, xc, ns, xs } = counts;
  const margins = categoryMargins(terms);
  const parityMargin = formatErrorMargin(terms.parity, 'or');
  const logParity = logSame(furthest);
  const isAbove = (one: number, other: number) => margins.parity.every((edge) => one > boundaryAt(edge, other));
  const isBeyond = isAbove(xc / nc, xs / ns) || (!furthest.isWorse && isAbove(xs / ns, xc / nc));
  const looked = context.figures.canary.requests === 0 ? 1 : Math.min(1, nc / context.figures.canary.requests);
  const gain = rateParityGain(furthest.state, margins, terms.parity, context.phi.rate);
  const gainAt = (share: number) => looked * gain.gainAt(share);
  const wider = gain.wider.map((one) => ({ ...one, gainAt: (share: number) => looked * one.gainAt(share) }));
  const needs = forecastNeeds(context, logParity, gainAt, context.phi.rate);
  const forecasts = !isContrary(logParity, isBeyond);
  const figures = `${name}: ${furthest.name} ${formatShare(xc / nc)} against ${formatShare(xs / ns)}`;
  return {
    logParity,
    needsCanaryRequests: forecasts ? needs : null,
    needsAt: forecasts ? forecastAtNextWeights(context, logParity, gainAt, context.phi.rate) : [],
    says:
      needs === null
        ? sayNoForecast(name, context)
        : parityInWords(
            `${name}, its ${furthest.name}`,
            figures,
            { logParity, parityMargin, isBeyond, needs, gain: { ...gain, gainAt, wider } },
            context,
          ),
  };
}

function logSame({ isWorse, state }: WordTest): number {
  return isWorse ? logNotMore(state) : Math.min(logNotMore(state), logNotLess(state));
}

function nothingYet(name: string, counts: BlockCounts | null, context: FindingContext): string {
  const { canary, stable } = context.figures;
  if (canary.requests === 0 || stable.requests === 0) return sayNoForecast(name, context);
  const isCanary = counts === null || counts.nc === 0;
  const of = isCanary ? (['the canary', canary.requests] as const) : (['the stable', stable.requests] as const);
  return `${name}: nothing to compare yet, it was looked for in none of ${counted(of[1], 'answer')} of ${of[0]}`;
}

/** `, of a sample of 10 %` where bodies are read for the word. */
export function sampleOf({ spec: { checks } }: Policy, { from }: CategoryTerms): string {
  const { sample } = checks.errors;
  return sample < 1 && ('json' in from || 'lastEvent' in from) ? `, of a sample of ${formatShare(sample)}` : '';
}
