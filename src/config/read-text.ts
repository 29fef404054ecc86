import { z } from 'zod';

/** What a text says by a grammar of its own, or why it says nothing: a clause that goes on from the name of its field. */
export type TextReading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/**
 * A value that is text by the schema and is read by a grammar: what comes out is in its one normal form. `pattern` is what its
 * JSON Schema can say of that: it may accept more than the grammar, and never less.
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
