import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../../src/problem/problem.ts';
import { openStore } from '../../src/store/connect.ts';
import { type FolderLock, lockFolder } from '../../src/store/embedded/folder-lock.ts';
import { processStart } from '../../src/store/embedded/process-identity.ts';
import { codeOf, problemOf, type TemporaryFolder, temporaryFolder } from '../contract/store-bench.ts';
import { placeDatabase } from '../support/made-database.ts';
import { insertionOf, rolloutOf } from '../support/rollout-fixture.ts';
import { startStoreChild } from '../support/store-child.ts';

const NONCE = '0123456789abcdef';

let folder: TemporaryFolder;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const claims = () => readdir(join(folder.path, 'lock'));

async function claim(name: string): Promise<void> {
  await mkdir(join(folder.path, 'lock'), { recursive: true });
  await writeFile(join(folder.path, 'lock', name), '');
}

describe('the lock of a data folder', () => {
  it('keeps out a second opener in the same process, until it is released', async () => {
    const lock = await lockFolder(folder.path);
    const problem = await problemOf(lockFolder(folder.path));
    expect(problem.code).toBe('data-folder-in-use');
    expect(problem.message).toContain(`process ${process.pid}`);
    await lock.release();
    await (await lockFolder(folder.path)).release();
    expect(await claims()).toEqual([]);
  });

  it('is taken from a process that is gone, even when another has its number now', async () => {
    await claim(`${process.pid}-1-${NONCE}`);
    await claim(`4194305-1-${NONCE}`);
    await lockFolder(folder.path);
    expect(await claims()).toHaveLength(1);
  });

  it('is not taken from a process that lives, however old the claim', async () => {
    const start = await processStart(process.pid);
    await claim(`${process.pid}-${start}-${NONCE}`);
    expect(await codeOf(lockFolder(folder.path))).toBe('data-folder-in-use');
    expect(await claims()).toEqual([`${process.pid}-${start}-${NONCE}`]);
  });

  it('is not taken where it cannot be told whether the process is the same', async () => {
    await claim(`${process.pid}-unknown-${NONCE}`);
    expect(await codeOf(lockFolder(folder.path))).toBe('data-folder-in-use');
  });

  it('of a copy is free, although the process lives that has the original', async () => {
    const lock = await lockFolder(folder.path);
    const copy = await temporaryFolder();
    await cp(folder.path, copy.path, { recursive: true });
    const second = await lockFolder(copy.path);
    expect(await codeOf(lockFolder(copy.path))).toBe('data-folder-in-use');
    expect(await codeOf(lockFolder(folder.path))).toBe('data-folder-in-use');
    await second.release();
    await lock.release();
    await copy.remove();
  });

  it('takes no notice of what is not a claim', async () => {
    await claim('notes.txt');
    await (await lockFolder(folder.path)).release();
    expect(await claims()).toEqual(['notes.txt']);
  });

  it('has one holder at a time however many reach for it', async () => {
    const turns = 5;
    let holders = 0;
    let most = 0;
    const contend = async () => {
      for (let turn = 0; turn < turns; turn += 1) {
        const lock = await patiently();
        holders += 1;
        most = Math.max(most, holders);
        await readdir(folder.path);
        holders -= 1;
        await lock.release();
      }
    };
    await claim(`4194305-1-${NONCE}`);
    await Promise.all([contend(), contend(), contend(), contend()]);
    expect(most).toBe(1);
    expect(await claims()).toEqual([]);
  });
});

async function patiently(): Promise<FolderLock> {
  for (;;) {
    try {
      return await lockFolder(folder.path);
    } catch (thrown) {
      if (!(thrown instanceof Problem)) throw thrown;
    }
  }
}

describe('the store in a data folder', () => {
  const rollout = rolloutOf();
  let made: TemporaryFolder;

  beforeAll(async () => {
    made = await temporaryFolder();
    await placeDatabase(made.path);
    const store = await openStore({ dataFolder: made.path });
    await store.rollouts.commit(insertionOf(rollout));
    await store.close();
  });
  beforeEach(() => cp(made.path, folder.path, { recursive: true }));
  afterAll(() => made.remove());

  it('refuses a second process, and changes nothing', async () => {
    const store = await openStore({ dataFolder: folder.path });
    const before = await readdir(folder.path, { recursive: true });
    await using second = startStoreChild(folder.path, 'hold');
    expect((await second.lines.next()).value).toEqual({
      kind: 'problem',
      code: 'data-folder-in-use',
      message: `The data folder ${folder.path} is in use by process ${process.pid}.`,
    });
    expect(await second.finish()).toBe(1);
    expect(await readdir(folder.path, { recursive: true })).toEqual(before);
    expect((await store.rollouts.find(rollout.id))?.rollout).toEqual(rollout);
    await store.close();
  });

  it('can be opened when the process that held it was killed, and everything is there', async () => {
    await using holder = startStoreChild(folder.path, 'hold');
    expect((await holder.lines.next()).value).toEqual({ kind: 'opened' });
    const problem = await problemOf(openStore({ dataFolder: folder.path }));
    expect(problem.message).toContain(`process ${holder.pid}`);
    await holder.kill();

    const again = await openStore({ dataFolder: folder.path });
    expect((await again.rollouts.find(rollout.id))?.rollout).toEqual(rollout);
    await again.close();
  });

  it('that holds something else than a database is refused, and let go', async () => {
    await rm(join(folder.path, 'database'), { recursive: true });
    await writeFile(join(folder.path, 'database'), 'notes');
    const problem = await problemOf(openStore({ dataFolder: folder.path }));
    expect(problem.code).toBe('unavailable');
    expect(problem.message).toContain(folder.path);
    expect(await claims()).toEqual([]);
  });

  it('can be opened when the process that held it has closed it', async () => {
    await using holder = startStoreChild(folder.path, 'hold');
    expect((await holder.lines.next()).value).toEqual({ kind: 'opened' });
    expect(await holder.finish()).toBe(0);
    expect(await claims()).toEqual([]);
    await (await openStore({ dataFolder: folder.path })).close();
  });
});
