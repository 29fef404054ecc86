import { createHash } from 'node:crypto';
import { canonicalJson } from '../policy/digest.ts';
import { Problem } from '../problem/problem.ts';
import type { AuditDraft, AuditEntry } from '../rollout/record.ts';
import type { Database, Run } from './database.ts';
import { and, asc, count, desc, eq, gt, inArray, lt, lte, max, sql } from './drizzle.ts';
import { isUuid } from './identifier.ts';
import { markDone } from './keyed-requests.ts';
import { audit, auditHead } from './schema.ts';
import type { AuditLog } from './store.ts';

const HEAD = 1;
const PAGE = 500;

/** The hash that the first entry chains to. */
const GENESIS = '0'.repeat(64);

type Link = Pick<AuditEntry, 'seq' | 'hash'>;

export function auditLog(run: Run): AuditLog {
  return {
    append: (drafts) => run((database) => database.transaction((tx) => appendAudit(tx, drafts))),
    list: ({ rolloutId, route, routes, limit, beforeSeq }) =>
      run(async (database) => {
        if (rolloutId !== undefined && !isUuid(rolloutId)) return [];
        return database
          .select()
          .from(audit)
          .where(
            and(
              rolloutId === undefined ? undefined : eq(audit.rolloutId, rolloutId),
              route === undefined ? undefined : eq(audit.route, route),
              routes === undefined ? undefined : inArray(audit.route, [...routes]),
              beforeSeq === undefined ? undefined : lt(audit.seq, beforeSeq),
            ),
          )
          .orderBy(desc(audit.seq))
          .limit(limit);
      }),
    after: (seq, limit) =>
      run((database) => database.select().from(audit).where(gt(audit.seq, seq)).orderBy(asc(audit.seq)).limit(limit)),
    verify: () => verifyChain(run),
    tally: (afterSeq) =>
      run(async (database) => {
        const from = sql<string | null>`${audit.before} ->> 'stage'`;
        const to = sql<string | null>`${audit.after} ->> 'stage'`;
        const event = sql<string>`${audit.event} ->> 'kind'`;
        const rows = await database
          .select({ route: audit.route, event, from, to, count: count(), last: max(audit.seq) })
          .from(audit)
          .where(gt(audit.seq, afterSeq))
          .groupBy(audit.route, event, from, to);
        return {
          seq: rows.reduce((seq, { last }) => Math.max(seq, last ?? 0), afterSeq),
          moves: rows.map(({ route, event: kind, from: left, to: entered, count: times }) => ({
            route,
            event: kind,
            from: left,
            to: entered,
            count: times,
          })),
        };
      }),
  };
}

/**
 * Appends in the transaction `tx`, as its last step: the lock on the head row makes other writers wait until `tx` ends,
 * so that two of them cannot fork the chain.
 */
export async function appendAudit(tx: Database, drafts: readonly AuditDraft[]): Promise<void> {
  if (drafts.length === 0) return;
  const [head] = await tx.select().from(auditHead).where(eq(auditHead.id, HEAD)).for('update');
  if (head === undefined) throw new Problem('internal', 'The audit log has lost its head row.');
  const entries = chained(head, drafts);
  await tx.insert(audit).values(entries);
  const { seq, hash } = entries.at(-1) ?? head;
  await tx.update(auditHead).set({ seq, hash }).where(eq(auditHead.id, HEAD));
  await markDone(tx, new Set(drafts.map(({ actor }) => actor)), seq);
}

/** What an entry's hash covers besides the previous hash: only values that the database returns exactly as stored. */
export function auditContent(draft: AuditDraft): AuditDraft {
  const { at, actor, route, rolloutId, event, before, after } = draft;
  // A lone surrogate cannot be encoded as UTF-8: it would be stored as U+FFFD.
  const reason = draft.reason.toWellFormed();
  return { at, actor, route, rolloutId, event, reason, before: before ?? null, after: after ?? null };
}

function chained(head: Link, drafts: readonly AuditDraft[]): AuditEntry[] {
  let last = head;
  return drafts.map((draft) => {
    const numbered = { seq: last.seq + 1, ...auditContent(draft) };
    const entry = { ...numbered, hash: chainHash(last.hash, numbered) };
    last = entry;
    return entry;
  });
}

function chainHash(previous: string, content: unknown): string {
  return createHash('sha256').update(previous).update(canonicalJson(content)).digest('hex');
}

/** Stops at the head as it was when the walk began; entries appended since are left for the next walk. */
async function verifyChain(run: Run): Promise<{ entries: number; brokenAt: number | null }> {
  const head = await run(
    async (database) => (await database.select().from(auditHead).where(eq(auditHead.id, HEAD)))[0],
  );
  if (head === undefined) return { entries: 0, brokenAt: 1 };
  let last: Link = { seq: 0, hash: GENESIS };
  while (last.seq < head.seq) {
    const page = await run((database) => pageAfter(database, last.seq, head.seq));
    for (const { hash, ...entry } of page) {
      const { seq } = last;
      const expected = chainHash(last.hash, { seq: seq + 1, ...auditContent(entry) });
      if (entry.seq !== seq + 1 || hash !== expected) return { entries: seq, brokenAt: seq + 1 };
      last = { seq: entry.seq, hash };
    }
    if (page.length === 0) return { entries: last.seq, brokenAt: last.seq + 1 };
  }
  return { entries: last.seq, brokenAt: last.hash === head.hash ? null : last.seq };
}

function pageAfter(database: Database, seq: number, end: number): Promise<AuditEntry[]> {
  return database
    .select()
    .from(audit)
    .where(and(gt(audit.seq, seq), lte(audit.seq, end)))
    .orderBy(asc(audit.seq))
    .limit(PAGE);
}
