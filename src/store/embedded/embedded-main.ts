// Runs as its own process, started by embedded-process.ts: PGlite in the given data folder, reached over IPC.
import { join } from 'node:path';
import { PGlite, types } from '@electric-sql/pglite';
import { becomeMember, reasonOf, tell } from './embedded-member.ts';
import type { EmbeddedAnswer, EmbeddedRequest } from './embedded-protocol.ts';
import { START_PARAMETERS } from './embedded-settings.ts';

const asText = (value: string) => value;
const say = (answer: EmbeddedAnswer) => tell(answer);

const member = await becomeMember('serin-database');
const folder = join(member.dataFolder, 'database');

/** Postgres's latest output: the only place where it says why it does not start. */
let lastWords = '';

function openDatabase(): Promise<PGlite> {
  return PGlite.create({
    dataDir: folder,
    startParams: [...PGlite.defaultStartParams, ...START_PARAMETERS],
    onStderr: (text) => {
      if (/ (FATAL|PANIC|ERROR): /.test(text)) lastWords = text;
      return false;
    },
    // Drizzle parses instants and documents itself: a driver that does so too would parse the string "1" into a number.
    parsers: { [types.TIMESTAMPTZ]: asText, [types.JSON]: asText, [types.JSONB]: asText },
  });
}

async function opened(): Promise<PGlite> {
  try {
    return await openDatabase();
  } catch (thrown) {
    say({ kind: 'not-opened', reason: reasonOf(thrown, member, lastWords) });
    return await member.leave(1);
  }
}

async function answer(request: EmbeddedRequest): Promise<EmbeddedAnswer> {
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
    const { name, code, constraint } = thrown as { name?: string; code?: string; constraint?: string };
    // A module that has trapped or exited (a Postgres panic, for example) never answers again: the next process recovers.
    if (name === 'RuntimeError' || name === 'ExitStatus') await member.leave(1);
    return { id, kind: 'failed', code: code ?? 'DATABASE_FAILED', constraint };
  }
}

const database = await opened();
process.on('message', (request: EmbeddedRequest) => {
  void answer(request).then(async (said) => {
    say(said);
    if (request.kind === 'close') await member.leave(0);
  });
});
// Serin is gone. Running statements finish before this event arrives; what was not committed is rolled back.
process.once('disconnect', () => {
  void database.close().then(
    () => member.leave(0),
    () => member.leave(1),
  );
});
say({ kind: 'opened' });
// Compiling leaves 10 MB of garbage that would stay as long as the process is idle.
globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
