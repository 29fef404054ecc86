import type { NoValue } from './answer-tally.ts';

/** More is no number, and no word either. */
const LONGEST_VALUE = 100;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** A decimal number; anything else, two values in one field among it, is unusable. */
export function numberIn(text: string): number | NoValue {
  if (text === '') return 'missing';
  return text.length <= LONGEST_VALUE && NUMBER.test(text) ? Number(text) : 'unusable';
}

/** Empty for what is too long. */
export function wordIn(text: string): string {
  return text.length > LONGEST_VALUE ? '' : text;
}

/** Of a value in a JSON document; undefined is nothing there. A number may stand in a text, as ProtoJSON has its int64. */
export function numberOfJson(value: unknown): number | NoValue {
  if (value === undefined || value === null) return 'missing';
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? numberIn(value) : 'unusable';
}

/** Empty where there is none: for null, lists and objects, too. */
export function wordOfJson(value: unknown): string {
  if (typeof value === 'string') return wordIn(value);
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : '';
}
