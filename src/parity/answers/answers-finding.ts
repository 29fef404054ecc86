import type { ComparisonTerms } from '../../policy/checks/answer-comparison.ts';
import { counted } from '../../policy/counted.ts';
import { type PairEvidence, placeOfField } from '../../stats/answers/pair-fields.ts';
import { type Difference, MOST_DIFFERENCES } from '../differences/difference.ts';
import { differencesInWords } from '../differences/in-words.ts';
import { formatCount, formatErrorMargin } from '../figures.ts';
import type { Finding } from '../finding.ts';
import { edgeOf, limitsAbove } from '../limits/limits.ts';
import { answerDifferences, harmOfAnswers, openFields, ownAnswers } from './answer-differences.ts';

/** The name under which the check reports. */
export const ANSWERS = 'answers';

/** Differences that can break a client; what is only added, or meant, is told. */
export function breakingAnswers(terms: ComparisonTerms, evidence: PairEvidence): readonly Difference[] {
  return answerDifferences(terms, evidence).filter(({ effect }) => effect === 'breaking');
}

export function answersFinding(terms: ComparisonTerms, evidence: PairEvidence, budgetWeight: number): Finding {
  const differences = answerDifferences(terms, evidence);
  const [worst] = differences;
  const margin = formatErrorMargin(terms.margin, '+');
  const share = (of: Difference['canary'] | undefined) => (of === undefined || of.of === 0 ? null : of.count / of.of);
  return {
    check: ANSWERS,
    canary: share(worst?.canary),
    stable: share(worst?.stable),
    unit: 'share',
    quantile: null,
    bounds: { canary: worst?.canary.bounds ?? null, stable: worst?.stable.bounds ?? null },
    requests: { canary: evidence.compared, stable: evidence.compared },
    counted: 'requests that both versions answered',
    logHarm: harmOfAnswers(terms, evidence),
    budgetWeight,
    dispersion: 1,
    logParity: null,
    logParityThreshold: null,
    rollbackMargin: `${margin}${BEYOND[terms.differences]}`,
    parityMargin: null,
    limits: limitsAbove(share(worst?.stable), edgeOf(terms.margin), []),
    needsCanaryRequests: null,
    needsAt: [],
    ...(differences.length === 0 ? {} : { differences: differences.slice(0, MOST_DIFFERENCES) }),
    says: whatIsComparedInWords(terms, evidence),
  };
}

const BEYOND: Readonly<Record<ComparisonTerms['differences'], string>> = {
  rollback: '',
  hold: ', which holds',
  report: ', which is told',
};

/** Why the rollout waits. */
export function whyAnswersHold(terms: ComparisonTerms, evidence: PairEvidence): string {
  return `canary ${differencesInWords(answerDifferences(terms, evidence)) ?? 'differs'}: this holds the canary`;
}

/** What the internal phase waits for: requests, or the answer to whether a field differs. Null where it waits for nothing. */
export function whatAnswersWaitFor(terms: ComparisonTerms, evidence: PairEvidence): string | null {
  const { compared } = evidence;
  if (compared < terms.requests) {
    return `answers: ${formatCount(compared)} of ${counted(terms.requests, 'mirrored request')} compared${lostOf(evidence)}`;
  }
  const [field, ...others] = openFields(terms, evidence);
  if (field === undefined) return null;
  const { place, path } = placeOfField(field.name);
  const more = others.length === 0 ? '' : `, and ${counted(others.length, 'more field')} like it`;
  const differs = `${path} in ${place} differed in ${formatCount(field.differs)} of ${counted(field.of, 'request')}`;
  return `answers: more requests are needed to tell whether the versions differ: ${differs}, ${ownAnswers(field.noise)}${more}`;
}

function lostOf({ unusable }: PairEvidence): string {
  return unusable === 0 ? '' : ` (${formatCount(unusable)} more could not be compared)`;
}

/** What was compared, and what came of it. */
export function whatIsComparedInWords(terms: ComparisonTerms, evidence: PairEvidence): string {
  const { compared } = evidence;
  const lost = lostOf(evidence);
  const differs = differencesInWords(answerDifferences(terms, evidence));
  if (differs !== null) return `canary ${differs}`;
  if (compared === 0)
    return `answers: nothing compared yet${lost}; mirror of the route says what is sent to both versions`;
  return `answers: ${counted(compared, 'request')} compared${lost}, no field differs by the version`;
}
