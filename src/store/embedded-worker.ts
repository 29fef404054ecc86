import { existsSync, renameSync, rmSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, types } from '@electric-sql/pglite';
import { type EmbeddedAnswer, type EmbeddedRequest, OPENED } from './embedded-protocol.ts';

const port = parentPort;
if (port === null) throw new Error('embedded-worker.ts is started as a worker thread.');

const asText = (value: string) => value;

async function openDatabase(folder: string): Promise<PGlite> {
  if (!existsSync(folder)) await makeDatabase(folder);
  return PGlite.create({
    dataDir: folder,
    // Drizzle parses instants and documents itself: a driver that does so too would parse the string "1" into a number.
    parsers: { [types.TIMESTAMPTZ]: asText, [types.JSON]: asText, [types.JSONB]: asText },
  });
}

/** Made beside its place: PGlite would take a folder whose making was cut short for a database. */
async function makeDatabase(folder: string): Promise<void> {
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  // Small segments of the write-ahead log: Postgres keeps at least five.
  const database = await PGlite.create({ dataDir: unfinished, initDbStartParams: ['--wal-segsize=1'] });
  await database.close();
  renameSync(unfinished, folder);
}

async function answer(database: PGlite, request: EmbeddedRequest): Promise<EmbeddedAnswer> {
  const { id } = request;
  try {
    switch (request.kind) {
      case 'query': {
        const { text, params, rowMode } = request;
        const { rows } = await database.query(text, [...params], { rowMode });
        return { id, kind: 'rows', rows };
      }
      case 'close':
        await database.close();
        return { id, kind: 'rows', rows: [] };
    }
  } catch (thrown) {
    const { code, constraint } = thrown as { readonly code?: string; readonly constraint?: string };
    return { id, kind: 'failed', code: code ?? 'WORKER_FAILED', constraint };
  }
}

const database = await openDatabase(workerData as string);
port.on('message', (request: EmbeddedRequest) => {
  void answer(database, request).then((said) => {
    port.postMessage(said);
    if (request.kind === 'close') port.close();
  });
});
port.postMessage({ id: OPENED, kind: 'rows', rows: [] } satisfies EmbeddedAnswer);
