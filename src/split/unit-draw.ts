import { HASHES, stickyHash } from './assign.ts';
import { absorb, finalise, OFFSET_BASIS, stir } from './hash.ts';

/** The number of buckets into which the sticky keys of a route fall: the units of its comparison. */
export const UNITS = 10_000;
/** The same as a value that V8 folds in; it reads an exported constant anew each time, and dividing by one costs as much as the hash. */
const MODULUS = UNITS;

/** What salts the units of a route: the same for every version and attempt. */
export function unitSaltOf(route: string): number {
  return absorb(OFFSET_BASIS, `${route}\0`);
}

/** The unit of a sticky key. It knows no version, so what a unit did before a rollout is its past. */
export function unitOf(unitSalt: number, key: string): number {
  return (stickyHash(unitSalt, key) >>> 0) % MODULUS;
}

/** Any unit, for a request without a key; `drawn` is uniform over 0 .. 2^32 - 1. */
export function anyUnit(drawn: number): number {
  return (drawn >>> 0) % MODULUS;
}

/** What salts the draw of a rollout. Another attempt of the same version is a new experiment, with other units. */
export function drawSaltOf(route: string, canaryVersion: string, attempt: number): number {
  return absorb(OFFSET_BASIS, `${route}\0${canaryVersion}\0${attempt}\0`);
}

/**
 * The hash of a unit in a rollout, uniform over 0 .. 2^32 - 1: the unit's u is `hash / 2^32`, and the unit is the canary's
 * while u is below the weight (`assign`). Without the inner round, salts that are nearly alike would give the units the
 * same hashes in another order.
 */
export function unitHash(drawSalt: number, unit: number): number {
  return finalise(stir(finalise(unit + 1) ^ drawSalt));
}

/** The hash of a unit that comes last: no weight below 100 % reaches it. */
export const LAST_HASH = HASHES - 1;
/** The u of a unit that comes last, which no draw has: nothing was drawn for it, so that it is compared with nobody. */
export const LAST_DRAW = 1;

/** The u of every unit in a rollout. */
export function unitDraws(
  route: string,
  canaryVersion: string,
  attempt: number,
  lastUnits: readonly number[] = [],
): Float64Array {
  const salt = drawSaltOf(route, canaryVersion, attempt);
  const draws = Float64Array.from({ length: UNITS }, (_, unit) => unitHash(salt, unit) / HASHES);
  for (const unit of lastUnits) draws[unit] = LAST_DRAW;
  return draws;
}
