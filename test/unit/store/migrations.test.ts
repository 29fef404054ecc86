import { readFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { describe, expect, it } from 'vitest';

/** In the order in which they are applied. */
const MIGRATIONS = JSON.parse(readFileSync('drizzle/meta/_journal.json', 'utf8')).entries.map(
  ({ tag }: { readonly tag: string }) => tag,
) as readonly string[];

const id = (last: number) => `01a22f31-9df3-721e-8f63-38338889000${last}`;

/** A database of an earlier version, up to this migration. */
async function upTo(tag: string) {
  const database = await PGlite.create();
  const apply = (one: string) => database.exec(readFileSync(`drizzle/${one}.sql`, 'utf8'));
  const count = MIGRATIONS.indexOf(tag);
  expect(count).toBeGreaterThan(0);
  for (const one of MIGRATIONS.slice(0, count)) await apply(one);
  return { database, migrate: () => apply(tag) };
}

describe('a database of an earlier version', () => {
  it('gets the sender of each token from the audit, which alone knew it', async () => {
    const { database, migrate } = await upTo('0004_token-sender');
    const senders = [{ route: 'shop', version: 'v2' }, { route: 'shop' }, { version: 'v2' }, {}];
    for (const [at, sender] of senders.entries()) {
      const event = { kind: 'tokenCreated', id: id(at), name: `token-${at}`, role: 'logs:write', ...sender };
      await database.query('insert into tokens (id, name, role, hash) values ($1, $2, $3, $4)', [
        id(at),
        event.name,
        event.role,
        `hash-${at}`,
      ]);
      await database.query(
        `insert into audit (seq, at, actor, route, event, reason, hash) values ($1, 0, '{}', '', $2, 'because', '')`,
        [at + 1, JSON.stringify(event)],
      );
    }
    // Made before the audit was kept, or by hand.
    await database.query(`insert into tokens (id, name, role, hash) values ($1, 'old', 'viewer', 'old')`, [id(9)]);
    await migrate();
    const { rows } = await database.query('select name, sender from tokens order by id');
    expect(rows).toEqual([
      { name: 'token-0', sender: { route: 'shop', version: 'v2' } },
      { name: 'token-1', sender: { route: 'shop' } },
      { name: 'token-2', sender: { version: 'v2' } },
      { name: 'token-3', sender: null },
      { name: 'old', sender: null },
    ]);
    await database.close();
  });
});
