import { z } from 'zod';

/** The parsed value of a text, or why it cannot be parsed: a clause that follows the name of its field. */
export type TextReading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/**
 * A value that is text in the schema and has a grammar of its own: the output is its normal form. `pattern` is what its
 * JSON Schema can say of the grammar: it may accept more, and never less.
 */
export function readText<T>(read: (text: string) => TextReading<T>, pattern: RegExp) {
  const reader = z.string().transform((text, context) => {
    const reading = read(text);
    if (reading.ok) return reading.value;
    context.issues.push({ code: 'custom', message: reading.reason, input: text });
    return z.NEVER;
  });
  return reader.meta({ pattern: pattern.source });
}
