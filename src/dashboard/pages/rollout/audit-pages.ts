import type { AuditView } from '../../views.ts';

/** Entries of the audit as one list, the newest first; what is known stays known, because no entry ever changes. */
export function mergedAudit(known: readonly AuditView[], more: readonly AuditView[]): readonly AuditView[] {
  const bySeq = new Map([...known, ...more].map((entry) => [entry.seq, entry]));
  return [...bySeq.values()].toSorted((one, other) => other.seq - one.seq);
}

/**
 * What is known with the newest page. Where that page neither meets what is known nor has the beginning, something between them was
 * never read: what is older is asked for again, so that no list has a hole.
 */
export function withNewest(known: readonly AuditView[], newest: readonly AuditView[]): readonly AuditView[] {
  const lowest = newest.at(-1)?.seq ?? 0;
  const meets = known.some(({ seq }) => seq >= lowest) || olderThan(newest) === null;
  return meets ? mergedAudit(known, newest) : newest;
}

/** What is known with the page below an entry; without it where the list has begun anew meanwhile, and does not meet it. */
export function withOlder(
  known: readonly AuditView[],
  below: number | null,
  older: readonly AuditView[],
): readonly AuditView[] {
  return olderThan(known) === below ? mergedAudit(known, older) : known;
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
