import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChangeReading, Feed, type SentChange } from '../../src/controller/feed/feed.ts';

const BOUNDS = { events: 8, bytes: 600 };

type Step =
  | { readonly do: 'publish'; readonly length: number }
  | { readonly do: 'take'; readonly who: number; readonly bytes: number; readonly lost: number }
  | { readonly do: 'leave'; readonly who: number }
  | { readonly do: 'come'; readonly who: number }
  | { readonly do: 'interrupt' }
  | { readonly do: 'restart' };

const who = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 24, arbitrary: fc.record({ do: fc.constant('publish' as const), length: fc.nat(120) }) },
  {
    weight: 24,
    arbitrary: fc.record({ do: fc.constant('take' as const), who, bytes: fc.nat(400), lost: fc.nat(2) }),
  },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('leave' as const), who }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('come' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('interrupt' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);

/** A page: it knows the id of the last event that came whole, and what it has by now. */
class Page {
  lastId: string | null = null;
  reading: ChangeReading | null = null;
  /** The numbers of the changes that it knows of, by events or by what it read after a reset. */
  known = new Set<number>();
  /** Up to where its snapshot goes, as `x-serin-feed` says. */
  readUpTo = '';
  resets = 0;

  receive({ id, kind, json }: SentChange, world: Pick<World, 'happened' | 'feed'>): void {
    this.lastId = id;
    if (kind === 'hello') return;
    if (kind === 'reset') {
      this.resets += 1;
      this.readAll(world);
      return;
    }
    if (numberOf(id) <= numberOf(this.readUpTo)) return;
    const { version } = JSON.parse(json) as { version: number };
    expect(this.known.has(version), `${version} twice`).toBe(false);
    expect(Math.max(-1, ...this.known), `${version} in order`).toBe(version - 1);
    this.known.add(version);
  }

  readAll({ happened, feed }: Pick<World, 'happened' | 'feed'>): void {
    this.readUpTo = feed.position();
    this.known = new Set(happened);
  }
}

function numberOf(id: string): number {
  return Number(id.split('.')[1] ?? 0);
}

/** Every change, the lost ones as well, has a number; what is published carries it. */
class World {
  boots = 0;
  feed = this.boot();
  readonly happened: number[] = [];
  readonly pages = [new Page(), new Page(), new Page()];

  do(one: Step): void {
    const page = this.pages['who' in one ? one.who : 0];
    if (one.do === 'publish') this.happen(one.length);
    else if (one.do === 'interrupt') this.fail();
    else if (one.do === 'restart') this.restart();
    else if (!page) throw new Error('there is no such page');
    else if (one.do === 'come') this.come(page);
    else if (one.do === 'leave') this.leave(page);
    else this.take(page, one.bytes, one.lost);
  }

  /** Everybody comes back, and reads all that there is. */
  settle(): void {
    for (const page of this.pages) {
      this.come(page);
      while (this.take(page, 100, 0) > 0);
    }
  }

  private boot(): Feed {
    this.boots += 1;
    return new Feed({ boot: `boot${this.boots}`, now: () => 0, bounds: BOUNDS });
  }

  private happen(length: number): void {
    const version = this.happened.length;
    this.happened.push(version);
    const data = { id: 'r', route: 'x'.repeat(length), version, stage: 'step-1', canaryBps: 0 };
    this.feed.publish({ kind: 'rollout', data });
  }

  /** It happens, and cannot be published. */
  private fail(): void {
    this.happened.push(this.happened.length);
    this.feed.interrupt();
  }

  private restart(): void {
    for (const page of this.pages) page.reading = null;
    this.happened.push(this.happened.length);
    this.feed = this.boot();
  }

  private come(page: Page): void {
    if (page.reading) return;
    // A page that has read nothing yet takes a snapshot once it is greeted.
    if (page.lastId === null) page.readAll(this);
    page.reading = this.feed.open(page.lastId, { published: () => {}, ended: () => {} });
  }

  private leave(page: Page): void {
    page.reading?.close();
    page.reading = null;
  }

  /** What was taken last may be lost on the way, with the connection. */
  private take(page: Page, bytes: number, lost: number): number {
    const taken = page.reading?.take(bytes) ?? [];
    const arrived = lost === 0 ? taken : taken.slice(0, -lost);
    for (const event of arrived) page.receive(event, this);
    // Whoever is told that there is nothing more knows everything.
    if (page.reading && taken.length === 0) expect(page.known.size).toBe(this.happened.length);
    if (lost > 0) {
      this.leave(page);
    }
    return taken.length;
  }
}

describe('a feed', () => {
  it('loses nothing and says nothing twice, whoever publishes, reads, leaves and comes back; or it says reset', () => {
    let resets = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const world = new World();
        for (const one of steps) world.do(one);
        world.settle();
        for (const page of world.pages) {
          expect([...page.known].toSorted((a, b) => a - b)).toEqual(world.happened);
          resets += page.resets;
        }
        expect(world.feed.readers()).toBe(world.pages.length);
      }),
      { seed: 7, numRuns: 1_000 },
    );
    expect(resets).toBeGreaterThan(100);
  });

  it('resets nobody who misses no more than is kept', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(BOUNDS.events), (before, missed) => {
        const feed = new Feed({ boot: 'b', now: () => 0, bounds: { ...BOUNDS, bytes: 10_000 } });
        const publish = (version: number) =>
          feed.publish({ kind: 'rollout', data: { id: 'r', route: 'r', version, stage: 'bake', canaryBps: 1 } });
        for (let at = 0; at < before; at += 1) publish(at);
        const id = feed.position();
        for (let at = before; at < before + missed; at += 1) publish(at);
        const reading = feed.open(id, { published: () => {}, ended: () => {} });
        const kinds = [...reading.take(1), ...reading.take(100_000)].map(({ kind }) => kind);
        expect(kinds).toEqual(['hello', ...Array.from({ length: missed }, () => 'rollout')]);
      }),
      { seed: 8 },
    );
  });
});
