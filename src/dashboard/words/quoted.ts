import { said } from './said.ts';

/**
 * What a person wrote, so that it cannot be taken for a sentence of Serin's: between quotation marks, of which it has none itself, and on one
 * line. Empty for nothing.
 */
export function quoted(text: string): string {
  const inside = said(text.trim())
    .replace(/[“”„‟«»]/g, '"')
    .replace(/\s*\n\s*/g, ' ⏎ ');
  return inside === '' ? '' : `“${inside}”`;
}

/** The reason of a rollout may be a person's: only the sentence of its verdict is known to be Serin's, and everything else is quoted. */
export function reasonOrQuote(reason: string, verdict: { readonly reason: string } | null): string {
  return reason === verdict?.reason ? said(reason) : quoted(reason);
}
