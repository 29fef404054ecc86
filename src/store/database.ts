import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

/** What both drivers offer the store; a transaction offers the same. */
export type Database = PgDatabase<PgQueryResultHKT>;

/** An open connection of either driver. */
export interface DatabaseConnection {
  /** How many operations may run at once. */
  readonly atOnce: number;
  readonly database: () => Database;
  /**
   * `failed` lost a connection, or an answer is overdue: later work uses new sockets. After a loss postgres.js
   * would wait up to 20 s before it reconnects, and never frees the connection of a transaction that was cut off.
   */
  renew(failed: Database): void;
  close(): Promise<void>;
}

/** The only way to the database: maps failures to a Problem, and gives up on overdue answers. */
export type Run = <T>(work: (database: Database) => Promise<T>) => Promise<T>;
