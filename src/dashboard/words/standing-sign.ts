import type { GlyphName } from '../glyph-name.ts';
import type { VerdictView } from '../views.ts';
import { verdictSign } from './verdict-sign.ts';

/** The sign of where a running rollout stands: of its verdict; after the last step, which clears the verdict, of what it has passed. */
export function standingSign(
  verdict: VerdictView['name'] | null,
  stage: string,
): { readonly sign: GlyphName; readonly label: string } {
  if (verdict === null && stage === 'promoted') return { sign: 'check', label: 'promoted' };
  if (verdict === null && stage === 'bake') return { sign: 'check', label: 'in the bake' };
  return verdictSign(verdict);
}
