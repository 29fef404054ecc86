import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openStore } from '../../src/store/connect.ts';
import { temporaryFolder } from '../contract/store-bench.ts';
import { placeDatabase } from '../support/made-database.ts';
import { changeOf, evidenceOf, insertionOf, rolloutOf } from '../support/rollout-fixture.ts';

const LOOKS = 600;
const EVIDENCE_BYTES = 60_000;
const MB = 1_000_000;

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

it('a data folder does not grow with the looks that were taken', async () => {
  const folder = await temporaryFolder();
  await placeDatabase(folder.path);
  const store = await openStore({ dataFolder: folder.path });
  const rollout = rolloutOf();
  await store.rollouts.commit(insertionOf(rollout));
  const before = await sizeOf(folder.path);
  for (let look = 1; look <= LOOKS; look += 1) {
    // Random, so that the database cannot compress it.
    const evidence = evidenceOf(rollout, { cursor: randomBytes(EVIDENCE_BYTES / 2).toString('hex'), lookedAt: look });
    await store.rollouts.commit(changeOf(rollout, { version: 1 }, { evidence, audit: [] }));
  }
  const grown = (await sizeOf(folder.path)) - before;
  await store.close();
  await folder.remove();
  expect(LOOKS * EVIDENCE_BYTES).toBeGreaterThan(35 * MB);
  expect(grown).toBeLessThan(15 * MB);
});
