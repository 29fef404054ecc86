import { type Fact, readFact } from '../answers/shape-fact.ts';
import type { PresenceSide } from './presence-bet.ts';
import type { PlaceEvidence, Rise, ShapeEvidence } from './shape-evidence.ts';
import { logOfSlot } from './slot-mass.ts';

/** A test of a fact with evidence for a difference: its e-value is above 1. */
export interface ShapeSlot {
  readonly place: string;
  readonly fact: Fact;
  readonly side: PresenceSide;
  readonly logE: number;
  /** Counts since it began to rise; null when it ended long ago. */
  readonly rise: Rise | null;
}

const KNOWN = new WeakMap<readonly PlaceEvidence[], readonly ShapeSlot[]>();

/** Every slot whose e-value is above 1. A look asks for them several times. */
export function risenSlots(evidence: ShapeEvidence): readonly ShapeSlot[] {
  const known = KNOWN.get(evidence.places) ?? findRisen(evidence);
  KNOWN.set(evidence.places, known);
  return known;
}

function findRisen({ masses, places, spent }: ShapeEvidence): readonly ShapeSlot[] {
  const logs = masses.map((mass) => logOfSlot(mass, spent));
  const risen: ShapeSlot[] = [];
  for (const { place, facts, missing, extra, rising } of places) {
    for (const [side, slots] of [
      ['missing', missing],
      ['extra', extra],
    ] as const) {
      for (const [index, slot] of slots.entries()) {
        const logE = logs[slot] ?? 0;
        const fact = logE > 0 ? readFact(facts[index] ?? '') : null;
        if (fact !== null) risen.push({ place, fact, side, logE, rise: rising[`${side} ${index}`] ?? null });
      }
    }
  }
  return risen;
}
