import type { SplitOrder } from '../../split/order.ts';
import type { StatusLabels } from '../presets/metric-names.ts';
import { Unreadable } from './unreadable.ts';

/** The outcome of a series' requests; `nobody`: the client disconnected, which counts for neither version. */
export type Outcome = 'success' | 'client-error' | 'error' | 'nobody';

const CLIENT_CLOSED_REQUEST = 499;

/** A series with an unknown status makes the answer unusable: it may or may not be an error. */
export function outcomeOf(
  labels: Readonly<Record<string, string>>,
  status: StatusLabels,
  errorStatuses: SplitOrder['measure']['errorStatuses'],
): Outcome {
  const text = labels[status.label];
  if (text === undefined || text === '') {
    if (status.unansweredLabel !== undefined && labels[status.unansweredLabel]) return 'error';
    throw new Unreadable(`answered a series without the label ${status.label}, which tells its status`);
  }
  if (text === '0') {
    const { clientGone } = status;
    const flags = clientGone === undefined ? [] : (labels[clientGone.label] ?? '').split(',');
    return clientGone !== undefined && flags.includes(clientGone.value) ? 'nobody' : 'error';
  }
  if (!/^[1-5]\d\d$/.test(text)) throw new Unreadable(`answered ${status.label}="${text}", which is no status`);
  const code = Number(text);
  if (code === CLIENT_CLOSED_REQUEST) return 'nobody';
  const family = code >= 500 ? '5xx' : code >= 400 ? '4xx' : null;
  if (errorStatuses.includes(code) || (family !== null && errorStatuses.includes(family))) return 'error';
  return family === '4xx' ? 'client-error' : 'success';
}
