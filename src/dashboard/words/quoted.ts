import type { RolloutView } from '../views.ts';
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

/** A reason by whoever gave it: what is not known to be Serin's is quoted. */
export function wordsBy(role: string | null, reason: string): string {
  return role === 'serin' ? said(reason) : quoted(reason);
}

/**
 * The reason of a rollout, in which the server has quoted what a person wrote. One that an older Serin recorded has no author, and may
 * be anybody's but where it is the sentence of the verdict.
 */
export function reasonOrQuote(
  { reason, reasonBy }: Pick<RolloutView, 'reason' | 'reasonBy'>,
  verdict: { readonly reason: string } | null,
): string {
  return reasonBy !== null || reason === verdict?.reason ? said(reason) : quoted(reason);
}
