import { describe, expect, it } from 'vitest';
import { LastUses } from '../../../src/identity/last-uses.ts';
import { Problem } from '../../../src/problem/problem.ts';

function bench() {
  const world = { now: 1_000, away: false, written: [] as (readonly [string, number])[], logged: [] as string[] };
  const uses = new LastUses(
    {
      async used(due) {
        if (world.away) throw new Problem('unavailable', 'The database cannot answer.');
        world.written.push(...due);
      },
    },
    () => world.now,
    ({ what }) => void world.logged.push(what),
  );
  return { world, uses };
}

describe('the last uses of tokens', () => {
  it('are written once for many requests, each with the time of the last one', async () => {
    const { world, uses } = bench();
    for (world.now of [1_000, 2_000, 3_000]) uses.used('ada');
    uses.used('bob');
    expect([world.written, uses.lastOf('ada'), uses.lastOf('eve')]).toEqual([[], 3_000, null]);
    await uses.write();
    await uses.write();
    expect(world.written).toEqual([
      ['ada', 3_000],
      ['bob', 3_000],
    ]);
  });

  it('fail nobody: what could not be written is written the next time, with what came meanwhile', async () => {
    const { world, uses } = bench();
    uses.used('ada');
    world.away = true;
    await uses.write();
    expect([world.written, world.logged]).toEqual([[], ['lastUsesNotWritten']]);
    world.away = false;
    world.now = 9_000;
    uses.used('ada');
    await uses.stop();
    expect(world.written).toEqual([['ada', 9_000]]);
  });
});
