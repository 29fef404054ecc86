import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig, loadPolicies } from '../../../src/config/load.ts';
import { openForce } from '../../../src/server/checks/open-force.ts';

const folder = mkdtempSync(join(tmpdir(), 'serin-force-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function found(checks: string, { listen = '0.0.0.0:8080', force = '' } = {}) {
  writeFileSync(
    join(folder, 'own.yaml'),
    `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: own }
spec:
  steps: [{ weight: 10%, dwell: 1m }]
  checks: ${checks}
`,
  );
  const file = join(folder, 'serin.yaml');
  writeFileSync(
    file,
    `gateway: { listen: "${listen}" }\npolicies: [own.yaml]\nroutes:\n  - { name: shop, stable: "http://127.0.0.1:1", policy: own${force} }\n`,
  );
  const loaded = loadConfig(file, {});
  const checked = {
    file,
    loaded,
    policies: loadPolicies(loaded),
    env: {},
    dataFolder: folder,
    purpose: 'doctor' as const,
    database: { store: null, taken: null, isRefused: false },
  };
  return openForce.run(checked, new AbortController().signal);
}

describe('doctor, of the force header', () => {
  it('warns where everybody may send what keeps a canary in the internal phase', async () => {
    const [warning] = await found('{ responseShape: {} }');
    expect(warning).toMatchObject({ level: 'warning', issue: { place: { line: 4 } } });
    expect(warning?.says).toBe(
      'shop: any client may force requests to the canary, and checks.responseShape may keep it in the internal phase for what ' +
        'they are answered, until a person acts; name in `force` whose requests count',
    );
  });

  it.each([
    ['nothing is judged by them', '{}', {}],
    ['shapes only report', '{ responseShape: { breaking: report } }', {}],
    ['they come from networks that are named', '{ responseShape: {} }', { force: ', force: { from: [10.0.0.0/8] }' }],
    ['only this machine sends them', '{ responseShape: {} }', { listen: '127.0.0.1:8080' }],
  ])('says nothing where %s', async (_, checks, more) => {
    expect(await found(checks, more)).toEqual([]);
  });
});
