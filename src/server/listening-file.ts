import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ListenAddress } from '../config/declared-address.ts';
import { writePrivateFile } from '../identity/private-file.ts';
import { processStart } from '../store/embedded/process-identity.ts';

const record = z.object({
  pid: z.int(),
  start: z.string(),
  folder: z.string(),
  control: z.object({ host: z.string(), port: z.int() }),
  listeners: z.array(z.object({ host: z.string(), port: z.int() })),
});

/** Where the Serin running on a data folder listens. */
export interface RunningListeners {
  readonly control: ListenAddress;
  readonly listeners: readonly ListenAddress[];
}

/** Writes to the data folder where this process listens, as declared but with the actual ports; returns how to undo it. */
export async function sayListening(dataFolder: string, running: RunningListeners): Promise<() => void> {
  const path = listeningFile(dataFolder);
  const start = (await processStart(process.pid)) ?? 'unknown';
  const text = JSON.stringify({ pid: process.pid, start, folder: folderIdentity(dataFolder), ...running });
  writePrivateFile(path, `${text}\n`);
  return () => {
    // Another Serin on the same database may have written its own address since.
    if (read(path)?.pid === process.pid) rmSync(path, { force: true });
  };
}

/**
 * What the Serin running on this data folder wrote; null when none is running. A file left behind by a dead process, or
 * copied along with the folder, is ignored.
 */
export async function runningListeners(dataFolder: string): Promise<RunningListeners | null> {
  const said = read(listeningFile(dataFolder));
  if (said === null || said.folder !== folderIdentity(dataFolder)) return null;
  const start = await processStart(said.pid);
  return start !== null && (start === said.start || start === 'unknown' || said.start === 'unknown') ? said : null;
}

function read(path: string): z.output<typeof record> | null {
  try {
    return record.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
}

function folderIdentity(dataFolder: string): string {
  const { dev, ino } = statSync(dataFolder, { bigint: true });
  return `${dev}:${ino}`;
}

function listeningFile(dataFolder: string): string {
  return join(dataFolder, 'listening');
}
