import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../../../src/problem/problem.ts';
import { UnitKeeper } from '../../../src/server/unit-keeper.ts';

const MINUTES = 60_000;

/** A keeper of two routes, of which only the first has units. */
function keeperOf(stored: Readonly<Record<string, Uint8Array>> = {}) {
  const done: string[] = [];
  const logged: string[] = [];
  let isAway = false;
  const keeper = new UnitKeeper({
    routes: () => ['shop', 'basket'],
    gateway: {
      tend: async (route) => void done.push(`tend ${route}`),
      unitLedger: async (route) => (route === 'shop' ? Uint8Array.of(7) : null),
      restoreUnits: async (route, bytes) => void done.push(`restore ${route} ${String(bytes)}`),
    },
    store: {
      unitHistory: {
        load: async (route) => stored[route] ?? null,
        save: async (route, bytes) => {
          if (isAway) throw new Problem('unavailable', 'the database is away');
          done.push(`save ${route} ${String(bytes)}`);
        },
      },
    },
    log: ({ what }) => void logged.push(what),
  });
  const saved = () => done.filter((one) => one.startsWith('save'));
  return { keeper, done, logged, saved, away: (is: boolean) => (isAway = is) };
}

describe('what is remembered of units', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is given back to the gateway at the start, where something was saved', async () => {
    const { keeper, done } = keeperOf({ basket: Uint8Array.of(1, 2) });
    await keeper.load();
    expect(done).toEqual(['restore basket 1,2']);
  });

  it('is tended every few seconds and saved every few minutes, where there is something', async () => {
    const { keeper, done, saved } = keeperOf();
    keeper.start();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(done).toEqual(['tend shop', 'tend basket', 'tend shop', 'tend basket', 'tend shop', 'tend basket']);
    await vi.advanceTimersByTimeAsync(10 * MINUTES);
    expect(saved()).toEqual(['save shop 7', 'save shop 7']);
  });

  it('is saved for the last time at the end, and not after it', async () => {
    const { keeper, saved } = keeperOf();
    keeper.start();
    await keeper.stop();
    await vi.advanceTimersByTimeAsync(10 * MINUTES);
    expect(saved()).toEqual(['save shop 7']);
  });

  it('is saved later where the database is away, and that is logged', async () => {
    const { keeper, logged, saved, away } = keeperOf();
    keeper.start();
    away(true);
    await vi.advanceTimersByTimeAsync(6 * MINUTES);
    expect([saved(), logged]).toEqual([[], ['unitHistoryUnsaved']]);
    away(false);
    await vi.advanceTimersByTimeAsync(5 * MINUTES);
    expect(saved()).toEqual(['save shop 7']);
    away(true);
    await keeper.stop();
    expect(logged).toHaveLength(2);
  });
});
