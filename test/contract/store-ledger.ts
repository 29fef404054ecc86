import { describe, expect, it } from 'vitest';
import { type ConsumerDay, mergeConsumerDays, type Who } from '../../src/consumers/ledger/consumer-day.ts';
import { fresh, type StoreBench } from './store-bench.ts';

const ACME: Who = { kind: 'listed', name: 'acme', keyHash: 'a1' };
const STRANGER: Who = { kind: 'unlisted', keyHash: 'f7' };
const DAY = '2027-03-01';

export function consumerLedgerContract(bench: () => StoreBench): void {
  const ledger = () => bench().store.consumerLedger;
  const day = (route: string, parts: Partial<ConsumerDay> = {}): ConsumerDay => ({
    route,
    who: ACME,
    version: 'v1',
    day: DAY,
    requests: 3,
    errors: 1,
    clientErrors: 1,
    latency: { '-3': 1, 59: 2 },
    firstAt: 1_000,
    lastAt: 2_000,
    ...parts,
  });
  const add = (...days: readonly ConsumerDay[]) => ledger().add({ writer: fresh('writer'), seq: 1, days });

  describe('the ledger of consumers', () => {
    it('adds up what several processes counted, however their batches meet', async () => {
      const route = fresh('route');
      const versions = ['v2', 'v1'];
      const batches = Array.from({ length: 12 }, (_, at) => [
        day(route, { requests: at, lastAt: 2_000 + at, firstAt: 1_000 - at, latency: { [at]: 1, 59: 2 } }),
        ...versions.map((version) => day(route, { version, who: STRANGER })),
        day(route, { who: { kind: 'none' } }),
        day(route, { who: { kind: 'unlisted-others' }, latency: {} }),
      ]);
      const writers = ['one', 'two', 'three'].map((name) => fresh(name));
      await Promise.all(
        writers.map(async (writer, at) => {
          for (const [seq, days] of batches.slice(4 * at, 4 * at + 4).entries()) {
            await ledger().add({ writer, seq, days: at === 1 ? days.toReversed() : days });
          }
        }),
      );
      const { days, seen } = await ledger().read(route);
      const sorted = (rows: readonly ConsumerDay[]) =>
        rows.toSorted((a, b) => (JSON.stringify(a.who) + a.version < JSON.stringify(b.who) + b.version ? -1 : 1));
      expect(sorted(days)).toEqual(sorted(mergeConsumerDays(batches.flat())));
      expect(seen).toContainEqual({ who: ACME, firstAt: 989, lastAt: 2_011 });
      expect(seen).toHaveLength(4);
    });

    it('adds a batch once, also when it is sent again or comes late', async () => {
      const route = fresh('route');
      const writer = fresh('writer');
      const batch = (seq: number) => ({ writer, seq, days: [day(route)] });
      await Promise.all([1, 1, 1].map((seq) => ledger().add(batch(seq))));
      await ledger().add(batch(2));
      await ledger().add(batch(1));
      expect((await ledger().read(route)).days.map(({ requests }) => requests)).toEqual([6]);
    });

    it('adds all of a batch or nothing', async () => {
      const [route, writer] = [fresh('route'), fresh('writer')];
      const damaged = { writer, seq: 1, days: [day(route), day(route, { version: 'nul\0' })] };
      await expect(ledger().add(damaged)).rejects.toMatchObject({ code: 'invalid-input' });
      await ledger().add({ ...damaged, days: [day(route)] });
      expect((await ledger().read(route)).days).toEqual([day(route)]);
    });

    it('takes as many rows as a flood makes', async () => {
      const route = fresh('route');
      const days = Array.from({ length: 1_201 }, (_, at) =>
        day(route, { who: { kind: 'unlisted', keyHash: `${at}` } }),
      );
      await add(...days);
      const { sums, unlisted } = await ledger().shares(route, [], { day: DAY, largest: 2 });
      expect(sums).toEqual([
        { kind: 'unlisted', version: 'v1', requests: 3_603, errors: 1_201, clientErrors: 1_201, lastAt: 2_000 },
      ]);
      expect(unlisted.credentials).toBe(1_201);
      expect(unlisted.largest).toHaveLength(2);
    });

    it('gives the past of those that are asked for, by their names and by their credentials', async () => {
      const route = fresh('route');
      const renamed = day(route, { who: { kind: 'listed', name: 'acme inc', keyHash: 'a1' }, day: '2027-02-28' });
      const rotated = day(route, { who: { kind: 'listed', name: 'acme', keyHash: 'a0' }, day: '2027-02-27' });
      const before = day(route, { who: { kind: 'unlisted', keyHash: 'a1' }, day: '2027-02-26', lastAt: 9_000 });
      const other = day(route, { who: { kind: 'listed', name: 'globex', keyHash: 'b2' } });
      await add(day(route), renamed, rotated, before, other, day(route, { who: STRANGER }));
      const consumers = [{ name: 'acme', keyHash: 'a1' }];
      expect((await ledger().read(route, { consumers })).days).toEqual([before, rotated, renamed, day(route)]);
      expect((await ledger().read(route, { consumers, fromDay: '2027-02-28' })).days).toEqual([renamed, day(route)]);
      expect((await ledger().read(route, { consumers })).seen).toHaveLength(4);
      expect((await ledger().read(route, { consumers: [] })).days).toEqual([]);
      expect(await ledger().read(fresh('route'))).toEqual({ days: [], seen: [] });
    });

    it('shares the traffic between those that are listed now and the others', async () => {
      const route = fresh('route');
      const gone = { kind: 'listed', name: 'gone', keyHash: 'c3' } as const;
      await add(
        day(route),
        day(route, { who: { kind: 'unlisted', keyHash: 'a1' }, requests: 10 }),
        day(route, { who: STRANGER, version: 'v2', requests: 7, firstAt: 5 }),
        day(route, { who: STRANGER, day: '2027-02-01', requests: 100 }),
        day(route, { who: gone, requests: 5 }),
        day(route, { who: { kind: 'none' }, requests: 4 }),
        day(route, { who: { kind: 'unlisted-others' }, requests: 2 }),
      );
      const list = [{ name: 'acme', keyHash: 'a1' }];
      const { sums, unlisted } = await ledger().shares(route, list, { day: DAY, largest: 5 });
      expect(sums.map(({ kind, version, requests }) => [kind, version, requests])).toEqual([
        ['listed', 'v1', 13],
        ['none', 'v1', 4],
        ['unlisted', 'v1', 5],
        ['unlisted', 'v2', 7],
        ['unlisted-others', 'v1', 2],
      ]);
      expect(unlisted).toEqual({
        credentials: 2,
        largest: [
          { keyHash: 'f7', formerName: null, requests: 7, firstAt: 5, lastAt: 2_000 },
          { keyHash: 'c3', formerName: 'gone', requests: 5, firstAt: 1_000, lastAt: 2_000 },
        ],
      });
    });

    it('forgets days after 90 of them, and who was seen after 400', async () => {
      const route = fresh('route');
      const at = (daysAgo: number) => {
        const ms = Date.now() - daysAgo * 86_400_000;
        return { day: new Date(ms).toISOString().slice(0, 10), firstAt: ms, lastAt: ms };
      };
      const unseen = { kind: 'unlisted', keyHash: 'd4' } as const;
      await add(day(route, at(0)), day(route, at(88)), day(route, at(92)), day(route, { ...at(401), who: unseen }));
      await ledger().forget();
      const { days, seen } = await ledger().read(route);
      expect(days.map((row) => row.day)).toEqual([at(88).day, at(0).day]);
      expect(seen.map(({ who }) => who)).toEqual([ACME]);
      expect(seen[0]?.firstAt).toBeCloseTo(at(92).firstAt, -5);
    });
  });
}
