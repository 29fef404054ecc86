import { isRecord } from '../../policy/is-record.ts';
import { statusClass } from '../../stats/answer-kind.ts';
import { isCount, show } from '../shape.ts';

/** What is wrong with the counts by status of a tally whose other counts are right; null when there are none, or nothing is. */
export function faultOfStatuses(tally: Readonly<Record<string, unknown>>, name: string): string | null {
  const { statuses, empty = 0 } = tally;
  if (statuses === undefined) return null;
  if (!isRecord(statuses)) return `${name}.statuses is ${show(statuses)}, not counts by status`;
  let all = 0;
  let withoutContent = 0;
  for (const [status, count] of Object.entries(statuses)) {
    if (!/^[1-9]\d\d$/.test(status)) return `${name}.statuses has ${show(status)}, which is no status`;
    if (!isCount(count)) return `${name}.statuses.${status} is ${show(count)}, not a count`;
    all += count;
    if (statusClass(Number(status)) === 2) withoutContent += count;
  }
  const { requests, errors, clientErrors } = tally;
  if (all > Number(requests) - Number(errors) - Number(clientErrors)) {
    return `${name}.statuses has more answers than there were beside errors and 4xx`;
  }
  if (withoutContent === empty) return null;
  return `${name}.statuses has ${withoutContent} answers without content, and ${name}.empty ${show(empty)}`;
}
