import { beforeEach, describe, expect, it } from 'vitest';
import { type ChangeReading, Feed, type FeedWatcher } from '../../../src/controller/feed/feed.ts';
import { T0 } from '../../support/rollouts.ts';

const QUIET: FeedWatcher = { published: () => {}, ended: () => {} };

let feed: Feed;

beforeEach(() => {
  feed = new Feed({ boot: 'a1', now: () => T0 });
});

function publish(version: number, route = 'payments'): void {
  feed.publish({ kind: 'rollout', data: { id: 'r', route, version, stage: 'step-1', canaryBps: 500 } });
}

function all(reading: ChangeReading): readonly (readonly [id: string, kind: string, data: unknown])[] {
  const taken: [string, string, unknown][] = [];
  for (;;) {
    const next = reading.take(1_000);
    if (next.length === 0) return taken;
    taken.push(...next.map(({ id, kind, json }) => [id, kind, JSON.parse(json)] as [string, string, unknown]));
  }
}

const HELLO = { feed: 'a1.0', at: '2026-01-01T00:00:00.000Z' };
const rollout = (version: number) => ({ id: 'r', route: 'payments', version, stage: 'step-1', canaryBps: 500 });

describe('the feed', () => {
  it('greets with its position, and goes on from there', () => {
    publish(1);
    expect(feed.position()).toBe('a1.1');
    const reading = feed.open(null, QUIET);
    publish(2);
    expect(all(reading)).toEqual([
      ['a1.1', 'hello', { ...HELLO, feed: 'a1.1' }],
      ['a1.2', 'rollout', rollout(2)],
    ]);
    expect(all(reading)).toEqual([]);
  });

  it('gives whoever comes back what it missed, after a greeting with the id that it came with', () => {
    for (const version of [1, 2, 3]) publish(version);
    expect(all(feed.open('a1.1', QUIET))).toEqual([
      ['a1.1', 'hello', { ...HELLO, feed: 'a1.3' }],
      ['a1.2', 'rollout', rollout(2)],
      ['a1.3', 'rollout', rollout(3)],
    ]);
    expect(all(feed.open('a1.3', QUIET))).toHaveLength(1);
  });

  it.each(['b2.1', 'a1.4', 'a1.01', 'a1.-1', 'a1.1e0', 'a1', '', '.1', '0.0'])('resets whoever comes with %j', (id) => {
    for (const version of [1, 2, 3]) publish(version);
    const [hello, reset] = all(feed.open(id, QUIET));
    expect(hello).toEqual(['0.0', 'hello', { ...HELLO, feed: 'a1.3' }]);
    expect(reset).toEqual([
      'a1.3',
      'reset',
      { reason: expect.stringMatching(/not known here: read everything again$/) },
    ]);
  });

  it('keeps so many events, and so many bytes', () => {
    feed = new Feed({ boot: 'a1', now: () => T0, bounds: { events: 3, bytes: 500 } });
    for (let version = 1; version <= 5; version += 1) publish(version);
    expect(all(feed.open('a1.2', QUIET)).map(([, kind]) => kind)).toEqual(['hello', 'rollout', 'rollout', 'rollout']);
    expect(all(feed.open('a1.1', QUIET)).map(([, kind]) => kind)).toEqual(['hello', 'reset']);
    publish(6, 'x'.repeat(330));
    expect(all(feed.open('a1.5', QUIET)).map(([, kind]) => kind)).toEqual(['hello', 'rollout']);
    expect(all(feed.open('a1.4', QUIET)).map(([, kind]) => kind)).toEqual(['hello', 'rollout', 'rollout']);
    expect(all(feed.open('a1.3', QUIET)).map(([, kind]) => kind)).toEqual(['hello', 'reset']);
    publish(7, 'x'.repeat(600));
    expect(all(feed.open('a1.6', QUIET)).map(([, kind]) => kind)).toEqual(['hello', 'reset']);
    expect(all(feed.open('a1.7', QUIET)).map(([, kind]) => kind)).toEqual(['hello']);
  });

  it('keeps 1,000 events or 4 MiB by default', () => {
    for (let version = 1; version <= 1_001; version += 1) publish(version);
    expect(all(feed.open('a1.1', QUIET))).toHaveLength(1_001);
    expect(all(feed.open('a1.0', QUIET))).toHaveLength(2);
    for (let version = 1; version <= 6; version += 1) publish(version, 'x'.repeat(1_000_000));
    expect(all(feed.open('a1.1003', QUIET))).toHaveLength(5);
    expect(all(feed.open('a1.1002', QUIET))[1]?.[1]).toBe('reset');
  });

  it('resets a reader that the ring has left behind, and goes on', () => {
    feed = new Feed({ boot: 'a1', now: () => T0, bounds: { events: 2, bytes: 10_000 } });
    const reading = feed.open(null, QUIET);
    reading.take(1);
    for (const version of [1, 2, 3]) publish(version);
    expect(all(reading)).toEqual([['a1.3', 'reset', { reason: expect.stringContaining('not kept any more') }]]);
    publish(4);
    expect(all(reading)).toEqual([['a1.4', 'rollout', rollout(4)]]);
  });

  it('counts for a reader what came since it began, not what it missed before', () => {
    publish(1, 'x'.repeat(5_000));
    const reading = feed.open('a1.0', QUIET);
    expect(reading.behindBytes()).toBe(0);
    publish(2);
    const bytes = JSON.stringify(rollout(2)).length;
    expect(reading.behindBytes()).toBe(bytes);
    reading.take(1);
    reading.take(1);
    expect(reading.behindBytes()).toBe(bytes);
    reading.take(1);
    expect(reading.behindBytes()).toBe(0);
  });

  it('gives about as many bytes at once as are asked for, but one event', () => {
    const reading = feed.open(null, QUIET);
    reading.take(1);
    for (let version = 1; version <= 5; version += 1) publish(version);
    const bytes = JSON.stringify(rollout(1)).length;
    expect(reading.take(1)).toHaveLength(1);
    expect(reading.take(2 * bytes)).toHaveLength(2);
    expect(reading.take(100 * bytes)).toHaveLength(2);
  });

  it('resets everybody where something may not have been published', () => {
    publish(1);
    const reading = feed.open(null, QUIET);
    const before = feed.position();
    feed.interrupt();
    publish(2);
    expect(all(reading).map(([, kind]) => kind)).toEqual(['hello', 'reset']);
    expect(all(feed.open(before, QUIET)).map(([, kind]) => kind)).toEqual(['hello', 'reset']);
  });

  it('tells its readers that something came and that it ends, and lets nobody in after that', () => {
    const said: string[] = [];
    const watcher = { published: () => said.push('published'), ended: () => said.push('ended') };
    const reading = feed.open(null, watcher);
    const gone = feed.open(null, watcher);
    expect(feed.readers()).toBe(2);
    gone.close();
    expect(feed.readers()).toBe(1);
    publish(1);
    feed.end();
    reading.close();
    expect(said).toEqual(['published', 'ended']);
    expect(feed.readers()).toBe(0);
    expect(() => feed.open(null, QUIET)).toThrow('shutting down');
  });
});
