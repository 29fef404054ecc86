import { isRecord } from '../../policy/is-record.ts';
import { pinnedPolicy } from '../../policy/pinned.ts';
import type { Policy } from '../../policy/schema.ts';
import type { PutBack } from '../event.ts';
import type { AuditEntry, Configuration } from '../record.ts';

/**
 * The configuration of a rollout just before an entry of the audit: by that entry if it is about the rollout, else by the last one before
 * it that is. Null where the rollout had not begun.
 */
export function configurationBefore(
  rolloutId: string,
  entry: AuditEntry,
  previous: AuditEntry | undefined,
): Configuration | null {
  return configurationIn(entry.rolloutId === rolloutId ? entry.before : previous?.after);
}

/** The policy with a digest, by the entries of its rollout; null where none of them has it. */
export function policyOfDigest(entries: readonly AuditEntry[], digest: string): NonNullable<PutBack['pinned']> | null {
  for (const { event } of entries) {
    const facts: Readonly<Record<string, unknown>> = { ...event };
    const pinned = isRecord(facts['put']) ? facts['put']['pinned'] : null;
    const [found, policy] = isRecord(pinned)
      ? [pinned['digest'], pinned['policy']]
      : [facts['policyDigest'], facts['policy']];
    if (found !== digest || !isRecord(policy)) continue;
    try {
      return { policy: pinnedPolicy(policy as unknown as Policy), digest };
    } catch {
      return null;
    }
  }
  return null;
}

/** Null for what is none, such as the sides of an entry about consumers. */
function configurationIn(side: unknown): Configuration | null {
  if (!isRecord(side)) return null;
  const { stage, canaryBps, paused, policyDigest, skippedChecks, extraDwellMs } = side;
  const isOne =
    typeof stage === 'string' &&
    typeof canaryBps === 'number' &&
    typeof paused === 'boolean' &&
    typeof policyDigest === 'string' &&
    Array.isArray(skippedChecks) &&
    typeof extraDwellMs === 'number';
  return isOne ? (side as unknown as Configuration) : null;
}
