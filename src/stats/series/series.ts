import { median } from 'simple-statistics';
import type { Bet } from '../evidence/bet.ts';
import { type IntervalMixture, logIntervals, openIntervals, stepIntervals } from '../evidence/interval-mixture.ts';
import { logSum } from '../evidence/log-sum.ts';
import { GUARD_WEIGHTS, guardLogE, PAIR_WEIGHTS, pairLogE, RANK_WEIGHTS, rankOf, rankTestLogE } from './series-bets.ts';
import {
  allowanceAt,
  type Direction,
  directionsOf,
  meanOf,
  type SeriesMargin,
  type SeriesTest,
  type SeriesValues,
} from './series-test.ts';

export interface SeriesState {
  /** How intervals are compared, set by the first one; null before it. */
  readonly form: SeriesForm | null;
  /** One pair of processes for each direction that is worse. */
  readonly sides: readonly SideState[];
  /** The last pairs that differed, oldest first, canary before stable: they give the usual size of a difference. */
  readonly recent: readonly SeriesPair[];
}

export type SeriesForm = 'pairs' | 'guard' | 'ranks';

export type SeriesPair = readonly [canary: number, stable: number];

interface SideState {
  readonly harm: IntervalMixture;
  readonly parity: readonly number[];
}

export const UNSEEN_SERIES: SeriesState = { form: null, sides: [], recent: [] };

const WEIGHTS: Readonly<Record<SeriesForm, readonly number[]>> = {
  pairs: PAIR_WEIGHTS,
  guard: GUARD_WEIGHTS,
  ranks: RANK_WEIGHTS,
};
const REMEMBERED = 60;
const ENOUGH_TO_SCALE = 3;
const LARGEST_SIZE = 2;
const LEAST_PODS = 4;

/**
 * One interval in which both versions have a finite value. Equal values lie within every margin; without one they say
 * nothing.
 */
export function stepSeries(
  state: SeriesState,
  test: SeriesTest,
  values: SeriesValues,
  bet: Pick<Bet, 'cap' | 'parity' | 'parityCeiling'>,
): SeriesState {
  const form = state.form ?? formOf(test, values);
  const pair: SeriesPair = [meanOf(values.canary), meanOf(values.stable)];
  const areEqual = form === 'ranks' ? isOneValue(values) : pair[0] === pair[1];
  if (areEqual && hasNoMargin(test, pair)) return { ...state, form };
  return {
    form,
    sides: directionsOf(test.worse).map((direction, at) => {
      const side = state.sides[at] ?? openSide(form);
      const { harm, parity } =
        form === 'ranks'
          ? rankTestLogE(rankOf(values, direction, test.rollback), rankOf(values, direction, test.parity))
          : pairTestLogE(form, pair, direction, test, state.recent);
      const counted = bet.parity === 'counted' ? parity : null;
      return {
        harm: harm === null ? side.harm : stepIntervals(side.harm, capped(harm, bet.cap)),
        parity:
          counted === null ? side.parity : stepTruncated(side.parity, capped(counted, bet.cap), bet.parityCeiling),
      };
    }),
    recent: form === 'pairs' ? [...state.recent, pair].slice(-REMEMBERED) : state.recent,
  };
}

export function restartSeriesParity(state: SeriesState): SeriesState {
  return { ...state, sides: state.sides.map((side) => ({ ...side, parity: side.parity.map(() => 0) })) };
}

/** Log e-value against "no worse than the rollback margin"; the mean of both directions. */
export function logSeriesHarm({ form, sides }: SeriesState): number {
  if (form === null || sides.length === 0) return 0;
  const logs = sides.map(({ harm }) => logIntervals(harm, WEIGHTS[form]));
  return logSum(
    logs,
    logs.map(() => 1 / logs.length),
  );
}

/** Log e-value against "worse than the parity margin", the smaller of both directions; null for arms of different size. */
export function logSeriesParity({ form, sides }: SeriesState, { arms }: Pick<SeriesTest, 'arms'>): number | null {
  if (arms === 'different') return null;
  if (form === null || sides.length === 0) return 0;
  return Math.min(...sides.map(({ parity }) => logSum(parity, WEIGHTS[form])));
}

/** Minimum number of intervals to reach the log evidence, when each adds at most `largestBet`. */
export function leastIntervals(missing: number, largestBet: number): number {
  return Math.max(0, Math.ceil(missing / largestBet - 1e-9));
}

function formOf({ arms }: SeriesTest, { stable }: SeriesValues): SeriesForm {
  if (arms === 'different') return 'guard';
  return typeof stable !== 'number' && stable.length >= LEAST_PODS ? 'ranks' : 'pairs';
}

function isOneValue({ canary, stable }: SeriesValues): boolean {
  return new Set([canary, stable].flat()).size === 1;
}

function hasNoMargin({ rollback, parity }: SeriesTest, [, stable]: SeriesPair): boolean {
  return allowanceAt(stable, rollback) === 0 && allowanceAt(stable, parity) === 0;
}

function openSide(form: SeriesForm): SideState {
  const { length } = WEIGHTS[form];
  return { harm: openIntervals(length), parity: Array.from({ length }, () => 0) };
}

/** How far the canary is beyond the margin, in the unit of the values; negative within it. */
function beyond([canary, stable]: SeriesPair, direction: Direction, margin: SeriesMargin): number {
  const difference = direction === 'higher' ? canary - stable : stable - canary;
  return difference - allowanceAt(stable, margin);
}

function pairTestLogE(
  form: 'pairs' | 'guard',
  pair: SeriesPair,
  direction: Direction,
  test: SeriesTest,
  recent: readonly SeriesPair[],
): { readonly harm: readonly number[] | null; readonly parity: readonly number[] | null } {
  const bets = (margin: SeriesMargin, wins: 'when-worse' | 'when-better') => {
    const distance = beyond(pair, direction, margin);
    if (distance === 0) return null;
    const sign = distance > 0 === (wins === 'when-worse') ? 1 : -1;
    if (form === 'guard') return guardLogE(sign);
    const usual = recent.map((past) => Math.abs(beyond(past, direction, margin)));
    return pairLogE(sign, sizeOf(Math.abs(distance), usual));
  };
  return {
    harm: bets(test.rollback, 'when-worse'),
    parity: form === 'guard' ? null : bets(test.parity, 'when-better'),
  };
}

function sizeOf(distance: number, usual: readonly number[]): number {
  const scale = usual.length < ENOUGH_TO_SCALE ? distance : median([...usual]);
  return scale === 0 ? 1 : Math.min(LARGEST_SIZE, distance / scale);
}

function stepTruncated(process: readonly number[], logE: readonly number[], ceiling: number): readonly number[] {
  return process.map((log, at) => Math.min(ceiling, log + (logE[at] ?? 0)));
}

function capped(logE: readonly number[], cap: number): readonly number[] {
  return logE.map((log) => Math.min(cap, log));
}
