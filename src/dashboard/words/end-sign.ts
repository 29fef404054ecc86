import type { GlyphName } from '../glyph-name.ts';
import type { RouteView } from '../views.ts';

export type EndName = NonNullable<RouteView['lastEnded']>['stage'];

/** The sign of an end, and what people call it. */
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
  }
}
