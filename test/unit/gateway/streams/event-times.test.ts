import { describe, expect, it } from 'vitest';
import { EventTimes, STREAM_VALUES, WATCHED_MS } from '../../../../src/gateway/measure/reading/event-times.ts';

const SLOW_MS = 5_000;

function timed(wanted: readonly (typeof STREAM_VALUES)[number][] = STREAM_VALUES) {
  const told: (readonly [string, number | string])[] = [];
  const times = new EventTimes(wanted, {
    value: (name, value) => told.push([name, value]) > 0,
    word: () => {},
    content: () => {},
    streamEnd: () => {},
  });
  return { times, told };
}

describe('the times of a stream', () => {
  it('are its first event when it comes, and the longest silence and the rate at its end', () => {
    const { times, told } = timed();
    times.event(400);
    expect(told).toEqual([['first-event', 400]]);
    for (const ms of [500, 1_400, 1_500]) times.event(ms);
    expect(told).toHaveLength(1);
    times.end();
    expect(told.slice(1)).toEqual([
      ['gap', 900],
      ['event-rate', 3 / 1.1],
    ]);
    expect(times.isOver).toBe(true);
  });

  it('are only those that are wanted', () => {
    const { times, told } = timed(['gap']);
    for (const ms of [400, 500]) times.event(ms);
    times.end();
    expect(told).toEqual([['gap', 100]]);
  });

  it('say of a stream without events that its first is missing, and of one with a single event nothing more', () => {
    const none = timed();
    none.times.end();
    expect(none.told).toEqual([['first-event', 'missing']]);
    const one = timed();
    one.times.event(20);
    one.times.end();
    expect(one.told).toEqual([['first-event', 20]]);
  });

  it('count events that came at once as if they had come within a millisecond', () => {
    const { times, told } = timed();
    for (let events = 0; events < 11; events += 1) times.event(20);
    times.end();
    expect(told.slice(1)).toEqual([
      ['gap', 0],
      ['event-rate', 10_000],
    ]);
  });

  it('count what is owed for the slow age at once, and once', () => {
    const { times, told } = timed();
    times.look(4_999, SLOW_MS);
    expect(told).toEqual([]);
    times.look(6_000, SLOW_MS);
    expect(told).toEqual([['first-event', 6_000]]);
    times.event(9_000);
    times.event(9_100);
    times.look(14_200, SLOW_MS);
    expect(told.slice(1)).toEqual([['gap', 5_100]]);
    times.event(20_000);
    times.end();
    expect(told.slice(2)).toEqual([['event-rate', 2 / 11]]);
  });

  it('count a silence that is over at the next look', () => {
    const { times, told } = timed();
    for (const ms of [100, 7_000, 7_010]) times.event(ms);
    times.look(7_020, SLOW_MS);
    expect(told).toEqual([
      ['first-event', 100],
      ['gap', 6_900],
    ]);
  });

  it.each([
    ['an event', (times: EventTimes, ms: number) => times.event(ms)],
    ['a look', (times: EventTimes, ms: number) => times.look(ms, Number.POSITIVE_INFINITY)],
  ])('end a minute after the first event, whether %s comes then or later', (_, then) => {
    for (const late of [0, 300_000]) {
      const { times, told } = timed();
      for (const ms of [1_000, 31_000, 51_000]) times.event(ms);
      then(times, 1_000 + WATCHED_MS + late);
      expect(told.slice(1)).toEqual([
        ['gap', 30_000],
        ['event-rate', 2 / 50],
      ]);
      expect(times.isOver).toBe(true);
      times.end();
      expect(told).toHaveLength(3);
    }
  });

  it('have the silence in which the minute ends', () => {
    const { times, told } = timed();
    for (const ms of [0, 100, 200_000]) times.event(ms);
    times.end();
    expect(told.slice(1)).toEqual([
      ['gap', WATCHED_MS - 100],
      ['event-rate', 10],
    ]);
  });
});
