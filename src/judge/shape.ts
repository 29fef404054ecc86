/** A whole number from zero up to 2^53 - 1. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Larger than any real measurement; sums of numbers up to this stay finite. */
export const LARGEST = 1e100;

/** A number from zero up to `LARGEST`. */
export function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LARGEST;
}

/** A value as shown in a sentence. */
export function show(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? 'an object' : String(value);
  return text.slice(0, 40);
}
