import { Problem } from '../../problem/problem.ts';
import type { AuditEntry } from '../../rollout/record.ts';
import { configurationBefore, policyOfDigest } from '../../rollout/restore/past.ts';
import type { RolloutPast } from '../../rollout/restore/rollout-restore.ts';
import type { Rollout } from '../../rollout/state.ts';
import type { AuditFilter, AuditLog } from '../../store/store.ts';

export type PastAudit = Pick<AuditLog, 'list' | 'after'>;

const PAGE = 500;
/** Further back a person looks at the audit and says what they want: a restore would read for minutes. */
const MOST_ENTRIES = 20_000;

/** Throws Problem('not-found') for a number that is of no entry of the route; of what else it is nobody is told. */
export async function entryOf(audit: PastAudit, route: string, seq: number): Promise<AuditEntry> {
  const [entry] = await audit.after(seq - 1, 1);
  if (entry?.seq === seq && entry.route === route) return entry;
  throw new Problem(
    'not-found',
    `no entry ${seq} of the audit is about route ${route}: serin audit ${route} shows the numbers`,
  );
}

/** The entries from a number on that the filter lets through, the newest first. */
export async function entriesSince(
  audit: PastAudit,
  filter: Pick<AuditFilter, 'route' | 'rolloutId'>,
  seq: number,
): Promise<readonly AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (let beforeSeq: number | undefined; ; beforeSeq = entries.at(-1)?.seq) {
    const page = await audit.list({ ...filter, limit: PAGE, ...(beforeSeq === undefined ? {} : { beforeSeq }) });
    const since = page.filter((entry) => entry.seq >= seq);
    entries.push(...since);
    if (since.length < PAGE) return entries;
    if (entries.length >= MOST_ENTRIES) {
      throw new Problem(
        'refused',
        `entry ${seq} is more than ${MOST_ENTRIES.toLocaleString('en')} entries back: choose a later one`,
      );
    }
  }
}

/** What the past of a running rollout says; null where it had not begun before the entry. */
export async function pastOf(
  audit: PastAudit,
  rollout: Rollout,
  entry: AuditEntry,
  since: readonly AuditEntry[],
): Promise<RolloutPast | null> {
  const { id } = rollout;
  const [previous] = await audit.list({ rolloutId: id, beforeSeq: entry.seq, limit: 1 });
  const then = configurationBefore(id, entry, previous);
  if (then === null) return null;
  const isSamePolicy = then.policyDigest === rollout.policyDigest;
  const all = isSamePolicy ? [] : await entriesSince(audit, { rolloutId: id }, 1);
  return {
    configuration: then,
    pinned: policyOfDigest(all, then.policyDigest),
    since: since.filter(({ rolloutId }) => rolloutId === id),
  };
}
