import { shown } from '../policy/fault.ts';
import { isRecord } from '../policy/is-record.ts';
import { suggest } from '../policy/suggest.ts';
import { didYouMean } from '../policy/wording.ts';
import { Problem } from '../problem/problem.ts';

export type InputFields = Readonly<Record<string, unknown>>;

/** An object with only these keys; throws a `Problem` that says what is wrong with `name`. */
export function readFields(value: unknown, name: string, keys: readonly string[]): InputFields {
  if (!isRecord(value)) refuseInput(`${name} must be an object`);
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) refuseInput(`${name} has the unknown key ${shown(key)}${didYouMean(suggest(key, keys))}`);
  }
  return value;
}

/** A whole number from zero up to 2^53 - 1. */
export function readCount(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    refuseInput(value === undefined ? `${name} is missing` : `${name} must be a whole number of at least 0`);
  }
  return value;
}

/** A finite number in [low, high]. */
export function readNumber(value: unknown, name: string, low: number, high: number): number {
  if (typeof value !== 'number' || !(value >= low && value <= high)) {
    refuseInput(value === undefined ? `${name} is missing` : `${name} must be a number from ${low} to ${high}`);
  }
  return value;
}

export function refuseInput(message: string): never {
  throw new Problem('invalid-input', message);
}
