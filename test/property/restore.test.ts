import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ListCommand } from '../../src/consumers/list-command.ts';
import { replay } from '../../src/controller/replay.ts';
import { Problem } from '../../src/problem/problem.ts';
import type { OverrideEvent } from '../../src/rollout/event.ts';
import type { Store } from '../../src/store/store.ts';
import { embeddedStore } from '../support/controller-stage.ts';
import { memoryStore } from '../support/memory-store.ts';
import { restoreStage } from '../support/restore-stage.ts';

type Stage = Awaited<ReturnType<typeof restoreStage>>;
type Act = (stage: Stage) => Promise<unknown>;

const override =
  (event: OverrideEvent): Act =>
  (stage) =>
    stage.override(event);
const change =
  (command: ListCommand): Act =>
  (stage) =>
    stage.change(command);

const names = fc.constantFrom('acme', 'globex', 'initech', 'umbrella');
const keys = fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5');
const rule = fc.constantFrom('canary' as const, 'stable' as const, 'by-weight' as const);
const details = {
  group: fc.constantFrom(null, 'beta'),
  wave: fc.constantFrom(null, 1, 2),
  due: fc.constantFrom(null, '2027-03-01'),
  contact: fc.constantFrom(null, 'api@acme.example'),
};

/** What people do in a step; what is refused changes nothing. */
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.constantFrom(override({ kind: 'paused' }), override({ kind: 'resumed' })),
  fc.constantFrom('p50', 'p99', 'errors').map((check) => override({ kind: 'checkSkipped', check })),
  fc.integer({ min: 0, max: 9_999 }).map((canaryBps) => override({ kind: 'weightSet', canaryBps })),
  fc.integer({ min: 1, max: 90_000 }).map((byMs) => override({ kind: 'extended', byMs })),
  fc.constantFrom('2m', '3m').map(
    (dwell): Act =>
      (stage) =>
        stage.rebase(dwell),
  ),
  fc.record({ name: names, keyHash: keys, rule, ...details }).map((consumer) => change({ kind: 'put', consumer })),
  names.map((name) => change({ kind: 'remove', name })),
  fc
    .record({ shareBps: fc.integer({ min: 0, max: 10_000 }) })
    .map(({ shareBps }) => change({ kind: 'move', who: { by: 'share', group: 'beta', shareBps }, to: 'canary' })),
  fc
    .uniqueArray(fc.record({ name: names, keyHash: fc.option(keys), ...details }), { selector: ({ name }) => name })
    .chain((consumers) =>
      fc
        .constantFrom('stay' as const, 'removed' as const)
        .map((others) => change({ kind: 'import', consumers, others })),
    ),
  fc.nat().map(
    (pick): Act =>
      async (stage) =>
        stage.restore(await anEntry(stage, pick)),
  ),
);

async function anEntry({ store, route }: Stage, pick: number): Promise<number> {
  // The two of the start are in another stage.
  const entries = (await store.audit.list({ route, limit: 500 })).toReversed().slice(3);
  return entries[pick % entries.length]?.seq ?? 1;
}

async function refusedAtMost(done: Promise<unknown>): Promise<void> {
  await done.catch((error: unknown) => {
    if (!(error instanceof Problem) || error.code === 'stale' || error.code === 'internal') throw error;
  });
}

let real: Awaited<ReturnType<typeof embeddedStore>>;
beforeAll(async () => {
  real = await embeddedStore();
});
afterAll(() => real.close());

describe.each([
  { kind: 'in memory', open: (): Store => memoryStore(), runs: 200, seed: 20261201 },
  { kind: 'embedded', open: (): Store => real.store, runs: 5, seed: 20261202 },
])('a restore, on a store that is $kind', ({ open, runs, seed }) => {
  it('gives what was before the entry, and one to its own entry gives what was before it: together they are the identity', async () => {
    let restored = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 2, maxLength: 12 }), fc.nat(), async (acts, pick) => {
        const stage = await restoreStage(open());
        const { store, route } = stage;
        const was = new Map<number, Awaited<ReturnType<Stage['configuration']>>>();
        for (const one of acts) {
          const before = await stage.configuration();
          const { seq } = await stage.last();
          await refusedAtMost(one(stage));
          const after = await stage.last();
          if (after.seq !== seq) was.set(after.seq, before);
        }
        const to = [...was.keys()][pick % Math.max(1, was.size)];
        if (to === undefined) return stage.close();

        const now = await stage.configuration();
        const done = await stage.restore(to);
        expect(await stage.configuration()).toEqual(was.get(to));
        if (done.seq === null) expect(now).toEqual(was.get(to));
        else {
          restored += 1;
          expect((await stage.last()).seq).toBe(done.seq);
          // Once more does nothing.
          expect((await stage.restore(to)).seq).toBeNull();
          expect((await stage.last()).seq).toBe(done.seq);
          await stage.restore(done.seq);
          expect(await stage.configuration()).toEqual(now);
        }
        const audit = await store.audit.list({ rolloutId: stage.id, limit: 500 });
        expect(replay(audit.toReversed())).toEqual((await store.rollouts.find(stage.id))?.rollout);
        expect(stage.served()?.canaryBps).toBe((await stage.configuration()).canaryBps);
        expect((await store.audit.list({ route, limit: 1 }))[0]?.route).toBe(route);
        await stage.close();
      }),
      { seed, numRuns: runs },
    );
    expect(restored).toBeGreaterThan(runs / 3);
    expect(await open().audit.verify()).toMatchObject({ brokenAt: null });
  });
});
