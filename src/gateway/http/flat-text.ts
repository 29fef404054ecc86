/**
 * The same latin1 string, flattened. V8 only records which strings were concatenated, and joins them when the result is
 * written: for a string that goes into every head, again each time.
 */
export function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
