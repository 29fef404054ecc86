import { describe, expect, it } from 'vitest';
import { intervalInWords, intervalScale } from '../../../src/dashboard/drawings/interval-scale.ts';

const finding = {
  canary: 212,
  stable: 204,
  unit: 'ms',
  bounds: { canary: { low: 189, high: 263 }, stable: { low: 196, high: 213 } },
  limits: { rollback: 225, parity: 259 },
} as const;
const WIDTH = 200;

describe('the scale of an interval', () => {
  it('has everything in it, in its order', () => {
    const { canary, stable, rollback, parity } = intervalScale(finding, WIDTH) ?? {};
    const places = [
      canary?.interval?.from.x,
      stable?.interval?.from.x,
      stable?.at,
      canary?.at,
      stable?.interval?.to.x,
      rollback?.at,
      parity,
      canary?.interval?.to.x,
    ].map(Number);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(Math.max(...places)).toBeLessThan(WIDTH);
    expect(rollback?.side).toBe('above');
  });

  it('cuts an interval without an end at the edge', () => {
    const bounds = { ...finding.bounds, canary: { low: 189, high: null } };
    const { canary } = intervalScale({ ...finding, bounds }, WIDTH) ?? {};
    expect(canary?.interval?.to).toEqual({ x: WIDTH, isCut: true });
    expect(canary?.interval?.from.isCut).toBe(false);
  });

  it('leaves the margins room beside an interval that is far wider', () => {
    const bounds = { ...finding.bounds, canary: { low: 0, high: 60_000 } };
    const { canary, stable, parity } = intervalScale({ ...finding, bounds }, WIDTH) ?? {};
    expect(canary?.interval).toMatchObject({ from: { x: 0, isCut: true }, to: { x: WIDTH, isCut: true } });
    expect(Number(parity) - Number(stable?.at)).toBeGreaterThan(WIDTH / 5);
  });

  it('is none without a figure of the canary, and one where all are the same', () => {
    const none = { canary: null, stable: null } as const;
    expect(intervalScale({ ...finding, canary: null, bounds: none }, WIDTH)).toBeNull();
    const same = { ...finding, canary: 0, stable: 0, bounds: none, limits: { rollback: null, parity: null } };
    expect(intervalScale(same, WIDTH)?.canary.at).toBe(WIDTH / 2);
  });

  it('knows on which side less is worse, and none for a limit without a stable', () => {
    const sideAt = (rollback: number, stable: number | null) =>
      intervalScale({ ...finding, stable, limits: { rollback, parity: null } }, WIDTH)?.rollback?.side;
    expect([sideAt(150, 204), sideAt(225, 204), sideAt(225, null)]).toEqual(['below', 'above', null]);
  });
});

describe('an interval in words', () => {
  const spoken = (more: object, does = 'rolls back') =>
    intervalInWords({ ...finding, ...more }, does).replaceAll('\u00a0', ' ');

  it('says what is drawn', () => {
    expect(spoken({})).toBe(
      'canary 212 ms, between 189 ms and 263 ms; stable 204 ms, between 196 ms and 213 ms; rolls back beyond 225 ms; parity within 259 ms',
    );
  });

  it('says what is not known, and what a margin does', () => {
    const bounds = { canary: { low: 189, high: null }, stable: null };
    const limits = { rollback: 225, parity: null };
    expect(spoken({ stable: null, bounds, limits }, 'holds')).toBe(
      'canary 212 ms, at least 189 ms; holds beyond 225 ms',
    );
    expect(spoken({ canary: null, bounds, limits }, 'would only be reported')).toBe(
      'canary unknown, at least 189 ms; stable 204 ms; would only be reported beyond 225 ms',
    );
  });
});
