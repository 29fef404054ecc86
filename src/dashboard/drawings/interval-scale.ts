import type { FindingView } from '../views.ts';
import { intervalText, measure } from '../words/figures.ts';

type Drawn = Pick<FindingView, 'canary' | 'stable' | 'bounds' | 'limits' | 'unit' | 'in'>;
type Interval = NonNullable<Drawn['bounds']['canary']>;

/** One end of a line: where it is drawn, and whether the interval goes on beyond the drawing. */
export interface ScaledEnd {
  readonly x: number;
  readonly isCut: boolean;
}

export interface ScaledInterval {
  readonly from: ScaledEnd;
  readonly to: ScaledEnd;
}

export interface IntervalScale {
  readonly canary: { readonly at: number | null; readonly interval: ScaledInterval | null };
  readonly stable: { readonly at: number | null; readonly interval: ScaledInterval | null };
  /** `side`: where the canary would be worse; null where the stable is not known to tell it by. */
  readonly rollback: { readonly at: number; readonly side: 'above' | 'below' | null } | null;
  readonly parity: number | null;
}

/** An interval may be so many times as wide as all that has to be told apart; what is wider is cut. */
const WIDEST = 4;
const PADDING = 0.07;

/**
 * Where everything of a finding is, in a drawing of this width; null where there is nothing to draw. The figures and the margins are
 * always in it. Intervals are cut where they would leave these too little room, and where they have no end.
 */
export function intervalScale({ canary, stable, bounds, limits }: Drawn, width: number): IntervalScale | null {
  const points = [canary, stable, limits.rollback, limits.parity].filter(isNumber);
  const ends = [...endsOf(bounds.canary), ...endsOf(bounds.stable)];
  if (canary === null && bounds.canary === null) return null;
  if (points.length + ends.length === 0) return null;
  const [low, high] = viewOf(points, ends);
  const pad = (high - low) * PADDING || Math.abs(high) * PADDING || 1;
  const [from, to] = [low - pad, high + pad];
  const x = (value: number) => round(((value - from) / (to - from)) * width);
  const scaled = (interval: Interval | null): ScaledInterval | null =>
    interval && { from: scaledEnd(interval.low), to: scaledEnd(interval.high ?? Number.POSITIVE_INFINITY) };
  const scaledEnd = (value: number): ScaledEnd => ({
    x: Math.min(width, Math.max(0, Number.isFinite(value) ? x(value) : value > 0 ? width : 0)),
    isCut: value < from || value > to,
  });
  return {
    canary: { at: canary === null ? null : x(canary), interval: scaled(bounds.canary) },
    stable: { at: stable === null ? null : x(stable), interval: scaled(bounds.stable) },
    rollback: limits.rollback === null ? null : { at: x(limits.rollback), side: sideOf(limits.rollback, stable) },
    parity: limits.parity === null ? null : x(limits.parity),
  };
}

function viewOf(points: readonly number[], ends: readonly number[]): readonly [number, number] {
  const all = [...points, ...ends];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const span = Math.max(...points) - Math.min(...points);
  if (points.length < 2 || span === 0 || high - low <= span * WIDEST) return [low, high];
  const most = ((WIDEST - 1) / 2) * span;
  return [Math.max(low, Math.min(...points) - most), Math.min(high, Math.max(...points) + most)];
}

function endsOf(interval: Interval | null): readonly number[] {
  return interval === null ? [] : [interval.low, interval.high].filter(isNumber);
}

function isNumber(value: number | null): value is number {
  return value !== null && Number.isFinite(value);
}

function sideOf(limit: number, stable: number | null): 'above' | 'below' | null {
  if (stable === null) return null;
  return limit >= stable ? 'above' : 'below';
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/**
 * What is to be seen, in words: `canary 212 ms, between 189 ms and 263 ms; stable 204 ms, between ...; rolls back beyond 225 ms`.
 *
 * @param does what a canary beyond the rollback margin brings about: `rolls back`
 */
export function intervalInWords(finding: Drawn, does: string): string {
  const { canary, stable, bounds, limits, unit } = finding;
  const show = (value: number | null) => measure(value, unit, finding.in);
  const version = (name: string, figure: number | null, interval: Interval | null) => {
    if (figure === null && interval === null) return [];
    const value = `${name} ${figure === null ? 'unknown' : show(figure)}`;
    return [interval === null ? value : `${value}, ${intervalText(interval, show)}`];
  };
  return [
    ...version('canary', canary, bounds.canary),
    ...version('stable', stable, bounds.stable),
    ...(limits.rollback === null ? [] : [`${does} beyond ${show(limits.rollback)}`]),
    ...(limits.parity === null ? [] : [`parity within ${show(limits.parity)}`]),
  ].join('; ');
}
