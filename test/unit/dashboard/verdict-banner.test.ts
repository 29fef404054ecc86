import { describe, expect, it } from 'vitest';
import type { RolloutView } from '../../../src/api/view-schemas.ts';
import { noteServerTime, serverSkew, skewBy } from '../../../src/dashboard/live/server-clock.ts';
import { skewOf } from '../../../src/dashboard/pages/rollout/rollout-clock.ts';
import { bannerOf, isTakenBack } from '../../../src/dashboard/pages/rollout/verdict-banner.ts';

const SERIN = { name: 'serin', role: 'serin' };
const spaced = (text: string) => text.replaceAll('\u00a0', ' ');

describe('the clock of the database', () => {
  it('is taken from the age of the last look, and clocks that are nearly the same are the same', () => {
    const view = {
      lookedAt: '2026-11-29T13:00:00.000Z',
      look: { agoMs: 5_000, overdueMs: 15_000, failures: 0, trouble: null },
    };
    const read = Date.parse('2026-11-29T13:00:05.000Z');
    expect(skewOf(view, read - 60_000, 0)).toBe(60_000);
    expect(skewOf(view, read + 1_000, 0)).toBe(0);
    expect(skewOf({ ...view, look: null }, 0, 60_000)).toBe(60_000);
  });

  it("is the server's where nothing is looked at any more, by the date of its last answer", () => {
    const now = Date.parse('2026-11-29T13:00:00.400Z');
    expect(skewBy('Sun, 29 Nov 2026 14:00:00 GMT', now)).toBe(3_600_100);
    expect(skewBy('Sun, 29 Nov 2026 12:59:59 GMT', now)).toBe(0);
    expect([skewBy(null, now), skewBy('never', now)]).toEqual([null, null]);
    noteServerTime(new Date(Date.now() + 3_600_000).toUTCString());
    const first = serverSkew.value;
    noteServerTime(new Date(Date.now() + 3_601_000).toUTCString());
    expect(serverSkew.value).toBe(first);
    noteServerTime(new Date().toUTCString());
    expect([first > 3_590_000, serverSkew.value]).toEqual([true, 0]);
  });
});

describe('the banner', () => {
  const verdict = {
    name: 'undecided',
    reason: 'p99 is open',
    since: null,
    logEvidence: 0.3,
    logThreshold: 6.9,
    logHold: 3,
  };
  const COUNTS = { check: 'p99', unit: 'ms', budgetWeight: 0.2 };
  const banner = (more: object) =>
    bannerOf({
      active: true,
      stage: 'step-1',
      reason: 'p99 is open',
      reasonBy: SERIN,
      paused: null,
      unrecorded: null,
      verdict: { ...verdict, forecast: null, where: null, findings: [COUNTS] },
      cost: null,
      waitsFor: [],
      openPage: null,
      endedAt: null,
      ...more,
    } as unknown as RolloutView);

  it('has the sentence of the verdict, unchanged', () => {
    const { tone, leads, more } = banner({});
    expect(leads).toMatchObject([{ sign: 'undecided', word: 'Undecided', says: 'p99 is open' }]);
    expect({ tone, more }).toEqual({ tone: '', more: ['Evidence of harm ×1.3 of ×992.'] });
  });

  it('has a tick and the reason where the last step was passed, and no verdict is kept', () => {
    const promoted = banner({ verdict: null, stage: 'promoted', reason: 'baked for 1h within its guards' });
    expect(promoted.leads).toMatchObject([
      { sign: 'check', word: 'Promoted', says: 'baked for 1h within its guards', quote: '' },
    ]);
    expect(banner({ verdict: null }).leads).toMatchObject([{ sign: 'open', word: 'Nothing judged yet' }]);
  });

  it('has a pause before the verdict, and what is not recorded before both', () => {
    const at = '2026-11-29T13:00:00.000Z';
    const paused = { at, by: 'mira', role: 'operator', reason: 'looking' };
    const unrecorded = { event: 'rolledBack', by: 'ada', role: 'operator', reason: 'enough', at };
    const { tone, leads } = banner({ paused, unrecorded });
    expect(
      [unrecorded, { ...unrecorded, event: 'harmHeld' }, null].map((one) => isTakenBack({ unrecorded: one })),
    ).toEqual([true, false, false]);
    expect(tone).toBe('v-person');
    expect(leads.map(({ word, quote }) => [word, quote])).toEqual([
      ['Rolled back at the gateway by ada', '“enough”'],
      ['Paused by mira', '“looking”'],
      ['Undecided', ''],
    ]);
    const bySerin = banner({ paused: { ...paused, by: 'serin', role: 'serin' } }).leads[0];
    expect(bySerin).toMatchObject({ word: 'Paused by serin', says: 'looking', quote: '' });
  });

  it('of an ended rollout has its reason, and neither a pause nor what anybody should do', () => {
    const ended = { active: false, stage: 'rolled-back', reason: 'errors 4.8 %', endedAt: '2026-11-29T13:09:20.000Z' };
    const harmful = {
      ...verdict,
      name: 'harmful',
      reason: ended.reason,
      since: '2026-11-29T13:08:45.000Z',
      where: null,
      forecast: null,
    };
    const { tone, leads, more, person } = banner({ ...ended, verdict: harmful, waitsFor: ['look'] });
    expect({ tone, person }).toEqual({ tone: 'v-harm', person: [] });
    expect(leads).toMatchObject([{ word: 'Rolled back', says: 'errors 4.8\u00a0%', since: ended.endedAt }]);
    expect(more.map(spaced)).toEqual(['Decided 35 s after the first sign.']);
    const other = { ...ended, verdict: { ...harmful, reason: 'p99 is worse' } };
    const saysBy = (more: object) =>
      banner({ ...other, ...more }).leads.map(({ says, quote }) => [spaced(says), quote]);
    expect(saysBy({})).toEqual([['errors 4.8 %', '']]);
    const byAda = { reason: 'ada: “errors 4.8 %”', reasonBy: { name: 'ada', role: 'operator' } };
    expect(saysBy(byAda)).toEqual([['ada: “errors 4.8 %”', '']]);
    // An older Serin did not record whose it is.
    expect(saysBy({ reasonBy: null })).toEqual([['“errors 4.8 %”', '']]);
  });

  it('says nothing of evidence where none counts, and that no data is no pass', () => {
    const blind = { ...verdict, name: 'blind', reason: 'no sample', forecast: null, where: null, findings: [] };
    expect(banner({ verdict: { ...blind, name: 'undecided' } }).more).toEqual([]);
    expect(banner({ verdict: blind }).more).toEqual([
      'Its stage is held and its dwell stands still: no data is never a pass, and by itself no failure.',
    ]);
    expect(banner({ verdict: { ...blind, findings: [COUNTS] } }).more.at(-1)).toBe(
      'So far: evidence of harm ×1.3 of ×992.',
    );
  });

  it('says what only a person can do', () => {
    expect(banner({ waitsFor: ['resume', 'look'], openPage: 'undecided' }).person).toEqual([
      'waits to be resumed',
      'a page is open: undecided',
    ]);
  });
});
