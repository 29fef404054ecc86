import { describe, expect, it } from 'vitest';
import { type RouteReaderParts, routeReader } from '../../../src/controller/readers/route-reader.ts';
import { Problem } from '../../../src/problem/problem.ts';
import { SERIN } from '../../../src/rollout/event.ts';
import { noEvidence } from '../../../src/rollout/evidence.ts';
import type { RolloutRecord } from '../../../src/rollout/record.ts';
import type { EndedRollout, KeptStable } from '../../../src/store/store.ts';
import { rolloutIn, T0 } from '../../support/rollouts.ts';

const declared = { url: 'http://127.0.0.1:9000/', version: 'v0' };
const routes = ['payments', 'orders'].map((name) => ({
  name,
  stable: declared,
  policy: 'standard',
  health: { path: '/healthz', status: [] },
}));

function recordIn(stage: string): RolloutRecord {
  const rollout = rolloutIn(stage);
  return { rollout, evidence: noEvidence(rollout.policy, T0) };
}

const endOf = (more: Partial<EndedRollout> = {}): EndedRollout => ({
  id: '019abfff-0000-7000-8000-000000000001',
  route: 'payments',
  version: 'v1',
  stage: 'finalised',
  reason: 'the canary is the stable now',
  by: SERIN,
  endedAt: T0,
  ...more,
});

function readerOf() {
  const world = {
    leads: true,
    away: false,
    known: [] as readonly RolloutRecord[],
    stored: [] as readonly RolloutRecord[],
    stables: [] as readonly KeptStable[],
    ended: [] as readonly EndedRollout[],
    moves: [] as readonly { readonly route: string; readonly to: string | null }[],
    asked: [] as string[],
  };
  const answer = async <T>(what: string, value: () => T): Promise<T> => {
    world.asked.push(what);
    if (world.away) throw new Problem('unavailable', 'the database is away');
    return value();
  };
  const parts = {
    store: {
      rollouts: {
        list: () => answer('rollouts', () => world.stored),
        lastEnded: (names: readonly string[]) => answer(`ends of ${names.join()}`, () => world.ended),
      },
      stables: { list: () => answer('stables', () => world.stables) },
      audit: {
        tally: (after: number) => answer(`audit after ${after}`, () => ({ seq: after + 1, moves: world.moves })),
      },
    },
    memory: { looks: { known: () => world.known } },
    leads: () => world.leads,
    routes: () => routes,
  } as unknown as RouteReaderParts;
  return { world, read: routeReader(parts) };
}

describe('what is going on at the routes', () => {
  it('is nothing where nothing ever was', async () => {
    const { world, read } = readerOf();
    expect(await read()).toEqual(routes.map((route) => ({ route, stable: declared, running: null, lastEnded: null })));
    expect(world.asked.toSorted()).toEqual(['audit after 0', 'ends of payments,orders', 'stables']);
  });

  it('is what runs, against its own stable, and what ended before', async () => {
    const { world, read } = readerOf();
    const running = recordIn('step-1');
    world.known = [running];
    world.ended = [endOf()];
    const [payments, orders] = await read();
    expect(payments).toMatchObject({ stable: running.rollout.stable, running, lastEnded: endOf() });
    expect(orders).toMatchObject({ stable: declared, running: null, lastEnded: null });
  });

  it('has the stable that a finalised rollout made, until the file declares another', async () => {
    const { world, read } = readerOf();
    const stable = { url: 'http://127.0.0.1:9002/', version: 'v2' };
    world.stables = [{ route: 'payments', stable, replacedUrl: declared.url, alsoReplaced: [], declaredBy: [] }];
    expect((await read())[0]?.stable).toEqual(stable);
    world.stables = [
      { route: 'payments', stable, replacedUrl: 'http://127.0.0.1:1/', alsoReplaced: [], declaredBy: [] },
    ];
    expect((await read())[0]?.stable).toEqual(declared);
  });

  it('takes what has ended for ended, also where the memory has not heard of it', async () => {
    const { world, read } = readerOf();
    const running = recordIn('step-1');
    world.known = [running];
    world.ended = [endOf({ id: running.rollout.id, stage: 'aborted' })];
    expect((await read())[0]).toMatchObject({ running: null, lastEnded: { stage: 'aborted' }, stable: declared });
    world.known = [recordIn('aborted')];
    expect((await read())[0]).toMatchObject({ running: null, lastEnded: { stage: 'aborted' } });
  });

  it('reads an end once, and again where another is audited', async () => {
    const { world, read } = readerOf();
    world.ended = [endOf()];
    await read();
    world.asked = [];
    world.ended = [endOf({ version: 'v2' })];
    expect((await read())[0]?.lastEnded).toEqual(endOf());
    expect(world.asked.toSorted()).toEqual(['audit after 1', 'stables']);
    world.moves = [
      { route: 'orders', to: 'step-1' },
      { route: 'elsewhere', to: 'aborted' },
      { route: 'payments', to: 'rolled-back' },
    ];
    expect((await read())[0]?.lastEnded).toEqual(endOf({ version: 'v2' }));
    expect(world.asked).toContain('ends of payments');
  });

  it('asks the database for what runs where another process decides', async () => {
    const { world, read } = readerOf();
    world.leads = false;
    world.known = [recordIn('internal')];
    world.stored = [recordIn('step-2')];
    expect((await read())[0]?.running).toBe(world.stored[0]);
  });

  it('is as it was last read while the database is away, but for what this process knows', async () => {
    const { world, read } = readerOf();
    world.away = true;
    await expect(read()).rejects.toMatchObject({ code: 'unavailable' });
    world.away = false;
    world.ended = [endOf()];
    await read();
    world.away = true;
    world.leads = false;
    world.known = [recordIn('step-1')];
    expect((await read())[0]).toMatchObject({ running: world.known[0], lastEnded: endOf() });
  });
});
