import { describe, expect, it } from 'vitest';
import { KEPT_MINUTES, TrafficMinutes } from '../../../src/exposition/traffic-minutes.ts';
import type { TrafficTotals } from '../../../src/gateway/gateway.ts';

type Count = readonly [route: string, track: 'stable' | 'canary', version: string, answered: number, failed?: number];

const totalsOf = (...counts: readonly Count[]): TrafficTotals[] =>
  counts.map(([route, track, version, answered, failed = 0]) => ({
    route,
    track,
    version,
    outcomes: { '2xx': answered, '3xx': 0, '4xx': 0, '5xx': failed, unanswered: 0, 'client-gone': 0, refused: 0 },
    kinds: { json: 0, 'event-stream': 0, tunnel: 0, other: 0 },
  }));

/** Readings every ten seconds, on a clock that only the test moves. */
function minutesOf(...routes: readonly string[]) {
  const minutes = new TrafficMinutes(routes);
  let atMs = 1_234_567;
  const note = (...counts: readonly Count[]) => minutes.note(totalsOf(...counts), atMs);
  return {
    minutes,
    note,
    wait: (ms: number) => {
      atMs += ms;
    },
    /** One minute in which a counter of `shop` goes on growing evenly from a value to another. */
    pass(track: 'stable' | 'canary', from: number, to: number) {
      for (let tenth = 1; tenth <= 6; tenth++) {
        atMs += 10_000;
        note(['shop', track, 'v1', from + ((to - from) * tenth) / 6]);
      }
    },
    known: (track: 'stable' | 'canary') => minutes.of('shop')[track].slice(-4),
  };
}

const NEVER = Array(KEPT_MINUTES).fill(null);

describe('the traffic of the last minutes', () => {
  it('is unknown before the first minute is over, and of routes that the gateway does not carry', () => {
    const { minutes, note, wait } = minutesOf('shop');
    expect(minutes.of('shop')).toEqual({ perSecond: null, stable: NEVER, canary: NEVER });
    note(['shop', 'stable', 'v1', 100]);
    expect(minutes.of('shop')).toEqual({ perSecond: null, stable: NEVER, canary: NEVER });
    wait(10_000);
    note(['shop', 'stable', 'v1', 150], ['elsewhere', 'stable', 'v1', 7]);
    expect(minutes.of('shop')).toEqual({ perSecond: 5, stable: NEVER, canary: NEVER });
    expect(minutes.of('elsewhere')).toEqual({ perSecond: null, stable: NEVER, canary: NEVER });
  });

  it('is what came in each minute, however it ended, the last one at the end', () => {
    const { minutes, note, pass, known } = minutesOf('shop');
    note(['shop', 'stable', 'v1', 1_000]);
    pass('stable', 1_000, 1_060);
    pass('stable', 1_060, 1_060);
    pass('stable', 1_060, 1_660);
    expect(known('stable')).toEqual([null, 60, 0, 600]);
    expect(known('canary')).toEqual([null, 0, 0, 0]);
    expect(minutes.of('shop').perSecond).toBe(10);
    expect(minutes.of('shop').stable).toHaveLength(KEPT_MINUTES);
  });

  it('adds up the versions and outcomes of a track, and keeps routes apart', () => {
    const { minutes, note, wait } = minutesOf('shop', 'basket');
    note();
    wait(60_000);
    note(
      ['shop', 'stable', 'v1', 10, 1],
      ['shop', 'stable', 'v2', 5],
      ['shop', 'canary', 'v2', 3],
      ['basket', 'canary', 'v9', 2],
    );
    const last = (route: string) => [minutes.of(route).stable.at(-1), minutes.of(route).canary.at(-1)];
    expect([last('shop'), last('basket')]).toEqual([
      [16, 3],
      [0, 2],
    ]);
    expect(minutes.of('shop').perSecond).toBeCloseTo(19 / 60);
  });

  it('keeps an hour', () => {
    const { minutes, note, pass } = minutesOf('shop');
    note(['shop', 'stable', 'v1', 0]);
    for (let minute = 0; minute < 70; minute++)
      pass('stable', minute * 60, (minute + 1) * 60 + (minute === 69 ? 6 : 0));
    const { stable } = minutes.of('shop');
    expect([stable.length, stable[0], stable.at(-2), stable.at(-1)]).toEqual([KEPT_MINUTES, 60, 60, 66]);
  });

  it('is unknown while nothing was read, and known again afterwards', () => {
    const { minutes, note, wait, pass, known } = minutesOf('shop');
    note(['shop', 'stable', 'v1', 0]);
    pass('stable', 0, 60);
    // The machine slept: nobody can say in which of these minutes they came.
    wait(120_000);
    note(['shop', 'stable', 'v1', 600]);
    expect(known('stable')).toEqual([null, 60, null, null]);
    expect(minutes.of('shop').perSecond).toBeNull();
    pass('stable', 600, 660);
    expect(known('stable')).toEqual([60, null, null, 60]);
    expect(minutes.of('shop').perSecond).toBe(1);
    wait(10 * 3_600_000);
    note(['shop', 'stable', 'v1', 700]);
    expect(minutes.of('shop').stable).toEqual(NEVER);
  });

  it('shows as a minute what was counted in nearly a minute, and nothing else', () => {
    const { note, wait, known } = minutesOf('shop');
    note(['shop', 'stable', 'v1', 0]);
    wait(55_000);
    note(['shop', 'stable', 'v1', 55]);
    wait(65_000);
    note(['shop', 'stable', 'v1', 120]);
    wait(75_000);
    note(['shop', 'stable', 'v1', 195]);
    expect(known('stable')).toEqual([null, 55, 65, null]);
  });
});
