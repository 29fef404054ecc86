import type { AuditView } from '../../views.ts';

/** Entries of the audit as one list, the newest first; what is known stays known, because no entry ever changes. */
export function mergedAudit(known: readonly AuditView[], more: readonly AuditView[]): readonly AuditView[] {
  const bySeq = new Map([...known, ...more].map((entry) => [entry.seq, entry]));
  return [...bySeq.values()].toSorted((one, other) => other.seq - one.seq);
}

/** Why it was started; null where the beginning is not known. */
export function whyStarted(known: readonly AuditView[]): string | null {
  return known.find(({ event }) => event.kind === 'rolloutStarted')?.reason ?? null;
}

/** Below which entry there is more; null where the beginning of the rollout is known. */
export function olderThan(known: readonly AuditView[]): number | null {
  const last = known.at(-1);
  return last === undefined || last.event.kind === 'rolloutStarted' ? null : last.seq;
}
