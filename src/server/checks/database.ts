import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../../problem/error-code.ts';
import { Problem } from '../../problem/problem.ts';
import { lookAtDatabase } from '../../store/embedded/embedded-folder.ts';
import { openConfigured } from '../open-configured.ts';
import type { Checked, Obstacle, Remark, Requirement } from './check.ts';

/** The data folder, and the database in it or at DATABASE_URL. Opening it brings its tables up to date. */
export const database: Requirement = {
  name: 'database',
  timeoutMs: 60_000,
  async run(checked, signal) {
    const folder = folderFinding(checked);
    if (folder.level === 'error') return [folder];
    return [folder, await databaseFinding(checked, signal)];
  },
};

/** Both databases need the folder: it holds the admin token. */
function folderFinding({ dataFolder }: Checked): Remark | Obstacle {
  const there = nearestExisting(dataFolder);
  if (!statSync(there).isDirectory()) {
    const what = there === dataFolder ? dataFolder : `${dataFolder} cannot be made: ${there}`;
    return { level: 'error', problem: new Problem('unavailable', `the data folder ${what} is a file, not a folder`) };
  }
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const code = errorCode(cause) ?? 'unknown error';
    const message = `the data folder ${dataFolder} cannot be written: ${there} refuses it (${code})`;
    return { level: 'error', problem: new Problem('unavailable', message, { cause }) };
  }
  if (there === dataFolder) return { level: 'ok', says: `the data folder ${dataFolder} can be written` };
  return { level: 'ok', says: `the data folder ${dataFolder} does not exist yet: the first start creates it` };
}

function nearestExisting(path: string): string {
  const parent = dirname(path);
  return existsSync(path) || parent === path ? path : nearestExisting(parent);
}

async function databaseFinding(checked: Checked, signal: AbortSignal): Promise<Remark | Obstacle> {
  const { loaded, env, dataFolder, purpose, log, database: opened } = checked;
  const databaseUrl = env['DATABASE_URL'];
  if (!databaseUrl && (purpose === 'doctor' || opened.isRefused) && lookAtDatabase(dataFolder).kind === 'nothing') {
    return { level: 'ok', says: 'there is no database yet: the first start creates it' };
  }
  try {
    const store = await openConfigured(loaded, env, log);
    // The check has timed out.
    if (signal.aborted) await store.close();
    else opened.store = store;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code !== 'data-folder-in-use') return { level: 'error', problem: error };
    opened.taken = error;
    return { level: 'ok', says: `${clause(error.message)}: held by a running Serin`, taken: error };
  }
  const says = databaseUrl ? 'the database at DATABASE_URL answers' : `the database in ${dataFolder} opens`;
  return { level: 'ok', says: `${says}, and its tables are up to date` };
}

function clause(sentence: string): string {
  return sentence.replace(/\.$/, '').replace(/^T/, 't');
}
