import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConsumerDay, Who } from '../../../src/consumers/ledger/consumer-day.ts';
import { Problem } from '../../../src/problem/problem.ts';
import { LedgerKeeper } from '../../../src/server/consumers/ledger-keeper.ts';
import type { LedgerBatch } from '../../../src/store/store.ts';

const ACME: Who = { kind: 'listed', name: 'acme', keyHash: 'a1' };
const ROUND_MS = 30_000;

function dayOf(parts: Partial<ConsumerDay> = {}): ConsumerDay {
  const counts = { requests: 1, errors: 0, clientErrors: 0, latency: {}, firstAt: 1, lastAt: 1 };
  return { route: 'shop', who: ACME, version: 'v1', day: '2027-03-01', ...counts, ...parts };
}

/** A keeper whose database is as it is told to be: `unsure` adds and then does not answer. */
function kept() {
  const state = {
    counted: [] as readonly ConsumerDay[],
    database: 'up' as 'up' | 'away' | 'unsure' | 'refuses',
    forgot: 0,
  };
  const added = new Map<number, LedgerBatch>();
  const logged: string[] = [];
  const keeper = new LedgerKeeper({
    gateway: {
      takeConsumerDays: async () => {
        const { counted } = state;
        state.counted = [];
        return counted;
      },
    },
    store: {
      consumerLedger: {
        add: async (batch) => {
          if (state.database === 'refuses') throw new Problem('internal', 'no');
          if (state.database !== 'away' && !added.has(batch.seq)) added.set(batch.seq, batch);
          if (state.database !== 'up') throw new Problem('unavailable', 'no answer');
        },
        read: async () => ({ days: [], seen: [] }),
        shares: async () => ({ sums: [], unlisted: { credentials: 0, largest: [] } }),
        forget: async () => void state.forgot++,
      },
    },
    writer: 'this process',
    log: ({ what }) => void logged.push(what),
  });
  const days = () => [...added.values()].flatMap((batch) => batch.days);
  const requests = () => days().reduce((sum, day) => sum + day.requests, 0);
  return { keeper, state, days, requests, logged };
}

describe('what was counted of consumers', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is brought into the database every half minute, and at the end', async () => {
    const { keeper, state, days } = kept();
    keeper.start();
    state.counted = [dayOf()];
    await vi.advanceTimersByTimeAsync(ROUND_MS);
    expect(days()).toHaveLength(1);
    state.counted = [dayOf(), dayOf({ version: 'v2' })];
    await keeper.stop();
    expect(days()).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(10 * ROUND_MS);
    expect([days().length, state.forgot]).toEqual([3, 1]);
  });

  it('waits while the database is away or does not confirm, added up, and counts once', async () => {
    const { keeper, state, days, requests, logged } = kept();
    let sent = 0;
    for (const database of ['away', 'unsure', 'away', 'unsure', 'up', 'up'] as const) {
      state.database = database;
      state.counted = [dayOf({ requests: 2 }), dayOf({ who: { kind: 'none' } })];
      sent += 3;
      await keeper.settle();
    }
    expect(requests()).toBe(sent);
    expect(days()).toHaveLength(6);
    expect(logged).toEqual([
      'consumerLedgerUnsaved',
      'consumerLedgerUnsaved',
      'consumerLedgerUnsaved',
      'consumerLedgerUnsaved',
    ]);
  });

  it('is given up, and said to be, where the database refuses it', async () => {
    const { keeper, state, requests, logged } = kept();
    state.database = 'refuses';
    state.counted = [dayOf()];
    await keeper.settle();
    state.database = 'up';
    state.counted = [dayOf()];
    await keeper.settle();
    expect([requests(), logged]).toEqual([1, ['consumerLedgerLost']]);
  });

  it('is bounded while it waits, and no request of it is lost', async () => {
    const { keeper, state, days, requests } = kept();
    state.database = 'away';
    state.counted = [dayOf()];
    await keeper.settle();
    for (let round = 0; round < 3; round++) {
      const strangers = Array.from(
        { length: 10_000 },
        (_, at): Who => ({ kind: 'unlisted', keyHash: `${round} ${at}` }),
      );
      state.counted = [dayOf(), ...strangers.map((who) => dayOf({ who }))];
      await keeper.settle();
    }
    state.database = 'up';
    await keeper.settle();
    expect(requests()).toBe(30_004);
    expect(days().length).toBeLessThan(20_010);
    expect(days()).toContainEqual(dayOf({ who: { kind: 'unlisted-others' }, requests: 10_001 }));
  });
});
