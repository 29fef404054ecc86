import type { Boundary } from '../evidence/e-value.ts';
import { advanceSchedule, type OnsetSchedule, spentMass, UNSTARTED } from '../evidence/onset-schedule.ts';
import { type AnswerPairs, type FieldPairs, MOST_FIELDS } from './answer-pairs.ts';
import { openPairs, type PairTest, stepPairs } from './pair-bets.ts';

/** A field of a place that differed once, as it is tested: by what the canary has there, or by what the canary alone has. */
export interface TestedField {
  /** Place and path, as in `AnswerPairs.fields`. */
  readonly name: string;
  readonly kind: 'changed' | 'added';
  /** End of the block in which it differed first, epoch ms by the gateway's clock. */
  readonly firstSeen: number;
  /** Requests that were compared at its place since, that block included; and those in which it differed, and was noise. */
  readonly of: number;
  readonly differs: number;
  readonly noise: number;
  /** Of `of`: those of the block in which it was learnt of, which prove nothing. */
  readonly unproven: number;
  /** Of `differs`: the canary lacked it, or had another type. */
  readonly removed: number;
  readonly retyped: number;
  readonly test: PairTest;
}

export interface PairEvidence {
  readonly compared: number;
  readonly unusable: number;
  readonly onset: OnsetSchedule;
  /** Split epoch of the last block with pairs; null before. */
  readonly epoch: number | null;
  /** In the order in which they began, at most `MOST_FIELDS`. */
  readonly fields: readonly TestedField[];
}

/** One block, and what was known before it. */
export interface PairBet {
  readonly startedAt: number;
  readonly endsAt: number;
  readonly epoch: number;
  readonly margin: Boundary;
  readonly cap: number;
  /** Stages of the policy that the onset's mass at changes is divided among. */
  readonly steps: number;
  /** Whether the policy wants to know of it. */
  readonly isAsked: (name: string) => boolean;
}

export const NO_PAIRS: PairEvidence = { compared: 0, unusable: 0, onset: UNSTARTED, epoch: null, fields: [] };

const KEPT_DIGITS = 1e4;

/** The pairs of one block. A field is learnt of in the block in which it first differs, and bets from the next one on. */
export function stepPairFields(evidence: PairEvidence, pairs: AnswerPairs, bet: PairBet): PairEvidence {
  const told = { compared: evidence.compared + pairs.compared, unusable: evidence.unusable + pairs.unusable };
  if (pairs.compared === 0) return { ...evidence, ...told };
  const isSame = evidence.epoch === null || evidence.epoch === bet.epoch;
  const onset = advanceSchedule(evidence.onset, bet.startedAt, isSame ? 'same-step' : 'step-changed');
  const spent = spentMass(onset, bet.steps);
  const known = new Set(evidence.fields.map(keyOf));
  const fields = evidence.fields.map((field) => stepField(field, pairs, bet, spent));
  const found = Object.entries(pairs.fields)
    .filter(([name]) => bet.isAsked(name))
    .flatMap(([name, counts]) => foundIn(name, counts, pairs, bet))
    .filter((field) => !known.has(keyOf(field)))
    .toSorted((left, right) => right.differs - right.noise - (left.differs - left.noise));
  return { ...told, onset, epoch: bet.epoch, fields: [...fields, ...found.slice(0, MOST_FIELDS - fields.length)] };
}

/** The instants that are remembered, moved as the clock was. */
export function movePairs(evidence: PairEvidence, byMs: number): PairEvidence {
  const { startedAt } = evidence.onset;
  return {
    ...evidence,
    onset: startedAt === null ? evidence.onset : { ...evidence.onset, startedAt: startedAt + byMs },
    fields: evidence.fields.map((field) => ({ ...field, firstSeen: field.firstSeen + byMs })),
  };
}

/** `GET /orders/{id} 2xx /total` -> its place and its path. */
export function placeOfField(name: string): { readonly place: string; readonly path: string } {
  const [, place = name, path = ''] = /^(.*? [1-5]xx) (.*)$/s.exec(name) ?? [];
  return { place, path };
}

function keyOf({ kind, name }: Pick<TestedField, 'kind' | 'name'>): string {
  return `${kind} ${name}`;
}

/** What one block has of a field: differences of the kind, and how. */
function countsOf(kind: TestedField['kind'], { differs, noise, both, ...how }: FieldPairs) {
  const { added = 0, removed = 0, retyped = 0 } = how;
  const different = kind === 'added' ? added : differs - added;
  return {
    differs: different,
    noise,
    removed: kind === 'added' ? 0 : removed,
    retyped: kind === 'added' ? 0 : retyped,
    // Which of the differences were noise as well is not known of each kind: all of them, at most.
    against: Math.max(0, different - both),
    by: noise - both,
  };
}

function stepField(field: TestedField, pairs: AnswerPairs, { margin, cap }: PairBet, spent: number): TestedField {
  const of = pairs.places[placeOfField(field.name).place] ?? 0;
  if (of === 0) return field;
  const counts = Object.hasOwn(pairs.fields, field.name) ? pairs.fields[field.name] : undefined;
  const { against, by, differs, noise, removed, retyped } = countsOf(
    field.kind,
    counts ?? { differs: 0, noise: 0, both: 0 },
  );
  return {
    ...field,
    of: field.of + of,
    differs: field.differs + differs,
    noise: field.noise + noise,
    removed: field.removed + removed,
    retyped: field.retyped + retyped,
    test: rounded(stepPairs(field.test, { of, against, by }, margin, spent, cap)),
  };
}

function foundIn(name: string, pair: FieldPairs, { places }: AnswerPairs, { endsAt }: PairBet): readonly TestedField[] {
  const of = places[placeOfField(name).place] ?? 0;
  return (['changed', 'added'] as const).flatMap((kind) => {
    const { against, differs, noise, removed, retyped } = countsOf(kind, pair);
    if (against === 0) return [];
    return { name, kind, firstSeen: endsAt, of, differs, noise, unproven: of, removed, retyped, test: openPairs() };
  });
}

// It is written at every look, up to thousands of times over. Rounded down: what is remembered is never more than the evidence.
function rounded({ spent, logMass }: PairTest): PairTest {
  return {
    spent,
    logMass: logMass.map((log) => (log === null ? null : Math.floor(log * KEPT_DIGITS) / KEPT_DIGITS)),
  };
}
