import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openShell, type Shell } from './harness.ts';

let shell: Shell;

beforeEach(async () => {
  shell = await openShell();
});
afterEach(() => shell.stop());

describe('a verdict is shown with its age', () => {
  it.each(['status payments', 'get payments', 'list'])('in %s', async (command) => {
    await shell.inStep1();
    shell.control.mood.look = { agoMs: 240_000 };
    expect((await shell.run(command)).out).toMatch(/4 min ago/);
  });

  it.each(['status payments', 'get payments'])('and with why it is no younger, in %s', async (command) => {
    await shell.inStep1();
    shell.control.mood.look = { agoMs: 240_000, failures: 48, trouble: 'The database cannot answer (SQLSTATE 53100)' };
    const { out } = await shell.run(command);
    expect(out.replaceAll(/\s+/g, ' ')).toContain(
      '4 min ago; the 48 looks since then have failed: The database cannot answer (SQLSTATE 53100)',
    );
  });

  it('not once the rollout has ended', async () => {
    const id = await shell.inStep1();
    shell.control.happen(id, { kind: 'canaryBraked', reason: 'all failed' });
    expect((await shell.run('status payments')).out).not.toContain('looked');
  });
});

describe('what the gateway did and the database could not record', () => {
  it('is answered with 202, and said in the words of who did it', async () => {
    const id = await shell.inStep1();
    shell.control.mood.unrecorded = {
      event: 'rolledBack',
      by: 'ada',
      role: 'operator',
      reason: 'baskets are empty',
      at: Date.UTC(2026, 0, 1),
    };
    const answer = await fetch(`${shell.url}/api/v1/rollouts/${id}/pause`, {
      method: 'POST',
      headers: { authorization: 'Bearer serin_admin', 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'x' }),
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      202,
      { unrecorded: { event: 'rolledBack', by: 'ada', at: '2026-01-01T00:00:00.000Z' } },
    ]);
    const { out } = await shell.run('status payments');
    expect(out).toMatch(/rolled back at the gateway by ada: everything goes to the stable; not recorded yet/);
  });
});
