import { describe, expect, it } from 'vitest';
import { orRemembered } from '../../../src/controller/patience.ts';
import { VerifiedTokens } from '../../../src/identity/verified-tokens.ts';
import { Problem } from '../../../src/problem/problem.ts';
import type { TokenKey } from '../../../src/store/store.ts';

const HOUR = 3_600_000;
const AWAY = new Problem('unavailable', 'The database cannot answer (ECONNREFUSED).');

function bench() {
  const world = {
    now: 0,
    away: false,
    revoked: new Set<string>(),
    asked: 0,
    wall: 0,
    expiresAt: null as number | null,
    used: [] as string[],
  };
  const verified = new VerifiedTokens({
    tokens: {
      async find(by) {
        world.asked += 1;
        if (world.away) throw AWAY;
        const name = 'hash' in by ? by.hash : by.id.replace(/^id-/, '');
        if (name === 'unknown') return null;
        const revokedAt = world.revoked.has(name) ? 1 : null;
        const { expiresAt } = world;
        const never = { sender: null, scope: null, lastUsedAt: null, createdAt: 0 };
        return { id: `id-${name}`, name, role: 'operator', ...never, expiresAt, revokedAt };
      },
    },
    orRemembered,
    uses: { used: (id) => void world.used.push(id) },
    now: () => world.wall,
    monotonic: () => world.now,
  });
  const actorOf = async (by: TokenKey) => (await verified.find(by))?.actor ?? null;
  const tokens = {
    authenticate: (hash: string) => actorOf({ hash }),
    ofId: (id: string) => actorOf({ id }),
    forget: (id: string) => verified.forget(id),
    confirmAll: () => verified.confirmAll(),
  };
  return { world, tokens };
}

describe('tokens while the database is away', () => {
  it('count where they were confirmed before, and nobody else gets in', async () => {
    const { world, tokens } = bench();
    expect(await tokens.authenticate('ada')).toMatchObject({ name: 'ada', role: 'operator', subject: 'token:id-ada' });
    expect(await tokens.authenticate('unknown')).toBeNull();
    world.away = true;
    expect(await tokens.authenticate('ada')).toMatchObject({ name: 'ada', role: 'operator', subject: 'token:id-ada' });
    for (const other of ['bob', 'unknown']) await expect(tokens.authenticate(other)).rejects.toBe(AWAY);
  });

  it('are asked of the database as long as it answers: a revocation is never undone by the memory', async () => {
    const { world, tokens } = bench();
    await tokens.authenticate('ada');
    world.revoked.add('ada');
    expect(await tokens.authenticate('ada')).toBeNull();
    world.away = true;
    await expect(tokens.authenticate('ada')).rejects.toBe(AWAY);
  });

  it('are forgotten when they are revoked here, and when a revocation elsewhere is heard of', async () => {
    const { world, tokens } = bench();
    for (const name of ['ada', 'bob']) await tokens.authenticate(name);
    tokens.forget('id-ada');
    world.revoked.add('bob');
    await tokens.confirmAll();
    world.away = true;
    for (const name of ['ada', 'bob']) await expect(tokens.authenticate(name)).rejects.toBe(AWAY);
  });

  it('last for a day after the last confirmation, and no outage prolongs them', async () => {
    const { world, tokens } = bench();
    await tokens.authenticate('ada');
    world.now = 20 * HOUR;
    await tokens.confirmAll();
    world.away = true;
    world.now = 43 * HOUR;
    await tokens.confirmAll();
    expect(await tokens.authenticate('ada')).toMatchObject({ name: 'ada' });
    world.now = 44 * HOUR;
    await expect(tokens.authenticate('ada')).rejects.toBe(AWAY);
  });

  it('are at most a hundred: the one that was confirmed longest ago goes first', async () => {
    const { world, tokens } = bench();
    for (let at = 0; at < 101; at += 1) await tokens.authenticate(`token-${at}`);
    world.away = true;
    await expect(tokens.authenticate('token-0')).rejects.toBe(AWAY);
    expect(await tokens.authenticate('token-1')).not.toBeNull();
    expect(await tokens.authenticate('token-100')).not.toBeNull();
  });

  it('count for a session too, which knows the id alone, whichever way they were found', async () => {
    const { world, tokens } = bench();
    await tokens.authenticate('ada');
    await tokens.ofId('id-bob');
    await tokens.confirmAll();
    world.away = true;
    for (const name of ['ada', 'bob'])
      expect(await tokens.ofId(`id-${name}`)).toMatchObject({ name, subject: `token:id-${name}` });
    expect(await tokens.authenticate('ada')).toMatchObject({ name: 'ada', role: 'operator', subject: 'token:id-ada' });
    // Nobody has presented it yet.
    await expect(tokens.authenticate('bob')).rejects.toBe(AWAY);
  });

  it('take one place each, found by id and by hash', async () => {
    const { world, tokens } = bench();
    for (let at = 0; at < 100; at += 1) {
      await tokens.authenticate(`token-${at}`);
      await tokens.ofId(`id-token-${at}`);
    }
    world.away = true;
    expect(await tokens.authenticate('token-0')).not.toBeNull();
  });

  it('are forgotten by id and hash when a session finds them revoked', async () => {
    const { world, tokens } = bench();
    await tokens.authenticate('ada');
    world.revoked.add('ada');
    expect(await tokens.ofId('id-ada')).toBeNull();
    world.away = true;
    await expect(tokens.authenticate('ada')).rejects.toBe(AWAY);
    await expect(tokens.ofId('id-ada')).rejects.toBe(AWAY);
  });
});

describe('tokens that expire', () => {
  it('are refused from then on, with the time, also from memory while the database is away', async () => {
    const { world, tokens } = bench();
    world.expiresAt = 1_000;
    expect(await tokens.authenticate('ada')).toMatchObject({ name: 'ada' });
    world.away = true;
    world.wall = 999;
    expect(await tokens.authenticate('ada')).toMatchObject({ name: 'ada' });
    world.wall = 1_000;
    const said = 'the token of ada expired at 1970-01-01T00:00:01.000Z';
    await expect(tokens.authenticate('ada')).rejects.toThrow(said);
    world.away = false;
    await expect(tokens.ofId('id-ada')).rejects.toThrow(said);
    expect(world.used).toEqual(['id-ada', 'id-ada']);
  });
});
