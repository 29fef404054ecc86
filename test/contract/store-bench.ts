import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Problem, type ProblemCode } from '../../src/problem/problem.ts';
import { openConnection, type StoreOptions, storeOn } from '../../src/store/connect.ts';
import { sql } from '../../src/store/drizzle.ts';
import type { Store } from '../../src/store/store.ts';

/** A store under test, and the way past it that only a test takes. */
export interface StoreBench {
  readonly store: Store;
  /** Runs statements as the owner of the database, one after the other. */
  privileged(...statements: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export async function openBench(options: StoreOptions): Promise<StoreBench> {
  const connection = await openConnection(options);
  return {
    store: storeOn(connection),
    async privileged(...statements) {
      for (const statement of statements) await connection.database().execute(sql.raw(statement));
    },
    close: () => connection.close(),
  };
}

export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'serin-store-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A name that no other test uses. */
export function fresh(what: string): string {
  return `${what}-${randomUUID()}`;
}

/** The Problem that `work` fails with; fails when it does not. */
export async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const thrown: unknown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(Problem);
  return thrown as Problem;
}

export async function codeOf(work: Promise<unknown>): Promise<ProblemCode> {
  return (await problemOf(work)).code;
}
