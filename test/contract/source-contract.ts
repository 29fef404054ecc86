// oxlint-disable vitest/valid-title -- this makes a suite out of what it is given
import { afterEach, describe, expect, it } from 'vitest';
import type { Collected, CollectRequest, MetricsSource } from '../../src/metrics/source.ts';
import type { Block, Tally } from '../../src/stats/block.ts';

export interface Done {
  readonly requests: number;
  readonly errors: number;
}

/** One source with traffic that a test makes. */
export interface SourceBench {
  readonly source: MetricsSource;
  /** Of the split in force, without a cursor. */
  request(): CollectRequest;
  /** Requests that are answered at once, `errors` of them by 500. */
  traffic(stable: Done, canary: Done): void;
  /** Lets time pass until what was done can be read. */
  pass(): Promise<void>;
  /** Another split is in force from now on. */
  changeSplit(canaryBps: number): Promise<void>;
  close(): Promise<void>;
}

const signal = () => AbortSignal.timeout(10_000);

/** What the controller relies on, whatever the source. */
export function sourceContract(name: string, open: () => Promise<SourceBench>): void {
  describe(`the ${name} as a metrics source`, () => {
    let bench: SourceBench;

    const start = async () => {
      bench = await open();
      return bench;
    };
    // A machine that is busy may scrape late, which is no evidence and passes.
    const collect = async (after: string | null) => {
      const seen: Collected[] = [];
      const ask = async () => {
        const collected = await bench.source.collect({ ...bench.request(), after }, signal());
        seen.push(collected);
        return collected.kind === 'unusable' ? collected.reason : 'usable';
      };
      await expect.poll(ask, { timeout: 10_000 }).toBe('usable');
      const last = seen.at(-1);
      if (last?.kind !== 'blocks') expect.fail('nothing was collected');
      return last;
    };

    afterEach(() => bench.close());

    it('counts what each version did, once', async () => {
      await start();
      const before = await collect(null);
      bench.traffic({ requests: 90, errors: 3 }, { requests: 10, errors: 2 });
      await bench.pass();
      const seen = await collect(before.cursor);
      expect(sums(seen.blocks)).toEqual({
        stable: { requests: 90, errors: 3 },
        canary: { requests: 10, errors: 2 },
      });
      bench.traffic({ requests: 9, errors: 0 }, { requests: 1, errors: 1 });
      await bench.pass();
      const later = await collect(seen.cursor);
      expect(sums(later.blocks)).toEqual({ stable: { requests: 9, errors: 0 }, canary: { requests: 1, errors: 1 } });
    });

    it('gives the same evidence again to whoever asks with the same cursor', async () => {
      await start();
      const before = await collect(null);
      bench.traffic({ requests: 50, errors: 0 }, { requests: 5, errors: 0 });
      await bench.pass();
      const first = await collect(before.cursor);
      const again = await collect(before.cursor);
      expect(sums(again.blocks)).toEqual(sums(first.blocks));
      expect(sums((await collect(again.cursor)).blocks)).toEqual({ stable: NOTHING, canary: NOTHING });
    });

    it('gives blocks of the split in force with their share, one after the other', async () => {
      await start();
      const before = await collect(null);
      bench.traffic({ requests: 50, errors: 0 }, { requests: 5, errors: 0 });
      await bench.pass();
      const first = await collect(before.cursor);
      await bench.changeSplit(5_000);
      await bench.pass();
      const between = await collect(first.cursor);
      bench.traffic({ requests: 20, errors: 0 }, { requests: 20, errors: 0 });
      await bench.pass();
      const second = await collect(between.cursor);
      const { epoch } = bench.request().split;
      const own = second.blocks.filter(({ splitEpoch }) => splitEpoch === epoch);
      expect(sums(own)).toEqual({ stable: { requests: 20, errors: 0 }, canary: { requests: 20, errors: 0 } });
      expect(new Set(own.map(({ canaryBps }) => canaryBps))).toEqual(new Set([5_000]));
      const all = [...first.blocks, ...between.blocks, ...second.blocks];
      const ends = all.map(({ startedAt, durationMs }) => startedAt + durationMs);
      expect(all.slice(1).every(({ startedAt }, at) => startedAt >= (ends[at] ?? 0))).toBe(true);
      expect(all.every(({ durationMs }) => durationMs > 0)).toBe(true);
    });
  });
}

const NOTHING: Done = { requests: 0, errors: 0 };

function sums(blocks: readonly Block[]): { readonly stable: Done; readonly canary: Done } {
  const sum = (of: (block: Block) => Tally | null): Done =>
    blocks.reduce(({ requests, errors }, block) => {
      const tally = of(block);
      return { requests: requests + (tally?.requests ?? 0), errors: errors + (tally?.errors ?? 0) };
    }, NOTHING);
  return { stable: sum(({ stable }) => stable), canary: sum(({ canary }) => canary) };
}
