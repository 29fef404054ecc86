import { createRequire } from 'node:module';

/**
 * All of Drizzle in its CommonJS build: linking its ES modules, which re-export each other in circles, takes 240 MB
 * and half a second before the first statement (Node 24). This build takes 25 MB.
 */
const require = createRequire(import.meta.url);

const orm: typeof import('drizzle-orm') = require('drizzle-orm');
const core: typeof import('drizzle-orm/pg-core') = require('drizzle-orm/pg-core');
const errors: typeof import('drizzle-orm/errors') = require('drizzle-orm/errors');

export const { and, asc, count, desc, eq, gt, gte, inArray, isNotNull, isNull, lt, lte, max, or, sql } = orm;
export const { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uniqueIndex, uuid } = core;
export const { DrizzleQueryError } = errors;

/** Only one driver is used; the other is never loaded. */
export function drizzlePglite(): typeof import('drizzle-orm/pglite') & typeof import('drizzle-orm/pglite/migrator') {
  return { ...require('drizzle-orm/pglite'), ...require('drizzle-orm/pglite/migrator') };
}

export function drizzlePostgres(): typeof import('drizzle-orm/postgres-js') &
  typeof import('drizzle-orm/postgres-js/migrator') {
  return { ...require('drizzle-orm/postgres-js'), ...require('drizzle-orm/postgres-js/migrator') };
}
