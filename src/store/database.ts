import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

/** What both drivers are to the rooms of the store; a transaction is one too. */
export type Database = PgDatabase<PgQueryResultHKT>;

/** An open connection of either driver. */
export interface DatabaseConnection {
  /** How much work may be under way at once. */
  readonly atOnce: number;
  readonly database: () => Database;
  /**
   * `failed` lost a connection, or an answer is overdue: later work goes over new sockets. After a loss postgres.js
   * would wait up to 20 s before it dials again, and never frees the connection of a transaction that was cut.
   */
  renew(failed: Database): void;
  close(): Promise<void>;
}

/** The one door to the database: maps what goes wrong to a Problem, and gives up on an answer that does not come. */
export type Run = <T>(work: (database: Database) => Promise<T>) => Promise<T>;
