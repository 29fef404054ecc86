import { watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/connect.ts';
import { type TemporaryFolder, temporaryFolder } from '../contract/store-bench.ts';
import { placeDatabase } from '../support/made-database.ts';
import { startStoreChild } from '../support/store-child.ts';

/** Acknowledged commits after which the process is killed, while the next one is under way. */
const ROUNDS = [3, 17, 120];

let folder: TemporaryFolder;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

/** Kills the process after `commits` acknowledgements; the newest of all that it managed to send. */
async function commitUntilKilled(commits: number): Promise<{ id: string; version: number }> {
  await using child = startStoreChild(folder.path, 'commit');
  let newest = { id: '', version: 0 };
  let acknowledged = 0;
  for (let next = await child.lines.next(); !next.done; next = await child.lines.next()) {
    if (next.value.kind !== 'committed') continue;
    newest = next.value;
    acknowledged += 1;
    if (acknowledged === commits) await child.kill();
  }
  return newest;
}

describe('kill -9', () => {
  it('costs no commit that was acknowledged, and leaves none by half', async () => {
    await placeDatabase(folder.path);
    for (const commits of ROUNDS) {
      const { id, version: acknowledged } = await commitUntilKilled(commits);
      const store = await openStore({ dataFolder: folder.path });
      const version = (await store.rollouts.find(id))?.rollout.version ?? 0;
      // The one that was under way may have been committed too.
      expect([acknowledged, acknowledged + 1]).toContain(version);
      const entries = await store.audit.list({ rolloutId: id, limit: 10_000 });
      expect(entries).toHaveLength(version);
      const waiting = (await store.outbox.due(10_000)).filter(({ message }) => message.rolloutId === id);
      expect(waiting).toHaveLength(version - 1);
      expect((await store.audit.verify()).brokenAt).toBeNull();
      await store.close();
    }
  });

  it('while the database is being made does not spoil the folder', async () => {
    await using child = startStoreChild(folder.path, 'hold');
    await madeInside(folder.path, 'database.new');
    await child.kill();
    expect(await readdir(folder.path)).not.toContain('database');
    const store = await openStore({ dataFolder: folder.path });
    expect(await store.audit.verify()).toEqual({ entries: 0, brokenAt: null });
    await store.close();
    expect(await readdir(folder.path)).not.toContain('database.new');
  });
});

function madeInside(path: string, name: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(path, (_event, made) => {
      if (made !== name) return;
      watcher.close();
      resolve();
    });
  });
}
