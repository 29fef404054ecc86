import { mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogEvent } from '../../src/problem/log.ts';
import { openConnection, openStore, storeOn } from '../../src/store/connect.ts';
import { lockFolder } from '../../src/store/embedded/folder-lock.ts';
import { processStart } from '../../src/store/embedded/process-identity.ts';
import { codeOf, problemOf, type TemporaryFolder, temporaryFolder } from '../contract/store-bench.ts';
import { placeDatabase } from '../support/made-database.ts';
import { seededRandom } from '../support/random.ts';
import { changeOf, insertionOf, rolloutOf } from '../support/rollout-fixture.ts';
import { startStoreChild } from '../support/store-child.ts';

const KILLS = 6;

let folder: TemporaryFolder;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

/** The processes that have joined the lock of the folder and live: there should never be two. */
async function databasePids(): Promise<readonly number[]> {
  const claims = (await readdir(join(folder.path, 'lock')).catch(() => [])).filter((name) =>
    name.endsWith('.database'),
  );
  const pids = claims.map((name) => Number(name.split('-')[0]));
  const lives = await Promise.all(pids.map(async (pid) => (await processStart(pid)) !== null));
  return pids.filter((_pid, at) => lives[at]);
}

async function databasePid(): Promise<number> {
  await expect.poll(() => databasePids(), { timeout: 30_000, interval: 10 }).toHaveLength(1);
  return (await databasePids())[0] as number;
}

async function gone(pid: number): Promise<void> {
  await expect.poll(() => processStart(pid), { timeout: 30_000 }).toBeNull();
}

describe('the process of the embedded database', () => {
  it('is started anew when it is killed, and nothing that was acknowledged is lost', async () => {
    const random = seededRandom(20261129);
    const logged: LogEvent[] = [];
    await placeDatabase(folder.path);
    const store = await openStore({ dataFolder: folder.path }, (event) => logged.push(event));
    let rollout = rolloutOf();
    await store.rollouts.commit(insertionOf(rollout));
    const problems = new Set<string>();
    let most = 0;
    for (let kills = 0; kills < KILLS; kills += 1) {
      const pid = await databasePid();
      const killed = sleep(random() * 40).then(() => process.kill(pid, 'SIGKILL'));
      // One commit after the other; what failed is sent again, as the controller does.
      for (let survived = 0; survived < 3; ) {
        const change = changeOf(rollout);
        try {
          await store.rollouts.commit(change);
          rollout = change.rollout;
          if ((await processStart(pid)) === null) survived += 1;
        } catch (thrown) {
          problems.add((thrown as { code: string }).code);
          most = Math.max(most, (await databasePids()).length);
          await sleep(20);
        }
      }
      await killed;
    }
    expect((await store.rollouts.find(rollout.id))?.rollout).toEqual(rollout);
    expect(await store.audit.list({ rolloutId: rollout.id, limit: 10_000 })).toHaveLength(rollout.version);
    expect((await store.audit.verify()).brokenAt).toBeNull();
    await store.close();
    expect([...problems]).toEqual(['unavailable']);
    expect(most).toBeLessThanOrEqual(1);
    expect(logged.filter(({ what }) => what === 'databaseEnded')).toHaveLength(KILLS);
    expect(logged[0]).toMatchObject({ what: 'databaseEnded', level: 'error', how: 'SIGKILL' });
    expect(await databasePids()).toEqual([]);
  });

  it('closes the database and ends when Serin is killed, and the next Serin waits for it', async () => {
    await placeDatabase(folder.path);
    await using child = startStoreChild(folder.path, 'commit');
    for (let next = await child.lines.next(); next.value?.kind !== 'committed'; next = await child.lines.next());
    const pid = await databasePid();
    await child.kill();
    const store = await openStore({ dataFolder: folder.path });
    expect(await processStart(pid)).toBeNull();
    expect((await store.audit.verify()).brokenAt).toBeNull();
    await store.close();
  });

  it('keeps the folder for as long as it lives, whatever became of Serin', async () => {
    await placeDatabase(folder.path);
    await using child = startStoreChild(folder.path, 'hold');
    await child.lines.next();
    const pid = await databasePid();
    process.kill(pid, 'SIGSTOP');
    try {
      await child.kill();
      const problem = await problemOf(lockFolder(folder.path, 300));
      expect(problem.code).toBe('data-folder-in-use');
      expect(problem.message).toBe(
        `The data folder ${folder.path} is in use by process ${pid}, the database of a Serin that has ended.`,
      );
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await (await lockFolder(folder.path)).release();
    await gone(pid);
  });

  it('that was killed while it made the database leaves nothing that is taken for one', async () => {
    const opening = problemOf(openStore({ dataFolder: folder.path }));
    process.kill(await databasePid(), 'SIGKILL');
    const problem = await opening;
    expect(problem.code).toBe('unavailable');
    expect(problem.message).toContain('SIGKILL');
    expect(await readdir(folder.path)).not.toContain('database');
    const store = await openStore({ dataFolder: folder.path });
    expect(await store.audit.verify()).toEqual({ entries: 0, brokenAt: null });
    await store.close();
    expect((await readdir(folder.path)).toSorted()).toEqual(['database', 'lock']);
  });

  it('that answers nothing any more is replaced', async () => {
    await placeDatabase(folder.path);
    const store = storeOn(await openConnection({ dataFolder: folder.path }), 1_000);
    const pid = await databasePid();
    process.kill(pid, 'SIGSTOP');
    expect(await codeOf(store.now())).toBe('unavailable');
    await expect.poll(() => store.now().catch(() => null), { timeout: 60_000 }).toBeTypeOf('number');
    expect(await processStart(pid)).toBeNull();
    await store.close();
  });

  it('does not open a folder that has lost its PG_VERSION, says what is there, and leaves it as it was', async () => {
    await placeDatabase(folder.path);
    const store = await openStore({ dataFolder: folder.path });
    await store.close();
    await rename(join(folder.path, 'database', 'PG_VERSION'), join(folder.path, 'PG_VERSION'));
    const before = await readdir(folder.path, { recursive: true });
    const problem = await problemOf(openStore({ dataFolder: folder.path }));
    expect(problem.code).toBe('unavailable');
    expect(problem.message).toMatch(
      /database is not a database: PG_VERSION is missing from it; it has base, global, .*, and \d+ more\. Nothing in it was changed\. Put the folder back/,
    );
    expect(await readdir(folder.path, { recursive: true })).toEqual(before);
    await rename(join(folder.path, 'PG_VERSION'), join(folder.path, 'database', 'PG_VERSION'));
    await (await openStore({ dataFolder: folder.path })).close();
  });

  it('makes no new database while Serin runs: a folder that is gone is waited for', async () => {
    await placeDatabase(folder.path);
    const store = storeOn(await openConnection({ dataFolder: folder.path }), 1_000);
    const path = join(folder.path, 'database');
    const elsewhere = join(folder.path, 'elsewhere');
    await rename(path, elsewhere);
    process.kill(await databasePid(), 'SIGKILL');
    await expect.poll(() => codeOf(store.now()), { timeout: 20_000 }).toBe('unavailable');
    // Long enough for several attempts, which wait 100, 200, 400 ms.
    await new Promise((done) => setTimeout(done, 1_000));
    expect(await readdir(folder.path)).not.toContain('database');
    await rename(elsewhere, path);
    await expect.poll(() => store.now().catch(() => null), { timeout: 60_000 }).toBeTypeOf('number');
    await store.close();
  });

  it.each<[string, (path: string) => Promise<unknown>, string]>([
    ['an empty folder', (path) => mkdir(path), 'it is empty'],
    ['a file', (path) => writeFile(path, ''), 'it is not a folder'],
    [
      'a link into nothing',
      (path) => symlink('/nowhere/at/all', path),
      'it is a link to /nowhere/at/all, where nothing is',
    ],
    [
      'a folder of something else',
      async (path) => {
        await mkdir(path);
        await writeFile(join(path, 'notes.txt'), 'mine');
      },
      'PG_VERSION is missing from it; it has notes.txt',
    ],
  ])('makes no database of %s', async (_, make, says) => {
    await make(join(folder.path, 'database'));
    const problem = await problemOf(openStore({ dataFolder: folder.path }));
    expect([problem.code, problem.message]).toEqual(['unavailable', expect.stringContaining(`${says}. Nothing`)]);
    expect((await readdir(folder.path)).toSorted()).toEqual(['database', 'lock']);
  });
});
