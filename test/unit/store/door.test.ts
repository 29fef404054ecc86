import { describe, expect, it } from 'vitest';
import type { Database, DatabaseConnection } from '../../../src/store/database.ts';
import { doorOf } from '../../../src/store/door.ts';

const SOON_MS = 10;
const NEVER_MS = 60_000;

/** A connection that only counts what is done with it: the door never looks into the database itself. */
function countedConnection() {
  const database = {} as Database;
  const counts = { renewed: 0, closed: 0 };
  const connection: DatabaseConnection = {
    atOnce: 5,
    database: () => database,
    renew: () => {
      counts.renewed += 1;
    },
    close: async () => {
      counts.closed += 1;
    },
  };
  return { connection, counts };
}

describe('the door to the database', () => {
  it('gives up on an answer that does not come, and has the connection renewed', async () => {
    const { connection, counts } = countedConnection();
    const { run } = doorOf(connection, SOON_MS);
    const answer = run(() => new Promise(() => {}));
    await expect(answer).rejects.toMatchObject({ code: 'unavailable' });
    expect(counts.renewed).toBe(1);
  });

  it('has the connection renewed when it was lost, and only then', async () => {
    const { connection, counts } = countedConnection();
    const { run } = doorOf(connection, NEVER_MS);
    const failing = (code: string) => run(() => Promise.reject(Object.assign(new Error('refused'), { code })));
    await expect(failing('23505')).rejects.toMatchObject({ code: 'conflict' });
    expect(counts.renewed).toBe(0);
    await expect(failing('57P01')).rejects.toMatchObject({ code: 'unavailable' });
    expect(counts.renewed).toBe(1);
  });

  it('closes after the work that is under way, once, and lets nothing more in', async () => {
    const { connection, counts } = countedConnection();
    const door = doorOf(connection, NEVER_MS);
    const work = Promise.withResolvers<string>();
    const answer = door.run(() => work.promise);
    const closed = Promise.all([door.close(), door.close()]);
    await expect(door.run(async () => 'more')).rejects.toMatchObject({ code: 'unavailable' });
    expect(counts.closed).toBe(0);
    work.resolve('done');
    expect(await answer).toBe('done');
    await closed;
    expect(counts.closed).toBe(1);
  });
});
