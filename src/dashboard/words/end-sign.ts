import type { RouteView } from '../views.ts';
import { legible } from './said.ts';
import type { StandingSign } from './verdict-sign.ts';

export type EndName = NonNullable<RouteView['lastEnded']>['stage'];

export interface EndSign extends StandingSign {
  /** How far the rollout got, for the drawing of its stages. */
  readonly how: 'harm' | 'ended' | 'through';
}

const SIGNS: Readonly<Record<string, EndSign>> = {
  finalised: { sign: 'parity', label: 'finalised', tone: 'v-ok', how: 'through' },
  'rolled-back': { sign: 'harm', label: 'rolled back', tone: 'v-harm', how: 'harm' },
  aborted: { sign: 'quiet', label: 'aborted', tone: '', how: 'ended' },
  superseded: { sign: 'quiet', label: 'superseded', tone: '', how: 'ended' },
} satisfies Record<EndName, EndSign>;

/** The sign of an end; one that only a newer Serin knows is shown as it is. */
export function endSign(end: string): EndSign {
  return SIGNS[end] ?? { sign: 'dot', label: legible(end), tone: '', how: 'ended' };
}
