import { existsSync, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What was found where the embedded database should be. */
export type DatabaseFolder =
  | { readonly kind: 'nothing' | 'database' }
  /** Something else, described in a sentence that says what to do about it. */
  | { readonly kind: 'other'; readonly says: string };

const NAMES_SHOWN = 5;

/**
 * Looks at `<dataFolder>/database`. A folder without its PG_VERSION is never used for a new database: PGlite would
 * create one over its contents, and a Serin that lost its rollouts would go on as if there had been none.
 */
export function lookAtDatabase(dataFolder: string): DatabaseFolder {
  const folder = join(dataFolder, 'database');
  const entry = lstatSync(folder, { throwIfNoEntry: false });
  if (!entry) return { kind: 'nothing' };
  if (existsSync(join(folder, 'PG_VERSION'))) return { kind: 'database' };
  return {
    kind: 'other',
    says: `${folder} is not a database: ${whatIsThere(folder)}. Nothing in it was changed. Put the folder back from a backup; or move it away, and the next start makes a new database, without rollouts, tokens or an audit log`,
  };
}

function whatIsThere(folder: string): string {
  const target = statSync(folder, { throwIfNoEntry: false });
  if (!target) return `it is a link to ${readlinkSync(folder)}, where nothing is`;
  if (!target.isDirectory()) return 'it is not a folder';
  const names = readdirSync(folder).toSorted();
  if (names.length === 0) return 'it is empty';
  const more = names.length > NAMES_SHOWN ? `, and ${names.length - NAMES_SHOWN} more` : '';
  return `PG_VERSION is missing from it; it has ${names.slice(0, NAMES_SHOWN).join(', ')}${more}`;
}
