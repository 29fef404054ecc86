import { isByPerson } from '../event.ts';
import type { SentMessage } from '../message.ts';
import type { AuditEntry, Configuration, RolloutRecord } from '../record.ts';
import { ENDS, isEnded } from '../state.ts';

/** What a report is made of: what the store has, and nothing of the present. */
export interface ReportParts {
  readonly record: RolloutRecord;
  /** Every entry of the rollout, the oldest first. */
  readonly audit: readonly AuditEntry[];
  /** What was sent about it, the oldest first. */
  readonly messages: readonly SentMessage[];
}

/** The newest of them: some channels get each message. */
export const MOST_REPORTED_MESSAGES = 1_000;

const ENDING: ReadonlySet<string> = new Set(ENDS);

/** The entry by which the rollout ended; undefined while it runs. */
export function endEntry({ record, audit }: ReportParts): AuditEntry | undefined {
  return isEnded(record.rollout) ? audit.find((entry) => ENDING.has(configAfter(entry).stage ?? '')) : undefined;
}

/**
 * The parts up to the end. One thing may happen to a rollout that has ended: its page is answered, months later, by the promotion of
 * another. That belongs to the story of the other, and would change this one.
 */
export function upToTheEnd(parts: ReportParts): ReportParts {
  const end = endEntry(parts);
  if (end === undefined) return { ...parts, messages: parts.messages.slice(-MOST_REPORTED_MESSAGES) };
  const later = parts.audit.filter(({ seq }) => seq > end.seq);
  const resolvedAt = new Set(later.map(({ at }) => at));
  return {
    record: parts.record,
    audit: parts.audit.filter(({ seq }) => seq <= end.seq),
    messages: parts.messages
      .filter(({ kind, at }) => kind !== 'resolve' || !resolvedAt.has(at))
      .slice(-MOST_REPORTED_MESSAGES),
  };
}

/** Whether a person decided it. */
export function isOverride({ actor, event }: AuditEntry): boolean {
  return isByPerson(actor, event);
}

/** What a rollout was before an entry; empty for the first. */
export function configBefore({ before }: AuditEntry): Partial<Configuration> {
  return (before ?? {}) as Partial<Configuration>;
}

/** What an entry made of a rollout. */
export function configAfter({ after }: AuditEntry): Partial<Configuration> {
  return (after ?? {}) as Partial<Configuration>;
}

/** How many messages nobody has taken or refused for good: what becomes of them is part of a report. */
export function waitingMessages(messages: readonly SentMessage[]): number {
  return messages.filter(({ deliveredAt, rejectedAt }) => deliveredAt === null && rejectedAt === null).length;
}

/** Database time up to which it tells, epoch ms: the end, or the last look. */
export function toldUpTo({ rollout, evidence }: RolloutRecord): number {
  return rollout.endedAt ?? evidence.lookedAt;
}
