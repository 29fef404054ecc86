import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadConfig, loadPolicies } from '../../../src/config/load.ts';
import type { Checked } from '../../../src/server/checks/check.ts';
import { coverage } from '../../../src/server/checks/coverage.ts';

const folder = mkdtempSync(join(tmpdir(), 'serin-carried-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('doctor warns of a route whose source does not know what its policy asks of answers', async () => {
  writeFileSync(
    join(folder, 'asking.yaml'),
    `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: asking }
spec:
  steps: [{ weight: 10%, dwell: 1m }]
  checks: { errors: { when: [{ graphql: total }] } }
`,
  );
  const file = join(folder, 'serin.yaml');
  writeFileSync(
    file,
    `policies: [asking.yaml]
sources: { mesh: { kind: prometheus, url: "http://127.0.0.1:1" } }
routes:
  - { name: read, path: /read, stable: "http://127.0.0.1:1", policy: asking }
  - name: shop
    path: /shop
    stable: "http://127.0.0.1:1"
    policy: asking
    source: mesh
    metrics: { preset: otel, version: { label: version } }
`,
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
  expect(await coverage.run(checked, new AbortController().signal)).toMatchObject([
    {
      level: 'warning',
      says: expect.stringMatching(
        /^no rollout with the policy asking starts on shop: checks\.errors\.when would stay without a single answer/,
      ),
      issue: { place: { line: 8 } },
    },
  ]);
});
