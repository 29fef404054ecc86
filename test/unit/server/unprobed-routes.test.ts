import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig, loadPolicies } from '../../../src/config/load.ts';
import type { Checked } from '../../../src/server/checks/check.ts';
import { unprobedRoutes } from '../../../src/server/checks/unprobed-routes.ts';

const folder = mkdtempSync(join(tmpdir(), 'serin-probes-'));
afterAll(() => rmSync(folder, { recursive: true }));

writeFileSync(
  join(folder, 'asking.yaml'),
  `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: asking }
spec:
  steps: [{ weight: 10%, dwell: 1m }]
  checks: { probes: { every: 1m } }
`,
);

async function found(routes: string) {
  const file = join(folder, 'serin.yaml');
  writeFileSync(file, `policies: [asking.yaml]\nroutes:\n${routes}`);
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
  return unprobedRoutes.run(checked, new AbortController().signal);
}

describe('doctor, of probes', () => {
  it('warns of a route whose policy asks for probes and that does not say what to send', async () => {
    const [warning, ...others] = await found(
      '  - { name: shop, path: /shop, stable: "http://127.0.0.1:1", policy: asking }\n' +
        '  - { name: cart, path: /cart, stable: "http://127.0.0.1:1", policy: standard }\n',
    );
    expect(warning).toMatchObject({
      level: 'warning',
      says: expect.stringMatching(
        /^no rollout with the policy asking starts on shop: .* the route shop has no probes\.requests/,
      ),
      issue: { place: { line: 3 } },
    });
    expect(others).toEqual([]);
  });

  it('has nothing to say of a route that does', async () => {
    expect(
      await found(
        '  - { name: shop, path: /shop, stable: "http://127.0.0.1:1", policy: asking, probes: { requests: [/] } }\n',
      ),
    ).toEqual([]);
  });
});
