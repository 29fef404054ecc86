import { describe, expect, it } from 'vitest';
import { bigNumbers } from '../../../src/dashboard/pages/report/report-numbers.ts';
import { reportStory } from '../../../src/dashboard/pages/report/report-story.ts';
import type { ReportView } from '../../../src/dashboard/views.ts';
import { DRAWN_FROM, drawnTrail } from '../../support/drawn-trail.ts';

const spaced = (text: string) => text.replaceAll('\u00a0', ' ');
const iso = (minute: number) => new Date(DRAWN_FROM + minute * 60_000).toISOString();
const act = (minute: number, event: string, name = 'ada') => {
  const by = { name, role: name === 'serin' ? 'serin' : 'operator' };
  return { kind: 'decision', at: iso(minute), seq: minute, hash: '', event, by, title: event, says: 'lunch' };
};
/** What of a report is drawn. */
const report = {
  rollout: { startedAt: iso(0), endedAt: iso(9), stage: 'aborted', stages: [], canaryBps: 0, router: 'none' },
  upTo: iso(9),
  verdict: null,
  trail: drawnTrail([{}]),
  numbers: {
    harmed: { estimate: 54.6, low: 20, high: 90, says: 'about 55 more' },
    firstSign: { at: iso(8), ms: 35_000, says: '35 s' },
    requests: { canary: 4_471, stable: null, says: '4,471 requests' },
    duration: { ms: 3_558_000, lastStage: null, says: '59 min' },
  },
  happened: [
    act(0, 'rolloutStarted'),
    act(1, 'paused'),
    { ...act(2, 'page'), kind: 'page', event: null, by: null },
    act(3, 'resumed'),
    act(4, 'stepPassed', 'serin'),
    act(9, 'aborted'),
  ],
} as unknown as ReportView;

describe('the report on its page', () => {
  it('draws what happened up to the end, and nothing since', () => {
    expect(reportStory(report)).toMatchObject({
      from: DRAWN_FROM,
      to: DRAWN_FROM + 9 * 60_000,
      end: { label: 'aborted', tone: 'soft', bps: 0 },
      marks: [{ label: 'paused' }, { label: 'resumed' }],
      paused: [{ from: DRAWN_FROM + 60_000, to: DRAWN_FROM + 180_000 }],
      silence: null,
      inForceBps: null,
      split: 'advised',
    });
    expect(reportStory({ ...report, trail: null })).toBeNull();
  });

  it('has four figures, a dash with its reason for what is not known, and no first sign where none ended it', () => {
    const figures = (of: ReportView) => bigNumbers(of).map(({ figure }) => spaced(figure));
    expect(figures(report)).toEqual(['≈ 55', '35 s', '4,471', '59 m 18 s']);
    const { numbers } = report;
    const less = { ...numbers, harmed: { estimate: -3.2, low: -9, high: 2, says: 'fewer' } };
    expect(figures({ ...report, numbers: less })[0]).toBe('≈ −3');
    const none = bigNumbers({ ...report, numbers: { ...numbers, harmed: null, firstSign: null, requests: null } });
    expect(none.map(({ figure }) => spaced(figure))).toEqual(['–', '–', '59 m 18 s']);
    expect(none.every(({ says }) => says.length > 5)).toBe(true);
  });
});
