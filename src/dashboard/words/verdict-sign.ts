import type { GlyphName } from '../glyph-name.ts';
import type { VerdictView } from '../views.ts';
import { legible } from './said.ts';

/** The sign of a verdict, and what people call it; one that only a newer Serin knows is shown as it is. */
export function verdictSign(verdict: VerdictView['name'] | null): { readonly sign: GlyphName; readonly label: string } {
  switch (verdict) {
    case null:
      return { sign: 'open', label: 'no verdict yet' };
    case 'harmful':
      return { sign: 'harm', label: 'harmful' };
    case 'suspect':
      return { sign: 'suspect', label: 'suspect' };
    case 'shared-fault':
      return { sign: 'shared', label: 'shared fault' };
    case 'blind':
      return { sign: 'blind', label: 'blind' };
    case 'undecided':
      return { sign: 'undecided', label: 'undecided' };
    case 'at-parity':
      return { sign: 'parity', label: 'at parity' };
    default:
      return { sign: 'dot', label: legible(verdict satisfies never) };
  }
}

/** `At parity`, to begin a sentence with. */
export function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
