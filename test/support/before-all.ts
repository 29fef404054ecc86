import { madeDatabase } from './made-database.ts';

/** Before any test, so that none waits for it within a limit of its own; nothing is done where it was made before. */
export async function setup(): Promise<void> {
  await madeDatabase();
}
