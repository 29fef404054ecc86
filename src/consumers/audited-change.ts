import type { Actor } from '../rollout/event.ts';
import type { AuditDraft } from '../rollout/record.ts';
import type { ConsumerChange } from './change-list.ts';
import { listSide } from './list-before.ts';
import type { ListCommand } from './list-command.ts';

/** What is done to a list, by whom and why. */
export interface DoneChange {
  readonly route: string;
  readonly command: ListCommand;
  /** Those that have an effect. */
  readonly changes: readonly ConsumerChange[];
  readonly by: Actor;
  readonly reason: string;
  /** Database time, epoch ms. */
  readonly at: number;
}

/** The one entry of the audit for a change of a list: every changed consumer before and after. */
export function auditOfChange({ route, command, changes, by, reason, at }: DoneChange): AuditDraft {
  return {
    at,
    actor: by,
    route,
    rolloutId: null,
    event: eventOf(command, changes),
    reason,
    before: listSide(changes.map(({ before }) => before)),
    after: listSide(changes.map(({ after }) => after)),
  };
}

function eventOf(command: ListCommand, changes: readonly ConsumerChange[]): AuditDraft['event'] {
  switch (command.kind) {
    case 'put':
      return { kind: 'consumerListed', consumer: command.consumer.name };
    case 'remove':
      return { kind: 'consumerRemoved', consumer: command.name };
    case 'move':
      return { kind: 'consumersMoved', who: command.who, to: command.to, count: changes.length };
    case 'import':
      return { kind: 'consumersImported', others: command.others, count: changes.length };
  }
}
