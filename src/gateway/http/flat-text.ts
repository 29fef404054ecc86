/**
 * The same latin1 text in one piece. V8 only notes of what a text is put together, and does it when the text is written
 * out: for one that goes into every head, each time anew.
 */
export function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
