import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { keepSecret, newSecret } from '../../../src/identity/installation-secret.ts';
import type { Checked } from '../../../src/server/checks/check.ts';
import { installationKeys, isLostWithContainer } from '../../../src/server/checks/installation-keys.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'serin-keys-'));
  folders.push(folder);
  return folder;
}

const GIVEN = { SERIN_SECRET: 'a secret of at least thirty-two characters' };
const KEPT_ELSEWHERE = { DATABASE_URL: 'postgres://127.0.0.1/serin' };

/** What is said beside the secret's own place. The folder of tests may itself be lost with a container. */
async function warnings(env: NodeJS.ProcessEnv, dataFolder = newFolder()): Promise<string[]> {
  const checked = { dataFolder, env, database: { store: null } } as unknown as Checked;
  const found = await installationKeys.run(checked, new AbortController().signal);
  return found.flatMap((finding) => (finding.level === 'warning' ? [finding.says] : []));
}

describe('a secret that may be lost', () => {
  it('is told loudly where the database outlives the folder that it is made in', async () => {
    const said = await warnings(KEPT_ELSEWHERE);
    expect(said.join()).toMatch(/set SERIN_SECRET/i);
    expect(await warnings({ ...KEPT_ELSEWHERE, ...GIVEN })).toEqual([]);
  });

  it('is no concern beside a database that is kept with it, or once it was made', async () => {
    const folder = newFolder();
    const lost = isLostWithContainer(folder, {}) ? 1 : 0;
    expect(await warnings({}, folder)).toHaveLength(lost);
    keepSecret(folder, newSecret());
    expect(await warnings(KEPT_ELSEWHERE, folder)).toHaveLength(lost);
  });

  it('is looked for on the nearest folder that exists', () => {
    const folder = newFolder();
    expect(isLostWithContainer(join(folder, 'not', 'there'), {})).toBe(isLostWithContainer(folder, {}));
  });
});
