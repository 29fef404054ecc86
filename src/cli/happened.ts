import type { AuditView } from '../api/view-schemas.ts';

/** An event of the audit with what tells it from others of its kind: `promoted as a repair`, `advanced to step-2`, `checkSkipped p99`. */
export function whatHappened(event: AuditView['event']): string {
  const { kind } = event;
  switch (kind) {
    case 'promoted':
      if (event['repair'] === true) return 'promoted as a repair';
      return event['full'] === true ? 'promoted without the bake' : kind;
    case 'advanced':
      return `advanced to ${String(event['to'])}`;
    case 'checkSkipped':
      return `checkSkipped ${String(event['check'])}`;
    case 'gatePassed':
      return `gatePassed ${String(event['gate'])}`;
    default:
      return kind;
  }
}
