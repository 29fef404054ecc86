import type { Database } from './database.ts';
import { sql } from './drizzle.ts';

/** The database's clock at this moment; `now()` in SQL would be the time at which the transaction began. */
export const NOW = sql`clock_timestamp()`;

/** `ms` from now on the database's clock. */
export function fromNow(ms: number) {
  return sql`clock_timestamp() + ${ms}::double precision * interval '1 millisecond'`;
}

/** Epoch ms. */
export async function databaseNow(database: Database): Promise<number> {
  const ms = sql`floor(extract(epoch from ${NOW}) * 1000)`.mapWith(Number);
  const [row] = await database.select({ ms }).from(sql`(values (1)) as one`);
  if (row === undefined) throw new Error('A select without a condition has a row.');
  return row.ms;
}
