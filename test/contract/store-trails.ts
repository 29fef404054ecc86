import { describe, expect, it } from 'vitest';
import {
  extendTrail,
  MOST_TRAIL_ROWS,
  type TrailEnd,
  type TrailRow,
  trailChange,
} from '../../src/rollout/so-far/trail.ts';
import { type Rollout, stageName } from '../../src/rollout/state.ts';
import { changeOf, evidenceOf, insertionOf, messageOf, rolloutOf } from '../support/rollout-fixture.ts';
import { T0 } from '../support/rollouts.ts';
import { trailRowOf } from '../support/trail-rows.ts';
import { codeOf, fresh, type StoreBench } from './store-bench.ts';

const YEAR = 365 * 86_400_000;

export function trailsContract(bench: () => StoreBench): void {
  const store = () => bench().store;
  const started = async (parts: Partial<Rollout> = {}): Promise<Rollout> => {
    const rollout = rolloutOf({ route: fresh('route'), ...parts });
    await store().rollouts.commit(insertionOf(rollout));
    return rollout;
  };
  const lookOf = (rollout: Rollout, trail: TrailEnd) =>
    changeOf(
      rollout,
      { version: 1 },
      { evidence: evidenceOf(rollout, { trail }), audit: [], trail: trailChange(trail) },
    );
  /** Looks at a rollout: the end that they leave. */
  const look = async (rollout: Rollout, rows: readonly TrailRow[], after?: TrailEnd): Promise<TrailEnd> => {
    let end = after;
    for (const row of rows) {
      end = extendTrail(end, row);
      await store().rollouts.commit(lookOf(rollout, end));
    }
    return end ?? { looks: 0, row: trailRowOf() };
  };
  const rowsAt = (...times: readonly number[]) => times.map((at) => trailRowOf({ at }));
  const times = async ({ id }: Rollout) => (await store().trails.read(id)).map(({ at }) => at);

  describe('trails', () => {
    it('have a row for each look, with the evidence of the look, number for number', async () => {
      const rollout = await started();
      const none = trailRowOf({ at: T0 + 2, logHarm: null, canary: null, checks: { 'query:ünïcödé "x"': 1e-7 } });
      const rows = [...rowsAt(T0), none, ...rowsAt(T0 + 3)];
      const end = await look(rollout, rows);
      expect(await store().trails.read(rollout.id)).toEqual(rows);
      expect((await store().rollouts.find(rollout.id))?.evidence.trail).toEqual(end);
    });

    it('are of their own rollout, and empty without looks', async () => {
      const [one, other, unseen] = [await started(), await started(), await started()];
      await look(one, rowsAt(1, 2));
      await look(other, rowsAt(3));
      expect([await times(one), await times(other), await times(unseen)]).toEqual([[1, 2], [3], []]);
      for (const id of ['00000000-0000-7000-8000-000000000000', 'nonsense', '']) {
        expect(await store().trails.read(id)).toEqual([]);
      }
    });

    it('are written with the look or not at all', async () => {
      const rollout = await started();
      const end = await look(rollout, rowsAt(1));
      const message = { channel: 'chat', message: messageOf(rollout) };
      const failing = { ...lookOf(rollout, extendTrail(end, trailRowOf({ at: 2 }))), deliveries: [message, message] };
      expect(await codeOf(store().rollouts.commit(failing))).toBe('conflict');
      expect(await times(rollout)).toEqual([1]);
    });

    it('have a look once whose outcome was not heard of', async () => {
      const rollout = await started();
      const end = await look(rollout, rowsAt(1, 2));
      await store().rollouts.commit(lookOf(rollout, end));
      expect(await times(rollout)).toEqual([1, 2]);
    });

    it('double the time of a row where there would be more than 720, once', async () => {
      const rollout = await started();
      const [first] = rowsAt(T0) as [TrailRow];
      await look(rollout, [first]);
      const many = Array.from({ length: MOST_TRAIL_ROWS - 1 }, (_, at) => {
        const figures = JSON.stringify(trailRowOf({ at: T0 + at + 1 }));
        return `('${rollout.id}', ${at + 1}, '${figures}')`;
      });
      await bench().privileged(`insert into trail values ${many.join(',')}`);
      const full = { looks: MOST_TRAIL_ROWS, row: trailRowOf({ at: T0 + MOST_TRAIL_ROWS - 1 }) };
      const end = await look(rollout, rowsAt(T0 + MOST_TRAIL_ROWS), full);
      const rows = await store().trails.read(rollout.id);
      expect(rows).toHaveLength(MOST_TRAIL_ROWS / 2 + 1);
      expect(rows.map(({ at }) => at - T0)).toEqual(rows.map((_, at) => (at === 360 ? 720 : 2 * at + 1)));
      const [merged] = rows;
      expect(merged).toMatchObject({ everyMs: 10_000, canary: { n: 568, p50: 19.5 }, logHarm: -0.555 });
      await store().rollouts.commit(lookOf(rollout, end));
      expect(await store().trails.read(rollout.id)).toEqual(rows);
      await look(rollout, rowsAt(T0 + 721), end);
      expect((await store().trails.read(rollout.id)).at(-1)).toMatchObject({ at: T0 + 721, everyMs: 10_000 });
      expect(await store().trails.read(rollout.id)).toHaveLength(MOST_TRAIL_ROWS / 2 + 1);
    });

    it('are forgotten a year after the end of their rollout, and not before', async () => {
      const now = await store().now();
      const ended = async (endedAt: number | null, stage: Rollout['stage'] = { kind: 'finalised' }) => {
        const rollout = await started();
        await look(rollout, rowsAt(1, 2));
        await store().rollouts.commit(changeOf(rollout, { stage, endedAt }));
        return rollout;
      };
      const old = await ended(now - YEAR - 60_000);
      const young = await ended(now - YEAR + 60_000, { kind: 'rolled-back' });
      const running = await ended(null, { kind: 'bake' });
      const damaged = await ended(now - 2 * YEAR);
      await bench().privileged(
        `update rollouts set state = jsonb_set(state, '{endedAt}', '"?"') where id = '${damaged.id}'`,
      );
      await store().trails.forget();
      expect(await times(old)).toEqual([]);
      for (const kept of [young, running, damaged]) expect(await times(kept)).toEqual([1, 2]);
      const record = await store().rollouts.find(old.id);
      expect(record && stageName(record.rollout.stage)).toBe('finalised');
      await store().trails.forget();
      expect(await times(young)).toEqual([1, 2]);
    });
  });
}
