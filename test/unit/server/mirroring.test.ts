import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig, loadPolicies } from '../../../src/config/load.ts';
import type { Checked } from '../../../src/server/checks/check.ts';
import { mirroring } from '../../../src/server/checks/mirroring.ts';

const folder = mkdtempSync(join(tmpdir(), 'serin-mirror-'));
afterAll(() => rmSync(folder, { recursive: true }));

writeFileSync(
  join(folder, 'comparing.yaml'),
  `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: comparing }
spec:
  steps: [{ weight: 10%, dwell: 1m }]
  checks: { answers: {} }
`,
);

async function found(mirror: string, policy = 'standard') {
  const file = join(folder, 'serin.yaml');
  writeFileSync(
    file,
    `policies: [comparing.yaml]\nroutes:\n  - { name: shop, stable: "http://127.0.0.1:1", policy: ${policy}${mirror} }\n`,
  );
  const loaded = loadConfig(file, {});
  const checked: Checked = {
    file,
    loaded,
    policies: loadPolicies(loaded),
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
    expect(warning).toMatchObject({ level: 'warning', issue: { place: { line: 3 } } });
    expect(warning?.says).toMatch(
      /^shop: requests by POST, DELETE are mirrored: .* done once more, in the name of the client/,
    );
  });

  it('warns of a route whose policy compares answers and that mirrors nothing, or does not compare', async () => {
    const says = /^no rollout with the policy comparing starts on shop: .* the route shop has no mirror in serin\.yaml/;
    const warned = { level: 'warning', says: expect.stringMatching(says) };
    expect(await found('', 'comparing')).toMatchObject([warned]);
    const [, incomparable] = await found(', mirror: { share: 5%, compare: false }', 'comparing');
    expect(incomparable).toMatchObject(warned);
    expect(await found(', mirror: 5%', 'comparing')).toMatchObject([{ level: 'ok' }]);
  });
});
