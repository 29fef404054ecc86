import { levelOf } from '../../policy/names.ts';
import type { Checks } from '../../policy/schema.ts';
import { mirrored } from '../../stats/answers/value-histogram.ts';
import type { ValuePasts } from '../../stats/answers/value-past.ts';
import type { Bet } from '../../stats/evidence/bet.ts';
import { logSum } from '../../stats/evidence/log-sum.ts';
import type { ColdLog, OnsetMixture } from '../../stats/evidence/onset.ts';
import { UNSHOWN } from '../../stats/evidence/parity-process.ts';
import {
  binsOf,
  coldDominance,
  logDominanceHarm,
  openDominance,
  stepDominance,
} from '../../stats/latency/dominance.ts';
import {
  coldQuantile,
  type LatencyTails,
  logQuantileHarm,
  logQuantileParity,
  openQuantile,
  type QuantileState,
  quantileEdge,
  stepQuantile,
} from '../../stats/latency/quantile.ts';
import type { Tails } from '../../stats/latency/tails.ts';
import { betFor } from '../bet-for.ts';
import type { Sight } from '../context.ts';
import { coldMissing, logMissingHarm, type MissingState, openMissing, restartMissing, stepMissing } from './missing.ts';
import { valueBuckets } from './value-margins.ts';
import { learnValues, openPasts, quantityOf } from './value-past.ts';
import { type DeclaredValue, declaredValues, type NamedTest, type Side, testName } from './value-terms.ts';

/** The tests in one direction. That of lower values is the one of higher values on mirrored histograms. */
export interface SideState {
  /** By the names of the quantiles. */
  readonly quantiles: Readonly<Record<string, QuantileState>>;
  readonly dominance: OnsetMixture;
}

/** One process for each direction that is worse, and one for answers without the value. */
export interface ValueState {
  readonly sides: Readonly<Partial<Record<Side, SideState>>>;
  readonly missing: MissingState | null;
}

/** What is remembered of the numbers that answers carry. */
export interface ValuesState {
  readonly pasts: ValuePasts;
  /** By the names with which findings begin. */
  readonly tests: Readonly<Record<string, ValueState>>;
}

export function openValues(checks: Checks): ValuesState {
  const tests = declaredValues(checks).map((value) => [value.check, openValue(value)]);
  return { pasts: openPasts(checks), tests: Object.fromEntries(tests) };
}

/** What is tested is known before the block; what the block shows is learnt after it. */
export function observeValues(state: ValuesState, sight: Sight): ValuesState {
  const tests = declaredValues(sight.policy.spec.checks).map((value) => [
    value.check,
    stepValue(valueStateOf(state, value), value, sight),
  ]);
  return { pasts: learnValues(state.pasts, sight), tests: Object.fromEntries(tests) };
}

export function restartValues({ pasts, tests }: ValuesState): ValuesState {
  const restarted = Object.entries(tests).map(([check, { sides, missing }]) => [
    check,
    {
      sides: Object.fromEntries(Object.entries(sides).map(([side, known]) => [side, restartSide(known)])),
      missing: missing === null ? null : restartMissing(missing),
    },
  ]);
  return { pasts, tests: Object.fromEntries(restarted) };
}

export function valueStateOf({ tests }: ValuesState, value: DeclaredValue): ValueState {
  return tests[value.check] ?? openValue(value);
}

export function sideOf({ sides }: ValueState, value: DeclaredValue, side: Side): SideState {
  return sides[side] ?? openSide(value);
}

/** Log evidence of harm: where both directions are worse, the mean of two processes, each with half of the share. */
export function logHarmOf(state: ValueState, { value, test }: NamedTest): number {
  if (test === 'missing') return state.missing === null ? 0 : logMissingHarm(state.missing);
  return meanOf(value.sides.map((side) => logSideHarm(sideOf(state, value, side), test)));
}

/** The same over the last warm-up alone. */
export function coldOf(state: ValueState, { value, test }: NamedTest): ColdLog | null {
  if (test === 'missing') return state.missing === null ? null : coldMissing(state.missing);
  const colds = value.sides.flatMap((side) => {
    const known = sideOf(state, value, side);
    return (test === 'dominance' ? coldDominance(known.dominance) : coldQuantile(quantileOf(known, test))) ?? [];
  });
  const [first] = colds;
  if (first === undefined || colds.length < value.sides.length) return null;
  return { entry: first.entry, log: meanOf(colds.map(({ log }) => log)) };
}

/** Log evidence of harm in one direction. */
export function logSideHarm(known: SideState, test: NamedTest['test']): number {
  return test === 'dominance' ? logDominanceHarm(known.dominance) : logQuantileHarm(quantileOf(known, test));
}

/** Log evidence of parity in one direction. A value is at parity where it is in each. */
export function logSideParity(known: SideState, quantile: string): number {
  return logQuantileParity(quantileOf(known, quantile));
}

/** Values as one direction tests them: mirrored where lower ones are worse. */
export function seenFrom(side: Side, tails: Tails): Tails {
  return side === 'higher' ? tails : mirrored(tails);
}

/** A level as one direction tests it: the p95 of what is mirrored is its p5. */
export function levelFrom(side: Side, quantile: string): number {
  const level = levelOf(quantile);
  return side === 'higher' ? level : 1 - level;
}

/** The bucket of the grid of an edge. */
export function bucketFrom(side: Side, bucket: number): number {
  return side === 'higher' ? bucket : -bucket;
}

function openValue(value: DeclaredValue): ValueState {
  return {
    sides: Object.fromEntries(value.sides.map((side) => [side, openSide(value)])),
    missing: value.missing === null ? null : openMissing(value.missing),
  };
}

function openSide({ terms }: DeclaredValue): SideState {
  const names = Object.keys(terms.quantiles);
  return { quantiles: Object.fromEntries(names.map((name) => [name, openQuantile()])), dominance: openDominance() };
}

function restartSide({ quantiles, dominance }: SideState): SideState {
  const restarted = Object.entries(quantiles).map(([name, known]) => [name, { ...known, parity: UNSHOWN }]);
  return { quantiles: Object.fromEntries(restarted), dominance };
}

function stepValue(state: ValueState, value: DeclaredValue, sight: Sight): ValueState {
  const { phi, ...quantity } = quantityOf(sight, value.name);
  // A request's chance is not that of an answer that carries the value.
  const { drawn: _, ...bet } = sight.interrupted;
  const betOf = (test: NamedTest['test'], own: Bet, processes: number) => {
    const shareOf: Sight['shareOf'] = (check) => sight.shareOf(check) / processes;
    return betFor({ ...sight, shareOf }, own, testName(value, test));
  };
  const sides = value.sides.map((side) => {
    const seen = {
      past: seenFrom(side, quantity.past),
      canary: seenFrom(side, quantity.counts.canary),
      stable: seenFrom(side, quantity.counts.stable),
    };
    const betOn = (test: NamedTest['test']) => betOf(test, { ...bet, phi }, value.sides.length);
    return [side, stepSide(sideOf(state, value, side), value, side, seen, betOn)];
  });
  const { missing } = value;
  return {
    sides: Object.fromEntries(sides),
    missing:
      missing === null
        ? null
        : stepMissing(state.missing ?? openMissing(missing), missing, value.name, sight, betOf('missing', bet, 1)),
  };
}

function stepSide(
  state: SideState,
  { terms }: DeclaredValue,
  side: Side,
  { past, ...counts }: LatencyTails & { readonly past: Tails },
  betOn: (test: NamedTest['test']) => Bet,
): SideState {
  const declared = Object.entries(terms.quantiles);
  const edgeOf = (name: string) => {
    const edge = quantileEdge(past, levelFrom(side, name));
    return edge === null ? null : bucketFrom(side, edge.bucket);
  };
  const quantiles = declared.map(([name, { rollback, parity }]) => {
    const at = edgeOf(name);
    const margins = { rollback: valueBuckets(rollback, side, at), parity: valueBuckets(parity, side, at) };
    return [name, stepQuantile(quantileOf(state, name), past, levelFrom(side, name), margins, counts, betOn(name))];
  });
  const shift = declared.slice(0, 1).map(([name, { rollback }]) => valueBuckets(rollback, side, edgeOf(name)))[0] ?? 0;
  return {
    quantiles: Object.fromEntries(quantiles),
    dominance: stepDominance(state.dominance, binsOf(past), shift, counts, betOn('dominance')),
  };
}

function quantileOf({ quantiles }: SideState, name: string): QuantileState {
  return quantiles[name] ?? openQuantile();
}

// The mean of e-processes is one.
function meanOf(logs: readonly number[]): number {
  return logSum(
    logs,
    logs.map(() => 1 / logs.length),
  );
}
