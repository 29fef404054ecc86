import type { AuditView } from '../api/view-schemas.ts';
import { isRecord } from '../policy/is-record.ts';
import { someNames } from '../rollout/needs/old-version.ts';

/** An event of the audit with what tells it from others of its kind: `promoted as a repair`, `advanced to step-2`, `checkSkipped p99`. */
export function whatHappened(event: AuditView['event']): string {
  const { askedBy } = event;
  const first = isRecord(askedBy) ? `, asked for by ${String(askedBy['name'])}` : '';
  return `${deedInWords(event)}${first}`;
}

function deedInWords(event: AuditView['event']): string {
  const { kind } = event;
  switch (kind) {
    case 'promoted':
      if (event['repair'] === true) return 'promoted as a repair';
      return `${event['full'] === true ? 'promoted without the bake' : kind}${whomItLeaves(event)}`;
    case 'advanced':
      return `advanced to ${String(event['to'])}${whomItLeaves(event)}`;
    case 'checkSkipped':
      return `checkSkipped ${String(event['check'])}`;
    case 'deedAsked':
      return `deedAsked ${String(event['command'])}`;
    case 'gateApproved':
      return `gateApproved ${String(event['gate'])} (${String(event['approvals'])} of ${String(event['by'])})`;
    case 'gatePassed':
      return `gatePassed ${String(event['gate'])}`;
    case 'restored':
      return `restored to before ${String(event['to'])}`;
    default:
      return kind;
  }
}

/** Whom a person went on without, though they still needed the old version. */
function whomItLeaves({ leaveBehind }: AuditView['event']): string {
  if (!isRecord(leaveBehind) || !Array.isArray(leaveBehind['listed'])) return '';
  const names = leaveBehind['listed'].map(String);
  return names.length === 0 ? ', whoever still needs the old version' : `, without ${someNames(names)}`;
}
