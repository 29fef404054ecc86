import { describe, expect, it } from 'vitest';
import { DatabaseTime } from '../../../src/controller/database-time.ts';
import { Looks } from '../../../src/controller/looks.ts';
import { evidenceOf } from '../../support/rollout-fixture.ts';
import { rolloutIn, T0 } from '../../support/rollouts.ts';

function bench() {
  const world = { ms: 1_000, setMs: 0, takesMs: 0 };
  const time = new DatabaseTime(() => world.ms);
  const looks = new Looks(() => world.ms, time, 15_000);
  const store = {
    async now() {
      world.ms += world.takesMs / 2;
      const at = T0 + world.ms + world.setMs;
      world.ms += world.takesMs / 2;
      return at;
    },
  };
  const rollout = rolloutIn('step-1');
  const look = async () => {
    const at = await time.ask(store);
    const record = looks.find(rollout.id) ?? { rollout, evidence: evidenceOf(rollout, { lookedAt: at }) };
    const stepMs = looks.stepMs(record, at);
    looks.committed({ rollout, evidence: { ...record.evidence, lookedAt: at } });
    return stepMs;
  };
  return { world, time, look };
}

describe('the database’s clock beside a monotonic one', () => {
  it('tells a step from time that has passed, in both directions', async () => {
    const { world, look } = bench();
    await look();
    world.ms += 5_000;
    expect(await look()).toBe(0);
    world.setMs = -300_000;
    world.ms += 5_000;
    expect(await look()).toBe(-300_000);
    world.ms += 5_000;
    expect(await look()).toBe(0);
    world.setMs = 0;
    expect(await look()).toBe(300_000);
  });

  it('takes an answer that was slow, and a clock that is being slewed, for no step', async () => {
    const { world, look } = bench();
    await look();
    for (const [takesMs, driftMs] of [
      [9_000, 0],
      [0, 400],
      [4_000, -400],
      [0, 0],
    ] as const) {
      Object.assign(world, { takesMs, setMs: driftMs });
      world.ms += 5_000;
      expect(await look()).toBe(0);
    }
  });

  it('goes on by itself while the database cannot be asked', async () => {
    const { world, time, look } = bench();
    await look();
    const before = time.estimate();
    world.ms += 60_000;
    expect(time.estimate()).toBe(before + 60_000);
  });
});
