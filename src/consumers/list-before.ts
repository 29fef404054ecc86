import { z } from 'zod';
import { isRecord } from '../policy/is-record.ts';
import type { AuditEntry } from '../rollout/record.ts';
import type { ConsumerChange } from './change-list.ts';
import { type Consumer, isOfConsumers } from './consumer.ts';

/** Consumers as one side of an audit entry keeps them: by name, with everything that puts one back as it was. */
export type ListSide = Readonly<Record<string, Omit<Consumer, 'name'>>>;

const kept = z.record(
  z.string(),
  z.object({
    keyHash: z.string().min(1),
    rule: z.enum(['canary', 'stable', 'by-weight']),
    group: z.string().nullable(),
    wave: z.number().nullable(),
    due: z.string().nullable(),
    contact: z.string().nullable(),
  }),
);

export function listSide(consumers: readonly (Consumer | null)[]): ListSide {
  return Object.fromEntries(
    consumers.flatMap((one) => {
      if (one === null) return [];
      const { name, ...rest } = one;
      return [[name, rest] as const];
    }),
  );
}

/** Whether an entry of the audit changed the list of its route. */
export function changedList({ event, before, after }: Pick<AuditEntry, 'event' | 'before' | 'after'>): boolean {
  return isOfConsumers(event.kind) || (event.kind === 'restored' && [before, after].some(hasList));
}

/** The part of a side that is the list. Beside it, the side of a restore has the configuration of its rollout. */
export function listPart({ event }: Pick<AuditEntry, 'event'>, side: unknown): unknown {
  return event.kind === 'restored' ? (hasList(side) ? side['consumers'] : {}) : side;
}

/**
 * The list of a route before the oldest of these entries, which have to be all that changed it since, the newest first. An entry by which
 * that cannot be told, such as one by an older Serin, is given instead.
 */
export function listBefore(
  list: readonly Consumer[],
  entries: readonly AuditEntry[],
): { readonly list: readonly Consumer[] } | { readonly lostAt: number } {
  const then = new Map(list.map((one) => [one.name, one]));
  for (const entry of entries.filter(changedList)) {
    const [before, after] = [entry.before, entry.after].map((side) => kept.safeParse(listPart(entry, side)));
    if (!before?.success || !after?.success) return { lostAt: entry.seq };
    for (const name of Object.keys(after.data)) then.delete(name);
    for (const [name, rest] of Object.entries(before.data)) then.set(name, { name, ...rest });
  }
  return { list: [...then.values()] };
}

/** What leads from one list to the other, by name. */
export function changesToList(
  list: readonly Consumer[],
  then: readonly Consumer[],
  why: string,
): readonly ConsumerChange[] {
  const [now, wanted] = [list, then].map((consumers) => new Map(consumers.map((one) => [one.name, one])));
  const names = [...new Set([...list, ...then].map(({ name }) => name))].toSorted();
  return names.map((name) => ({ name, before: now?.get(name) ?? null, after: wanted?.get(name) ?? null, why }));
}

function hasList(side: unknown): side is { readonly consumers: unknown } {
  return isRecord(side) && isRecord(side['consumers']);
}
