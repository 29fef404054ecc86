import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ForceGuard } from '../../../src/gateway/route/force-guard.ts';
import { presentSecret } from '../../../src/identity/installation-secret.ts';
import { issueForceToken } from '../../../src/server/commands/force-token.ts';

const SECRET = { SERIN_SECRET: 'a secret of at least thirty-two characters' };

/** `serin force-token` on a configuration in a folder of its own. */
function issue(force: string, route: string, validFor: string, env: NodeJS.ProcessEnv = SECRET) {
  const folder = mkdtempSync(join(tmpdir(), 'serin-force-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'serin.yaml');
  writeFileSync(file, `routes:\n  - { name: shop, stable: "http://127.0.0.1:9001", policy: standard${force} }\n`);
  const stdout = new PassThrough();
  issueForceToken({ file, route, validFor }, { env, stdout });
  const token = String(stdout.read()).trim();
  const secret = presentSecret({ dataFolder: folder, env }) ?? new Uint8Array();
  const guard = (now: number) => new ForceGuard({ from: [], tokens: 'accepted' }, 'shop', secret, () => now);
  const admits = (now: number) => guard(now).admits({ address: '127.0.0.1', fields: { field: () => token } });
  return { admits };
}

const ACCEPTED = ', force: { tokens: accepted }';

describe('serin force-token', () => {
  it('prints a token that the gateway of the installation accepts until it expires', () => {
    const { admits } = issue(ACCEPTED, 'shop', '1h');
    expect(admits(Date.now())).toBe(true);
    expect(admits(Date.now() + 3_601_000)).toBe(false);
  });

  it.each([
    ['a route that is not declared', ACCEPTED, 'cart', '1h', 'there is no route cart; serin.yaml declares '],
    ['a route that accepts none', '', 'shop', '1h', 'accepts no force tokens'],
    ['a duration that is none', ACCEPTED, 'shop', 'soon', 'soon is not a duration'],
    ['a duration beyond any', ACCEPTED, 'shop', '31d', '31d is not a duration from 1s to 30d'],
  ])('refuses %s', (_name, force, route, validFor, message) => {
    expect(() => issue(force, route, validFor)).toThrow(message);
  });

  it('makes no secret of its own before the first start', () => {
    expect(() => issue(ACCEPTED, 'shop', '1h', {})).toThrow(/there is no .*secret to sign it with/);
  });
});
