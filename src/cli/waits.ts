import type { RolloutView } from '../api/view-schemas.ts';

/** What a person has to do, in words: `resume, an answer to the page (undecided)`; null when nothing. */
export function waitsInWords({ waitsFor, openPage }: Pick<RolloutView, 'waitsFor' | 'openPage'>): string | null {
  if (waitsFor.length === 0) return null;
  return waitsFor.map((what) => (what === 'look' ? `an answer to the page (${openPage ?? 'open'})` : what)).join(', ');
}
