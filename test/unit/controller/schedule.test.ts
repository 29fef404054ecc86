import { setTimeout as sleep } from 'node:timers/promises';
import cron from 'node-cron';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemory } from '../../../src/controller/memory.ts';
import type { ControllerPorts } from '../../../src/controller/ports.ts';
import { type Controller, createController } from '../../../src/controller/schedule.ts';

const TICK_MS = 1_000;
let controller: Controller | null = null;

afterEach(async () => {
  await controller?.stop();
  controller = null;
});

/** A controller of no routes, whose every tick takes as long as `hold` does. */
function bench(hold: () => Promise<void>, forget: () => Promise<void> = async () => undefined) {
  const world = { aheadMs: 0, ticks: 0, atOnce: 0, mostAtOnce: 0, forgotten: 0, logged: [] as string[] };
  const monotonic = () => performance.now() + world.aheadMs;
  const none = async () => [];
  const store = {
    now: async () => Date.UTC(2026, 0, 1),
    lease: {
      async hold() {
        world.ticks += 1;
        world.atOnce += 1;
        world.mostAtOnce = Math.max(world.mostAtOnce, world.atOnce);
        await hold().finally(() => {
          world.atOnce -= 1;
        });
        return { epoch: 1 };
      },
      release: async () => undefined,
    },
    rollouts: { list: none, unreadable: none, find: async () => null, commit: async () => undefined },
    stables: { list: none },
    outbox: { due: none },
    trails: {
      forget() {
        world.forgotten += 1;
        return forget();
      },
    },
  } as unknown as ControllerPorts['store'];
  const ports = {
    store,
    routes: [],
    channels: [],
    tickMs: TICK_MS,
    monotonic,
    memory: createMemory(monotonic, TICK_MS),
    safeguard: { blindAfterMs: 60_000 },
    holder: 'test',
    log: ({ what }: { what: string }) => world.logged.push(what),
  } as unknown as ControllerPorts;
  controller = createController(ports);
  return { world, controller };
}

describe('ticks', () => {
  it('are never two at a time, whoever starts them', async () => {
    const { world, controller: own } = bench(() => sleep(1_700));
    await own.start();
    // The watchdog has reason to start one at each of its rounds.
    const late = setInterval(() => {
      world.aheadMs += 5_000;
    }, 300);
    await expect.poll(() => world.ticks, { timeout: 20_000 }).toBeGreaterThan(2);
    clearInterval(late);
    expect(world.mostAtOnce).toBe(1);
  });

  it('that do not end are trouble, and nobody leads', async () => {
    const stuck = Promise.withResolvers<void>();
    let isFirst = true;
    const { world, controller: own } = bench(async () => {
      if (isFirst) isFirst = false;
      else await stuck.promise;
    });
    await own.start();
    await expect.poll(() => own.leads(), { timeout: 20_000 }).toBe(true);
    await expect.poll(() => world.atOnce, { timeout: 20_000 }).toBe(1);
    expect(own.troubles()).toEqual([]);
    world.aheadMs += 20_000;
    expect(own.leads()).toBe(false);
    expect(own.troubles()).toEqual([expect.stringMatching(/^the controller has not completed a tick for 2\d s$/)]);
    stuck.resolve();
    await expect.poll(() => own.leads(), { timeout: 20_000 }).toBe(true);
  });

  it('that fail are said, logged now and then, and trouble until one goes well', async () => {
    let failing = true;
    const { world, controller: own } = bench(async () => {
      if (failing) throw new Error('no answer');
    });
    await own.start();
    await expect.poll(() => world.ticks, { timeout: 20_000 }).toBeGreaterThan(2);
    expect(own.troubles()).toEqual(['the controller cannot tick: no answer']);
    expect(world.logged.filter((what) => what === 'tickAbandoned')).toHaveLength(1);
    failing = false;
    await expect.poll(() => own.troubles(), { timeout: 20_000 }).toEqual([]);
    expect(own.leads()).toBe(true);
  });
});

describe('old trails', () => {
  it('are deleted at the start, which does not wait for it and does not need it', async () => {
    const away = Promise.withResolvers<void>();
    const { world, controller: own } = bench(
      async () => undefined,
      () => away.promise,
    );
    await own.start();
    expect(world.forgotten).toBe(1);
    await expect.poll(() => own.leads(), { timeout: 20_000 }).toBe(true);
    away.reject(new Error('no answer'));
    await expect.poll(() => world.logged, { timeout: 20_000 }).toContain('trailsNotDeleted');
    expect(own.troubles()).toEqual([]);
  });

  it('are deleted once a day after that', async () => {
    const { world, controller: own } = bench(async () => undefined);
    await own.start();
    const daily = [...cron.getTasks().values()].find(({ name }) => name === 'serin-trails');
    const next = daily?.getNextRun();
    expect([next?.getHours(), next?.getMinutes()]).toEqual([3, 17]);
    await daily?.execute();
    await expect.poll(() => world.forgotten, { timeout: 20_000 }).toBe(2);
  });
});
