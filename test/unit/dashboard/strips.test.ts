import { describe, expect, it } from 'vitest';
import { apartLabels } from '../../../src/dashboard/drawings/strips/end-labels.ts';
import { shareChanges } from '../../../src/dashboard/drawings/strips/share-strip.ts';
import { pausedTimes, personMarks, type StripMark } from '../../../src/dashboard/drawings/strips/strip-marks.ts';
import { evidenceScale, fromZero, roundedUp, shareScale } from '../../../src/dashboard/drawings/strips/strip-scales.ts';
import { movedBy, placedMarks, placedTicks } from '../../../src/dashboard/drawings/strips/strip-signs.ts';
import { stripsFrame, stripsLayout } from '../../../src/dashboard/drawings/strips/strips-layout.ts';
import { type StripsStory, stripsPoints } from '../../../src/dashboard/drawings/strips/strips-story.ts';
import { figuresIn, stripsSummary } from '../../../src/dashboard/drawings/strips/strips-words.ts';
import { UTC } from '../../../src/dashboard/words/time-zone.ts';
import { DRAWN_FROM, drawnTrail, type SeenLook } from '../../support/drawn-trail.ts';

const spaced = (text: string) => text.replaceAll('\u00a0', ' ');
const minutes = (count: number) => DRAWN_FROM + count * 60_000;
const step = (at: number, label: string): StripMark => ({ at, kind: 'step', label, says: `${label} began` });

/** Ten minutes: internal, 1 % from the second on, 10 % from the fifth to the end, with harm at last. */
const looks: readonly SeenLook[] = Array.from({ length: 120 }, (_, index) => {
  if (index < 24) return { bps: 0, stable: [100, 0, 80] };
  if (index < 60) return { bps: 100, stable: [99, 0, 80], canary: [1, 0, 82], logHarm: 0.1, logParity: 1 };
  const logHarm = index < 110 ? 0.2 : index - 110 + 0.5;
  return { bps: 1_000, stable: [90, 0, 80], canary: [10, 1, 120], logHarm, logParity: -1 };
});
const story: StripsStory = {
  trail: drawnTrail(looks),
  from: DRAWN_FROM,
  to: minutes(10),
  end: { at: minutes(10), label: 'rolled back', tone: 'harm', bps: 0 },
  silence: null,
  marks: [step(minutes(2), '1 %'), step(minutes(5), '10 %')],
  paused: [],
  lines: { rollback: Math.log(1_000), hold: Math.log(20), parity: null },
  inForceBps: null,
  split: 'moved',
};

describe('the scales of strips', () => {
  it('show 1 % beside 100 %, and stay within the strip', () => {
    expect([0, 100, 10_000].map(shareScale)).toEqual([0, 0.1, 1]);
    expect([-1, 0.5, 2].map(fromZero(1))).toEqual([0, 0.5, 1]);
  });

  it('of evidence have room for the lines, and for what was seen up to three times the highest', () => {
    const line = Math.log(1_000);
    expect(evidenceScale([null, 1], [line, null]).high).toBeCloseTo(line + 1.1);
    expect(evidenceScale([12], [line]).high).toBe(12);
    expect(evidenceScale([200], [line]).high).toBeCloseTo(3 * line);
    expect(evidenceScale([], []).scale(-50)).toBe(0);
  });

  it('end at round numbers', () => {
    expect([0.0063, 0.048, 0.05, 151, 1_001].map((value) => roundedUp(value, 1))).toEqual([
      0.008, 0.05, 0.05, 200, 1_500,
    ]);
    expect(roundedUp(0, 0.01)).toBe(0.01);
  });
});

describe('the labels at the right end', () => {
  const label = (y: number) => ({ y, text: String(y), tone: 'ink' });
  const heights = (ys: readonly number[], edges = { top: 0, bottom: 100 }) =>
    apartLabels(ys.map(label), 14, edges).map(({ y }) => y);

  it('stay where there is room, and share the shift where there is none', () => {
    expect(heights([80, 10])).toEqual([10, 80]);
    expect(heights([50, 52])).toEqual([44, 58]);
    expect(heights([50, 50, 50])).toEqual([36, 50, 64]);
  });

  it.each([[[0, 1, 2, 3]], [[98, 99, 100]], [[5, 30, 31, 44, 90]]])('never overlap: %j', (ys) => {
    const placed = heights(ys);
    expect(Math.min(...placed)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...placed)).toBeLessThanOrEqual(100);
    const gaps = placed.slice(1).map((y, index) => y - (placed[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(14 - 1e-9);
  });
});

describe('the strips', () => {
  const points = stripsPoints(story);
  const layout = stripsLayout(story, points, 1_232);
  const strip = (name: string) => layout.strips.find((one) => one.name === name);

  it('begin the share where its step began, and end it with the rollout', () => {
    expect(shareChanges(story, points)).toEqual([
      { at: DRAWN_FROM, bps: 0 },
      { at: minutes(2), bps: 100 },
      { at: minutes(5), bps: 1_000 },
      { at: minutes(10), bps: 0 },
    ]);
  });

  it('leave out what is not known, and begin the canary anew with each step', () => {
    const canary = strip('errors')?.lines.filter(({ tone }) => tone === 'canary') ?? [];
    expect(canary).toHaveLength(2);
    const firstX = Number(/^M([\d.]+)/.exec(canary[0]?.d ?? '')?.[1]);
    expect(firstX).toBeGreaterThan(layout.frame.x(minutes(2)));
    expect(strip('evidence of harm')?.dot).toMatchObject({ tone: 'harm', x: layout.frame.right });
  });

  it('say why there is nothing to draw', () => {
    const empty = { ...story, trail: drawnTrail([{ stable: [0, 0, null] }, {}]), marks: [], end: null };
    const { strips } = stripsLayout(empty, stripsPoints(empty), 358);
    expect(strips.map(({ absence }) => absence)).toEqual([
      null,
      'nothing has been compared',
      'no check had to show parity',
      'no request was counted',
      'no latency is known',
    ]);
  });

  it('have no present figure of a version that is not asked any more', () => {
    const trail = drawnTrail([
      ...looks.slice(0, 110),
      ...looks.slice(110).map((look) => ({ ...look, canary: [0, 0, null] as const })),
    ]);
    const quiet = { ...story, trail };
    const errors = stripsLayout(quiet, stripsPoints(quiet), 1_232).strips[3];
    expect(errors?.ends.map(({ text }) => spaced(text)).sort()).toEqual(['canary –', 'stable 0 %']);
  });

  it('end where nothing was heard any more, and not now', () => {
    const lost = { ...story, end: null, to: minutes(20), silence: { from: minutes(10), says: 'not heard' } };
    const drawn = stripsLayout(lost, stripsPoints(lost), 1_232);
    const half = drawn.frame.x(minutes(10));
    expect(half).toBeLessThan(drawn.frame.right - 400);
    const share = drawn.strips[0]?.lines.find(({ tone }) => tone === 'canary');
    expect(share?.d).toMatch(new RegExp(`H${half}$`));
  });

  it('have names above them on a phone, and nothing beyond the edge', () => {
    const phone = stripsLayout(story, points, 358);
    expect(phone.frame).toMatchObject({ isNarrow: true, left: 0 });
    expect(phone.strips.flatMap(({ ends }) => ends.map(({ text }) => text.length)).every((length) => length < 10)).toBe(
      true,
    );
    const { strips } = phone;
    const between = strips
      .slice(1)
      .map(({ top }, index) => top - (strips[index]?.top ?? 0) - (strips[index]?.height ?? 0));
    expect(Math.min(...between)).toBeGreaterThan(15);
  });

  it('say at one time what all of them show', () => {
    const last = points.pieces.at(-1);
    if (last === undefined) throw new Error('no piece');
    expect(figuresIn(last, story).map(({ name, says }) => spaced(`${name} ${says}`))).toEqual([
      'ordered canary share 10 %',
      'evidence of harm ×13,000',
      'evidence of parity ×0.4',
      expect.stringMatching(/^errors canary 10.0 % \(\d+ of \d+\), stable 0 % \(0 of \d+\)$/),
      'p99 canary 120 ms, stable 80.0 ms',
      'here rolled back',
    ]);
    const first = points.pieces[0];
    if (first === undefined) throw new Error('no piece');
    expect(figuresIn(first, story)[3]?.says).toMatch(/^canary not known, stable/);
  });

  it('are told in sentences', () => {
    const says = spaced(stripsSummary(story, points, UTC));
    expect(says).toContain(
      'From 12:10:00 to 12:20:00 UTC. Ordered canary share 0 %, 1 % from 12:12:00, 10 % from 12:15:00.',
    );
    expect(says).toContain('it rolls back at ×1,000');
    expect(says).toContain('Ended at 12:20:00: rolled back.');
  });
});

describe('the marks', () => {
  const act = (minute: number, event: string, paused: boolean | null, name = 'ada') => {
    const role = name === 'serin' ? 'serin' : 'operator';
    return { at: minutes(minute), event, by: { name, role }, reason: 'lunch', paused };
  };

  it('are what people did between start and end', () => {
    const acts = [
      act(0, 'rolloutStarted', false),
      act(1, 'paused', true),
      act(2, 'stepPassed', null, 'serin'),
      act(9, 'aborted', false),
    ];
    expect(personMarks(acts, minutes(9))).toEqual([
      { at: minutes(1), kind: 'person', label: 'paused', says: 'ada: paused, “lunch”' },
    ]);
  });

  it('show for how long it was paused, whoever did it', () => {
    const acts = [
      act(1, 'harmHeld', true, 'serin'),
      act(2, 'weightSet', true),
      act(3, 'resumed', false),
      act(5, 'paused', true),
    ];
    expect(pausedTimes(acts)).toEqual([
      { from: minutes(1), to: minutes(3) },
      { from: minutes(5), to: null },
    ]);
  });

  it('have labels that do not lie upon each other: the end first, then steps', () => {
    const frame = stripsFrame(story, 1_232);
    const crowded = {
      ...story,
      marks: [
        step(minutes(5), '10 %'),
        { ...step(minutes(5) + 1_000, 'paused'), kind: 'person' as const },
        step(minutes(9.9), '50 %'),
      ],
    };
    const signs = placedMarks(crowded, frame).map(({ label, sign }) => [label, sign?.anchor ?? null]);
    expect(signs).toEqual([
      ['10 %', 'start'],
      ['paused', null],
      ['50 %', null],
      ['rolled back', 'start'],
    ]);
    const times = placedTicks(crowded, frame, UTC).map(({ text }) => text);
    expect(times.at(-1)).toBe('12:20:00');
    expect(times).not.toContain('12:20');
  });

  it('name the later of two steps whose labels collide, on the band that it began', () => {
    const frame = stripsFrame(story, 1_232);
    const marks = [step(minutes(5), '10 %'), step(minutes(5) + 6_000, '50 %')];
    const signs = placedMarks({ ...story, marks }, frame).map(({ label, sign }) => [label, sign?.anchor ?? null]);
    expect(signs.slice(0, 2)).toEqual([
      ['10 %', null],
      ['50 %', 'start'],
    ]);
  });

  it('are reached by keys', () => {
    expect([movedBy('ArrowLeft', null, 10), movedBy('ArrowRight', 9, 10), movedBy('Home', 5, 10)]).toEqual([9, 9, 0]);
    expect([movedBy('Escape', 5, 10), movedBy('a', 5, 10), movedBy('End', null, 0)]).toEqual([
      null,
      undefined,
      undefined,
    ]);
  });
});
