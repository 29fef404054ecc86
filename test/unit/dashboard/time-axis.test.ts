import { describe, expect, it } from 'vitest';
import { axisTicks, instantWithin } from '../../../src/dashboard/drawings/strips/time-axis.ts';
import { type TimeZone, UTC } from '../../../src/dashboard/words/time-zone.ts';

const at = (text: string) => Date.parse(text);
const HALF_PAST: TimeZone = { name: 'local', offsetMs: () => 5.5 * 3_600_000 };
/** Berlin, where the clocks were put back at 01:00 UTC. */
const CHANGED: TimeZone = {
  name: 'local',
  offsetMs: (instant) => (instant < at('2026-10-25T01:00:00Z') ? 2 : 1) * 3_600_000,
};

/** New York, where they were put forward at 07:00 UTC: no clock said 02:00. */
const SKIPPED: TimeZone = {
  name: 'local',
  offsetMs: (instant) => (instant < at('2026-03-08T07:00:00Z') ? -5 : -4) * 3_600_000,
};

describe('the axis of time', () => {
  it('has round times, as many as there is room for', () => {
    const ticks = axisTicks(at('2026-11-29T12:10:02Z'), at('2026-11-29T13:09:20Z'), 5, UTC);
    expect(ticks.map(({ label }) => label)).toEqual(['12:15', '12:30', '12:45', '13:00']);
    const seconds = axisTicks(at('2026-11-29T12:10:02Z'), at('2026-11-29T12:10:30Z'), 4, UTC);
    expect(seconds.map(({ label }) => label)).toEqual(['12:10:10', '12:10:20', '12:10:30']);
  });

  it('names the day at midnight', () => {
    const ticks = axisTicks(at('2026-11-29T20:00:00Z'), at('2026-11-30T04:00:00Z'), 4, UTC);
    expect(ticks.map(({ label }) => label)).toEqual(['20:00', '22:00', '30 Nov', '02:00', '04:00']);
    const weeks = axisTicks(at('2026-11-01T12:00:00Z'), at('2026-11-29T12:00:00Z'), 5, UTC);
    expect(new Set(weeks.map(({ label }) => label)).size).toBe(weeks.length);
  });

  it('is round by the clock of the reader, over a change of it too', () => {
    const india = axisTicks(at('2026-11-29T12:10:00Z'), at('2026-11-29T14:10:00Z'), 4, HALF_PAST);
    expect(india.map(({ label }) => label)).toEqual(['18:00', '18:30', '19:00', '19:30']);
    expect(india[0]?.at).toBe(at('2026-11-29T12:30:00Z'));
    const berlin = axisTicks(at('2026-10-24T20:00:00Z'), at('2026-10-25T06:00:00Z'), 6, CHANGED);
    expect(berlin.map(({ label }) => label)).toEqual(['22:00', '25 Oct', '02:00', '04:00', '06:00']);
    expect(berlin.at(-1)?.at).toBe(at('2026-10-25T05:00:00Z'));
    const newYork = axisTicks(at('2026-03-08T03:00:00Z'), at('2026-03-08T11:00:00Z'), 5, SKIPPED);
    expect(newYork.map(({ label }) => label)).toEqual(['22:00', '8 Mar', '04:00', '06:00']);
    expect(newYork.at(-1)?.at).toBe(at('2026-03-08T10:00:00Z'));
  });

  it('says the day where there is more than one', () => {
    const span = { from: at('2026-11-29T23:00:00Z'), to: at('2026-11-30T01:00:00Z') };
    expect(instantWithin(at('2026-11-30T00:09:20Z'), span, UTC)).toBe('30 Nov 00:09:20');
    expect(instantWithin(span.from, { ...span, to: span.from + 60_000 }, UTC)).toBe('23:00:00');
  });
});
