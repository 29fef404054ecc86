import type { Actor } from '../event.ts';

/**
 * What a person wrote, so that it cannot be taken for a sentence of Serin's: between quotation marks, of which it has none
 * itself, and on one line.
 *
 * @example `all is well` -> `“all is well”`
 */
export function inQuotes(words: string): string {
  const inside = words
    .trim()
    .replace(/[“”„‟«»]/g, '"')
    .replace(/\s+/g, ' ');
  return `“${inside}”`;
}

/** A reason by whoever gave it: Serin's own as it is, a person's quoted. What nobody is known to have said is a person's. */
export function reasonInWords(reason: string, by: { readonly role: string | null } | null): string {
  return by?.role === 'serin' ? reason : inQuotes(reason);
}

/** A person's reason behind their name: `ada: “lunch”`. */
export function saidBy({ name }: Pick<Actor, 'name'>, reason: string): string {
  return `${name}: ${inQuotes(reason)}`;
}
