import { UNITS } from '../../split/unit-draw.ts';
import { UNIT_CELL, UNIT_CELLS } from './unit-block.ts';
import type { UnitLedger } from './unit-ledger.ts';

/** What is known of the keys of a route before a rollout. */
export interface KnownUnits {
  /** About how many keys: as many units have traffic as that many keys would give it to. Infinite where nearly all have. */
  readonly keys: number;
  /** How many units of equal traffic would tell as much. */
  readonly effective: number;
  /** The units that had more than 2 % of the traffic each. */
  readonly heavy: HeavyUnits;
}

/** Units of keys, and their part of all traffic together. */
export interface HeavyUnits {
  readonly units: readonly number[];
  readonly share: number;
}

const HEAVY_SHARE = 0.02;

/** Half of all answers are beyond the p50, as the past counts them. */
const BEYOND_P50 = 0.5;
/** So few units without traffic say nothing any more of how many keys there are. */
const FEWEST_EMPTY = 10;

/** Null where no unit is known. */
export function knownUnits({ past, period }: UnitLedger): KnownUnits | null {
  const traffics = new Float64Array(UNITS);
  let units = 0;
  let sum = 0;
  let squares = 0;
  for (let unit = 0; unit < UNITS; unit += 1) {
    const answers = period?.cells[unit * UNIT_CELLS + UNIT_CELL.answers] ?? 0;
    const traffic = (past.p50.expected[unit] ?? 0) + BEYOND_P50 * answers;
    if (traffic <= 0) continue;
    units += 1;
    traffics[unit] = traffic;
    sum += traffic;
    squares += traffic ** 2;
  }
  if (units === 0) return null;
  const empty = UNITS - units;
  const keys = empty < FEWEST_EMPTY ? Number.POSITIVE_INFINITY : -UNITS * Math.log(empty / UNITS);
  return { keys: Math.round(keys), effective: sum ** 2 / squares, heavy: heavyOf(traffics, sum) };
}

function heavyOf(traffics: Float64Array, sum: number): HeavyUnits {
  const units = [...traffics.keys()].filter((unit) => (traffics[unit] ?? 0) > HEAVY_SHARE * sum);
  return { units, share: units.reduce((share, unit) => share + (traffics[unit] ?? 0) / sum, 0) };
}
