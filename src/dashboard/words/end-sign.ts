import type { GlyphName } from '../glyph-name.ts';
import type { RouteView } from '../views.ts';
import { legible } from './said.ts';

export type EndName = NonNullable<RouteView['lastEnded']>['stage'];

/** The sign of an end, and what people call it; one that only a newer Serin knows is shown as it is. */
export function endSign(end: EndName): { readonly sign: GlyphName; readonly label: string } {
  switch (end) {
    case 'finalised':
      return { sign: 'parity', label: 'finalised' };
    case 'rolled-back':
      return { sign: 'harm', label: 'rolled back' };
    case 'aborted':
      return { sign: 'quiet', label: 'aborted' };
    case 'superseded':
      return { sign: 'quiet', label: 'superseded' };
    default:
      return { sign: 'dot', label: legible(end satisfies never) };
  }
}
