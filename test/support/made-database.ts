import { createHash, randomUUID } from 'node:crypto';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openStore } from '../../src/store/connect.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** What the empty database is made of. */
const MADE_OF = ['drizzle/**/*', 'src/store/{embedded/,}*.ts', 'node_modules/@electric-sql/pglite/package.json'];

/**
 * Puts the embedded database of a new installation into a data folder, as a copy of one that was made once: to make it takes five
 * seconds of processor time, and a hundred tests would. It has its tables and no rows; secret, tokens and lock are made by
 * whoever starts there. Tests of the first start itself begin with an empty folder.
 */
export async function placeDatabase(dataFolder: string): Promise<void> {
  const made = await madeDatabase();
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  cpSync(made, join(dataFolder, 'database'), { recursive: true });
}

/** Where it lies; of several processes that make it at once the first to end is taken. */
export async function madeDatabase(): Promise<string> {
  const hash = createHash('sha256');
  for (const path of globSync(MADE_OF, { cwd: ROOT, withFileTypes: true }).filter((entry) => entry.isFile())) {
    hash.update(readFileSync(join(path.parentPath, path.name)));
  }
  const folder = join(ROOT, 'node_modules/.cache/serin-database', hash.digest('hex').slice(0, 16));
  if (existsSync(folder)) return folder;
  const making = mkdtempSync(join(tmpdir(), 'serin-database-'));
  try {
    await (await openStore({ dataFolder: making })).close();
    mkdirSync(resolve(folder, '..'), { recursive: true });
    const copy = `${folder}-${randomUUID()}`;
    cpSync(join(making, 'database'), copy, { recursive: true });
    try {
      renameSync(copy, folder);
    } catch (error) {
      rmSync(copy, { recursive: true });
      if (!existsSync(folder)) throw error;
    }
    return folder;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}
