import type { ResponseShapeTerms } from '../../policy/checks/shape-checks.ts';
import { counted } from '../../policy/counted.ts';
import { presenceLimit } from '../../stats/presence/presence-bet.ts';
import type { ShapeEvidence } from '../../stats/presence/shape-evidence.ts';
import { shortPlaces } from '../../stats/presence/short-answers.ts';
import { differingSlots, logOfPresences } from '../../stats/presence/slots.ts';
import type { LookContext } from '../context.ts';
import { type Difference, MOST_DIFFERENCES } from '../differences/difference.ts';
import { differencesInWords } from '../differences/in-words.ts';
import { formatCount, formatShare } from '../figures.ts';
import type { Finding } from '../finding.ts';
import { type Limits, NO_LIMITS } from '../limits/limits.ts';
import { judgedSlots, unseenExpectations } from './expected.ts';
import { type NamedSlot, namedSlots } from './named-slot.ts';
import { meantDifferences, shapeDifferences } from './shape-differences.ts';
import { RESPONSE_SHAPE, type ShapeState } from './shape-state.ts';
import { tooMuchAt } from './shape-words.ts';

/** With this many answers of the canary, what is missing in a tenth of them would have been met with 95 %. */
const FEWEST_ANSWERS = 30;

const KNOWN = new WeakMap<ShapeEvidence, { readonly terms: ResponseShapeTerms; readonly seen: SeenShape }>();

/** What the evidence comes to under a policy. */
interface SeenShape {
  /** ln of the common evidence of what can break a client. */
  readonly logHarm: number;
  readonly differences: readonly Difference[];
  /** Those that the policy declares, and that have come. */
  readonly meant: readonly Difference[];
  readonly unseen: readonly string[];
}

/** What has been seen, in the terms of the policy. A look asks for it several times. */
export function seenShape(terms: ResponseShapeTerms, evidence: ShapeEvidence): SeenShape {
  const known = KNOWN.get(evidence);
  if (known?.terms === terms) return known.seen;
  const { slots, meant, seen: met } = judgedSlots(terms, evidence, namedSlots(evidence));
  const harmful = slots.flatMap(({ effect, slot }) => (effect === 'breaking' ? [slot.logE] : []));
  const differing = new Set(differingSlots(slots.map(({ slot }) => slot)));
  const seen = {
    logHarm: logOfPresences(harmful, 1 - evidence.spent),
    differences: shapeDifferences(
      evidence,
      slots.filter(({ slot }: NamedSlot) => differing.has(slot)),
    ),
    meant: meantDifferences(evidence, meant),
    unseen: unseenExpectations(terms, evidence, met, FEWEST_ANSWERS),
  };
  KNOWN.set(evidence, { terms, seen });
  return seen;
}

/** The one finding of the check: its figures are those of the worst difference. */
export function shapeFinding(terms: ResponseShapeTerms, state: ShapeState, context: LookContext): Finding {
  const seen = state === null ? null : seenShape(terms, state);
  const [worst] = seen?.differences ?? [];
  const listed = [...(seen?.differences ?? []), ...(seen?.meant ?? [])].slice(0, MOST_DIFFERENCES);
  const answers = answersOf(state);
  const share = (of: Difference['canary'] | undefined) => (of === undefined || of.of === 0 ? null : of.count / of.of);
  return {
    check: RESPONSE_SHAPE,
    canary: share(worst?.canary),
    stable: share(worst?.stable),
    unit: 'share',
    quantile: null,
    bounds: { canary: worst?.canary.bounds ?? null, stable: worst?.stable.bounds ?? null },
    requests: worst === undefined ? answers : { canary: worst.canary.of, stable: worst.stable.of },
    counted: `of the answers that were read, of a sample of ${formatShare(terms.sample)}`,
    logHarm: seen?.logHarm ?? 0,
    budgetWeight: context.shareOf(RESPONSE_SHAPE),
    dispersion: 1,
    logParity: null,
    logParityThreshold: null,
    rollbackMargin: '10 % + 0.2 pp',
    parityMargin: null,
    limits: limitsOf(share(worst?.canary), share(worst?.stable)),
    needsCanaryRequests: null,
    needsAt: [],
    ...(listed.length === 0 ? {} : { differences: listed }),
    says: state === null || answers.canary === 0 ? sayNothing(state, context) : says(state, seen, answers),
  };
}

/** On the side of the canary: of what it has less often, or more often. */
function limitsOf(canary: number | null, stable: number | null): Limits {
  if (canary === null || stable === null) return NO_LIMITS;
  return { rollback: presenceLimit(stable, canary < stable ? 'missing' : 'extra'), parity: null };
}

function answersOf(state: ShapeState): Finding['requests'] {
  return (state?.places ?? []).reduce(
    (sum, { seen }) => ({ canary: sum.canary + seen.canary, stable: sum.stable + seen.stable }),
    { canary: 0, stable: 0 },
  );
}

function says(state: ShapeEvidence, seen: SeenShape | null, answers: Finding['requests']): string {
  const { differences = [], unseen = [] } = seen ?? {};
  const differs = differencesInWords(differences);
  const paths = state.places.reduce(
    (sum, { facts }) => sum + facts.filter((fact) => fact.startsWith('present ')).length,
    0,
  );
  const compared = `${counted(paths, 'path')} of ${counted(state.places.length, 'place')}`;
  const few = state.places.filter(({ seen: { canary } }) => canary < FEWEST_ANSWERS).length;
  const verdict =
    differs === null
      ? `no difference so far in ${compared}, ${formatCount(answers.canary)} against ${formatCount(answers.stable)} answers`
      : differs;
  return [
    `shape of answers: ${verdict}`,
    ...(few === 0 ? [] : [`of ${counted(state.places.length, 'place')} ${few} had too few answers to tell`]),
    ...(unseen.length === 0 ? [] : [`declared and not seen so far: ${unseen.slice(0, 3).join(', ')}`]),
    ...(shortPlaces(state).length === 0 ? [] : [tooMuchAt(shortPlaces(state))]),
    ...(state.isFull ? ['there is more in these answers than is compared'] : []),
  ].join('; ');
}

function sayNothing(state: ShapeState, { figures }: LookContext): string {
  const label = 'shape of answers';
  const { canary, stable } = figures;
  if (canary.requests === 0 || stable.requests === 0) return `${label}: no traffic to compare yet`;
  const isStableRead = (state?.places ?? []).some(({ past: [answers = 0] }) => answers > 0);
  const [whose, requests, unread] = isStableRead
    ? ['the canary', canary.requests, canary.shapesUnread]
    : ['the stable', stable.requests, stable.shapesUnread];
  const [[why] = ['']] = Object.entries(unread ?? {}).toSorted(([, left], [, right]) => right - left);
  const because = why === '' ? '' : `: ${why}`;
  return `${label}: nothing to compare yet, of ${counted(requests, 'answer')} of ${whose} none was read${because}`;
}
