import { describe, expect, it } from 'vitest';
import { unbrokenRuns } from '../../../src/dashboard/drawings/strips/strips-story.ts';
import { errorShare, lookPoints, pieceMs, piecesOf } from '../../../src/dashboard/drawings/strips/trail-points.ts';
import { DRAWN_FROM, drawnTrail, type SeenLook } from '../../support/drawn-trail.ts';

const busy: SeenLook = { canary: [10, 1, 100], stable: [90, 0, 80] };

describe('the points of a trail', () => {
  it('keep what is not known apart from zero', () => {
    const [unknown, none, failing] = lookPoints(
      drawnTrail([{}, { canary: [0, 0, null] }, { canary: [4, 1, 100], logHarm: 0 }]),
    );
    expect([unknown, none, failing].map((point) => errorShare(point?.canary ?? null))).toEqual([null, null, 0.25]);
    expect([unknown?.logHarm, failing?.logHarm]).toEqual([null, 0]);
    expect(unknown?.canary).toBeNull();
  });

  it('add up in pieces, p99 weighted by requests', () => {
    const looks = lookPoints(drawnTrail([{ canary: [10, 1, 100] }, { canary: [30, 1, 200] }]));
    const [piece, ...rest] = piecesOf(looks, 10_000, []);
    expect(rest).toEqual([]);
    expect(piece).toMatchObject({ from: DRAWN_FROM, at: DRAWN_FROM + 10_000, canary: { n: 40, x: 2, p99: 175 } });
  });

  it('never join two steps, nor leave a last piece that has only begun', () => {
    const looks = lookPoints(drawnTrail(Array.from({ length: 13 }, () => busy)));
    expect(piecesOf(looks, null, [])).toEqual(looks);
    expect(piecesOf(looks, 30_000, []).map(({ canary }) => canary?.n)).toEqual([60, 70]);
    const cut = DRAWN_FROM + 62_000;
    expect(piecesOf(looks, 30_000, [cut]).map(({ canary }) => canary?.n)).toEqual([60, 60, 10]);
  });

  it('are few enough for a line, and long enough to mean something', () => {
    const hour = Array.from({ length: 720 }, () => busy);
    expect(pieceMs(lookPoints(drawnTrail(hour)))).toBe(30_000);
    const quiet = hour.map((look, index) =>
      index % 12 === 0 ? { ...look, canary: [1, 0, 90] as const } : { canary: [0, 0, null] as const },
    );
    expect(pieceMs(lookPoints(drawnTrail(quiet)))).toBe(60_000);
    expect(pieceMs(lookPoints(drawnTrail(hour.slice(0, 30), 90_000)))).toBeGreaterThanOrEqual(90_000);
    expect([pieceMs([]), pieceMs(lookPoints(drawnTrail(hour.slice(0, 24))))]).toEqual([null, null]);
  });

  it('break where nothing is known, where Serin was away, and at a step', () => {
    const trail = drawnTrail([
      { logHarm: 1 },
      { logHarm: 1 },
      {},
      { logHarm: 2 },
      { logHarm: 3, everyMs: 3_600_000 },
      { logHarm: 4 },
      { logHarm: 5 },
    ]);
    const looks = lookPoints(trail);
    const runs = (cuts: readonly number[]) =>
      unbrokenRuns(looks, ({ logHarm }) => logHarm, cuts).map((run) => run.map(({ value }) => value));
    expect(runs([])).toEqual([[1, 1], [2], [3, 4, 5]]);
    expect(runs([(looks[5]?.at ?? 0) + 1])).toEqual([[1, 1], [2], [3, 4], [5]]);
  });
});
