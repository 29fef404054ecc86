import { readFact } from '../answers/shape-fact.ts';
import { decayOver } from '../evidence/decay.ts';
import type { BlockCounts } from '../evidence/e-value.ts';
import { advanceSchedule, spentMass } from '../evidence/onset-schedule.ts';
import { basisOf, sidesOf } from './fact-test.ts';
import { withoutGone } from './gone-facts.ts';
import { type PresenceSide, presenceLogE } from './presence-bet.ts';
import type {
  FreeSlots,
  PlaceEvidence,
  Rise,
  ShapeBet,
  ShapeBlock,
  ShapeEvidence,
  ShortAnswers,
} from './shape-evidence.ts';
import { gatherShapes, stretchOf } from './shape-evidence.ts';
import { logOfSlot, meanLogE, type SlotInjection, type SlotMass, stepSlot } from './slot-mass.ts';

/** Blocks of the gateway are gathered until they span this. */
const GATHERED_MS = 30_000;
const HALF_LIFE_MS = 3_600_000;
/** With fewer past answers of the stable nothing is known to bet on. */
const FEWEST_PAST = 20;
/** What the stable nearly always has, its canary cannot have more often by anything that a client would notice. */
const NEARLY_ALWAYS = 0.95;
/** Log evidence from which on a rise is remembered although it has ended. */
const REMEMBERED = Math.log(20);
const KEPT_DIGITS = 100;
const NO_SLOTS: FreeSlots = { missing: -1, extra: -1 };

/** Adds a block of the gateway, and what was gathered is tested when it is complete. */
export function stepShapes(evidence: ShapeEvidence, block: ShapeBlock, bet: ShapeBet): ShapeEvidence {
  const { filling } = evidence;
  const open = filling !== null && filling.stretch !== stretchOf(block) ? closeShapes(evidence, bet) : evidence;
  const all = gatherShapes(open, block);
  const gathered = block.gone.length === 0 ? all : withoutGone(all, block.gone);
  return gathered.filling !== null && gathered.filling.ms >= GATHERED_MS ? closeShapes(gathered, bet) : gathered;
}

/** What all slots of a block have in common. */
interface Closing {
  readonly evidence: ShapeEvidence;
  readonly bet: ShapeBet;
  readonly injection: SlotInjection;
  readonly endsAt: number;
  readonly kept: number;
  /** The index of a process among those that are remembered from now on. */
  readonly place: (mass: SlotMass) => number;
  /** Those that facts which are new take over. */
  readonly free: FreeSlots[];
}

function closeShapes(evidence: ShapeEvidence, bet: ShapeBet): ShapeEvidence {
  const { filling } = evidence;
  if (filling === null) return evidence;
  const endsAt = filling.from + filling.ms;
  const isCompared = evidence.places.some(
    ({ filling: counts }) => counts !== null && (counts.canary[0] ?? 0) > 0 && (counts.stable[0] ?? 0) > 0,
  );
  const isChanged = evidence.epoch !== null && evidence.epoch !== filling.epoch;
  const hasBegun = isCompared || evidence.onset.startedAt !== null;
  const onset = hasBegun
    ? advanceSchedule(evidence.onset, filling.from, isCompared && isChanged ? 'step-changed' : 'same-step')
    : evidence.onset;
  const spent = Math.max(evidence.spent, spentMass(onset, bet.steps));
  const masses: SlotMass[] = [];
  const places = new Map<string, number>();
  const closing: Closing = {
    evidence,
    bet,
    injection: { before: evidence.spent, spent },
    endsAt,
    free: [...(evidence.free ?? [])],
    kept: evidence.at === null ? 1 : decayOver(Math.max(0, endsAt - evidence.at), HALF_LIFE_MS),
    place(mass) {
      const key = mass.join(' ');
      const known = places.get(key);
      if (known !== undefined) return known;
      places.set(key, masses.length);
      return masses.push(mass) - 1;
    },
  };
  const closed = evidence.places.map((place) => closePlace(place, closing));
  const { free: _, ...others } = evidence;
  const free = closing.free.map((slots) => passedOn(slots, closing));
  return {
    ...others,
    ...(free.length === 0 ? {} : { free }),
    onset,
    spent,
    epoch: isCompared ? filling.epoch : evidence.epoch,
    at: endsAt,
    filling: null,
    places: closed,
    masses,
  };
}

function closePlace(place: PlaceEvidence, closing: Closing): PlaceEvidence {
  const { facts, past, filling, seen } = place;
  const { bet, kept } = closing;
  const missing: number[] = [-1];
  const extra: number[] = [-1];
  const rising: Record<string, Rise> = {};
  const at = new Map(facts.map((fact, index) => [fact, index]));
  for (let index = 1; index < facts.length; index += 1) {
    const fact = readFact(facts[index] ?? '');
    const sides = fact === null ? [] : sidesOf(fact);
    const basis = fact === null ? null : basisOf(fact);
    const of = basis === null ? 0 : at.get(basis);
    const isFresh = index >= place.settled;
    const taken = isFresh ? passedOn(closing.free.shift() ?? NO_SLOTS, closing) : NO_SLOTS;
    for (const side of ['missing', 'extra'] as const) {
      const known = (side === 'missing' ? place.missing : place.extra)[index] ?? -1;
      const stepped =
        of === undefined || !sides.includes(side) || isFresh
          ? { index: sides.includes(side) ? taken[side] : -1, rise: undefined }
          : stepOne(place, { index, of, side, known }, closing);
      (side === 'missing' ? missing : extra).push(stepped.index);
      if (stepped.rise !== undefined) rising[`${side} ${index}`] = stepped.rise;
    }
  }
  const learnt = bet.past === 'learnt' ? filling?.stable : undefined;
  const isCompared = (filling?.canary[0] ?? 0) > 0 && (filling?.stable[0] ?? 0) > 0;
  const { left: _, ...others } = place;
  return {
    ...others,
    settled: facts.length,
    past: facts.map((_, index) => rounded((past[index] ?? 0) * kept + (learnt?.[index] ?? 0))),
    seen: isCompared
      ? { canary: seen.canary + (filling?.canary[0] ?? 0), stable: seen.stable + (filling?.stable[0] ?? 0) }
      : seen,
    filling: null,
    missing,
    extra,
    ...(place.short && { short: decayed(place.short, kept) }),
    rising,
  };
}

function decayed({ canary, stable }: ShortAnswers, kept: number): ShortAnswers {
  const of = (counts: ShortAnswers['canary']) => ({
    answers: rounded(counts.answers * kept),
    short: rounded(counts.short * kept),
  });
  return { canary: of(canary), stable: of(stable) };
}

/** What it has above 1 is of the fact that is gone. */
function passedOn({ missing, extra }: FreeSlots, { evidence, injection, place }: Closing): FreeSlots {
  const passed = (index: number) => {
    const mass = evidence.masses[index] ?? null;
    if (mass === null || logOfSlot(mass, evidence.spent) > 0) return -1;
    return place(stepSlot(mass, injection, null));
  };
  return { missing: passed(missing), extra: passed(extra) };
}

interface Slot {
  readonly index: number;
  /** The index of what the fact is a share of. */
  readonly of: number;
  readonly side: PresenceSide;
  /** The index of its process; -1 before the first bet. */
  readonly known: number;
}

function stepOne(
  place: PlaceEvidence,
  { index, of, side, known }: Slot,
  { evidence, bet, injection, endsAt, place: remember }: Closing,
): { readonly index: number; readonly rise: Rise | undefined } {
  const before = place.rising[`${side} ${index}`];
  const mass = known < 0 ? null : (evidence.masses[known] ?? null);
  const counts = countsOf(place, side, index, of);
  const answers = place.past[of] ?? 0;
  const s1 = ((place.past[index] ?? 0) + 0.5) / (answers + 1);
  const isUsual = side === 'extra' && s1 > NEARLY_ALWAYS;
  const bets = counts !== null && counts.nc > 0 && counts.ns > 0 && answers >= FEWEST_PAST && !isUsual;
  if (!bets || counts === null) {
    return { index: mass === null ? -1 : remember(stepSlot(mass, injection, null)), rise: before };
  }
  const logE = presenceLogE(counts, side, s1, bet);
  const next = stepSlot(mass, injection, logE);
  const log = Math.max(0, (before?.log ?? 0) + meanLogE(logE));
  const isOver = log === 0 && logOfSlot(next, injection.spent) < REMEMBERED;
  const since = before?.since ?? endsAt;
  const rise = isOver ? undefined : { log: rounded(log), since, ...added(before, counts) };
  return { index: remember(next), rise };
}

/**
 * Null where neither version has had an answer. A client that sees who answers may go away from some of one version: what it left
 * counts against the difference, with the fact for the canary that may lack it, and without it for the stable.
 */
function countsOf({ filling, left }: PlaceEvidence, side: PresenceSide, index: number, of: number): BlockCounts | null {
  if (filling === null) return null;
  const { canary, stable } = filling;
  const [xc, xs] = [canary[index] ?? 0, stable[index] ?? 0];
  const counts = { nc: Math.max(xc, canary[of] ?? 0), xc, ns: Math.max(xs, stable[of] ?? 0), xs };
  return left === undefined || counts.nc === 0 || counts.ns === 0 ? counts : withLeft(counts, side, left);
}

function withLeft(
  { nc, xc, ns, xs }: BlockCounts,
  side: PresenceSide,
  left: { readonly canary: number; readonly stable: number },
): BlockCounts {
  const isMissing = side === 'missing';
  return {
    nc: nc + left.canary,
    xc: isMissing ? xc + left.canary : xc,
    ns: ns + left.stable,
    xs: isMissing ? xs : xs + left.stable,
  };
}

function added(before: BlockCounts | undefined, { nc, xc, ns, xs }: BlockCounts): BlockCounts {
  if (before === undefined) return { nc, xc, ns, xs };
  return { nc: before.nc + nc, xc: before.xc + xc, ns: before.ns + ns, xs: before.xs + xs };
}

function rounded(value: number): number {
  return Math.round(value * KEPT_DIGITS) / KEPT_DIGITS;
}
