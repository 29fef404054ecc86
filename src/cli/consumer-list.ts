import type { ListChangeView } from '../api/consumers/consumer-view.ts';
import { Problem } from '../problem/problem.ts';
import type { ConsumerRule } from '../split/order.ts';
import { listChangeText } from './list-change-text.ts';
import { type Format, print, say } from './output.ts';
import type { Session } from './terminal.ts';
import { clean } from './text.ts';

export const RULES: readonly ConsumerRule[] = ['canary', 'stable', 'by-weight'];

export function consumersPath(route: string, below?: string): string {
  const list = `/api/v1/routes/${encodeURIComponent(route)}/consumers`;
  return below === undefined ? list : `${list}/${encodeURIComponent(below)}`;
}

/** Beside the list, and not below it: there it would be the name of a consumer. */
export function changesPath(route: string): string {
  return `/api/v1/routes/${encodeURIComponent(route)}/consumer-changes`;
}

export function waveOf(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new Problem('invalid-input', `--wave ${clean(text)} is no number of a wave, such as 2`);
}

export function showDry(session: Session, output: Format, view: ListChangeView): void {
  print(session, output, view, () => listChangeText(view));
  if (output === 'table' || output === 'wide') say(session, 'serin: nothing was done, for this was a dry run');
}
