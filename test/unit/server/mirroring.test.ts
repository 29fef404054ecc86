import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import type { Checked } from '../../../src/server/checks/check.ts';
import { mirroring } from '../../../src/server/checks/mirroring.ts';

const folder = mkdtempSync(join(tmpdir(), 'serin-mirror-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function found(mirror: string) {
  const file = join(folder, 'serin.yaml');
  writeFileSync(file, `routes:\n  - { name: shop, stable: "http://127.0.0.1:1", policy: standard${mirror} }\n`);
  const checked: Checked = {
    file,
    loaded: loadConfig(file),
    policies: new Map(),
    env: {},
    dataFolder: folder,
    purpose: 'doctor',
    database: { store: null, taken: null, isRefused: false },
  };
  return mirroring.run(checked, new AbortController().signal);
}

describe('doctor, of mirroring', () => {
  it('says how much is sent again', async () => {
    expect(await found(', mirror: 5%')).toEqual([
      {
        level: 'ok',
        says: 'shop: 5 % of its GET and HEAD requests are sent to a canary as well, at most 20 per second',
      },
    ]);
    expect(await found('')).toEqual([]);
  });

  it('warns of requests that are done twice', async () => {
    const [warning] = await found(', mirror: { share: 5%, methods: [GET, POST, DELETE] }');
    expect(warning).toMatchObject({ level: 'warning', issue: { place: { line: 2 } } });
    expect(warning?.says).toMatch(
      /^shop: requests by POST, DELETE are mirrored: .* done once more, in the name of the client/,
    );
  });
});
