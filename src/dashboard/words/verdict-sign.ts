import type { GlyphName } from '../glyph-name.ts';
import type { VerdictView } from '../views.ts';
import { legible } from './said.ts';

/** How something is shown at a glance. */
export interface StandingSign {
  readonly sign: GlyphName;
  /** What people call it. */
  readonly label: string;
  /** The class of a banner that says it. */
  readonly tone: '' | 'v-harm' | 'v-person' | 'v-ok';
}

const SIGNS: Readonly<Record<string, StandingSign>> = {
  harmful: { sign: 'harm', label: 'harmful', tone: 'v-harm' },
  suspect: { sign: 'suspect', label: 'suspect', tone: 'v-person' },
  'shared-fault': { sign: 'shared', label: 'shared fault', tone: 'v-person' },
  blind: { sign: 'blind', label: 'blind', tone: 'v-person' },
  undecided: { sign: 'undecided', label: 'undecided', tone: '' },
  'at-parity': { sign: 'parity', label: 'at parity', tone: 'v-ok' },
} satisfies Record<VerdictView['name'], StandingSign>;

/** The sign of a verdict; one that only a newer Serin knows is shown as it is. */
export function verdictSign(verdict: VerdictView['name'] | null): StandingSign {
  if (verdict === null) return { sign: 'open', label: 'no verdict yet', tone: '' };
  return SIGNS[verdict] ?? { sign: 'dot', label: legible(verdict), tone: '' };
}
