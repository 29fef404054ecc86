// Runs as its own process, started by embedded-process.ts: creates the database of a new data folder, and exits. The
// memory that this takes (two instances of PGlite) is freed with the process.
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryFS, PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { becomeMember, reasonOf, tell } from './embedded-member.ts';
import type { EmbeddedAnswer } from './embedded-protocol.ts';
import { SHARED_BUFFERS, START_PARAMETERS } from './embedded-settings.ts';
import { copySparsely } from './sparse-copies.ts';

const member = await becomeMember('serin-database');
const folder = join(member.dataFolder, 'database');
/** Created next to its final place: PGlite would take a half-created folder for a database. */
const unfinished = `${folder}.new`;

/** Mounted at PGlite's data folder; PGlite believes it is memory, so initdb writes here and not into a copy that is moved. */
class FolderInMemory extends MemoryFS {
  override async init(pg: PGlite, options: Parameters<MemoryFS['init']>[1]): ReturnType<MemoryFS['init']> {
    this.pg = pg;
    const mount = (module: { FS: PGlite['Module']['FS']; NODEFS?: unknown }) => {
      module.FS.mkdirTree(PGlite.paths.PGDATA);
      module.FS.mount(module.NODEFS as never, { root: unfinished }, PGlite.paths.PGDATA);
    };
    return { emscriptenOpts: { ...options, preRun: [...(options.preRun ?? []), mount] } as PGliteOptions as never };
  }
}

process.once('disconnect', () => void member.leave(1));
try {
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  copySparsely();
  const database = await PGlite.create({
    fs: new FolderInMemory(),
    // Small segments for the write-ahead log: Postgres keeps at least five.
    initDbStartParams: ['--wal-segsize=1', '-c', SHARED_BUFFERS],
    startParams: [...PGlite.defaultStartParams, ...START_PARAMETERS],
  });
  await database.close();
  renameSync(unfinished, folder);
  await member.leave(0);
} catch (thrown) {
  tell({ kind: 'not-opened', reason: reasonOf(thrown, member, '') } satisfies EmbeddedAnswer);
  await member.leave(1);
}
