import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serinHere } from '../support/serin-here.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';

let home: Home;
let server: ServerProcess;

beforeAll(async () => {
  home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
routes:
  - { name: shop, stable: "http://127.0.0.1:9", policy: standard }
`);
  server = await startServerProcess(home);
});
afterAll(async () => {
  await stop();
  home.remove();
});

async function stop(): Promise<void> {
  server.child.kill('SIGTERM');
  await server.ended;
}

/** With the token of the data folder, unless another is given. */
const ask = (args: readonly string[], token?: string) =>
  serinHere(args, {
    env: { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: token, SERIN_DATA: join(home.folder, '.serin') },
  });
/** As somebody does who stands in the folder. */
const run = (args: readonly string[]) =>
  serin(args, {
    cwd: home.folder,
    env: { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: undefined, SERIN_DATA: undefined },
  });
const revoke = (which: string, token?: string) => ask(['token', 'revoke', which, '--reason', 'tried'], token);

describe('the last admin token', () => {
  it('is not revoked, by the API or by its name; another one first, and a refused local token names the way out', {
    timeout: 120_000,
  }, async () => {
    const views = JSON.parse((await ask(['token', 'list', '-o', 'json'])).stdout) as { id: string; name: string }[];
    expect(views).toMatchObject([{ name: 'local admin' }]);
    const id = views[0]?.id ?? '';
    const asked = await fetch(`${server.controlUrl}/api/v1/tokens/${id}?reason=tried`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${home.token()}` },
    });
    expect([asked.status, await asked.json()]).toEqual([409, expect.objectContaining({ code: 'refused' })]);
    expect(await revoke('local admin')).toMatchObject({
      code: 1,
      stderr: `serin: token ${id} is the last admin token that does not expire, and without one nobody could make another some day: make another first; \`serin renew-admin-token\` replaces the one of the data folder\n`,
    });

    const made = await ask(['token', 'create', 'ada', '--role', 'admin', '--reason', 'hers']);
    const ada = made.stdout.trim();
    expect(await revoke('local admin')).toMatchObject({
      code: 0,
      stderr: `serin: token ${id} (local admin) is revoked\n`,
    });
    for (const which of [id, 'local admin']) {
      expect((await revoke(which, ada)).stderr).toMatch(/^serin: token .* was revoked already at 20\d\d-\S+Z\n$/);
    }
    expect((await revoke('nobody', ada)).stderr).toBe(
      'serin: there is no token nobody: give its id or its name (`serin token list`)\n',
    );

    const refused = await run(['list']);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^serin: the token is unknown or revoked: it is the one in .*admin-token\. .*`serin renew-admin-token --reason TEXT`/,
      ),
    });
    expect((await ask(['list'], 'serin_unknown')).stderr).toBe(
      'serin: the token is unknown or revoked (--token or SERIN_TOKEN)\n',
    );
    expect((await run(['doctor'])).stdout).toMatch(
      /^warning +running +it does not accept the token in .*renew-admin-token/m,
    );
    await stop();
    expect((await run(['doctor'])).stdout).toMatch(
      /^warning +secrets +the token in .* was revoked: .*renew-admin-token/m,
    );
    expect(await run(['renew-admin-token', '--reason', 'it was revoked'])).toMatchObject({ code: 0 });
    server = await startServerProcess(home);
    expect(await run(['list'])).toMatchObject({ code: 0 });
  });
});
