import { logSum } from '../../stats/evidence/log-sum.ts';
import { lookMass, warmUpLookMass } from '../../stats/units/unit-harm.ts';
import { looksDue, UNIT_LOOKS_MS } from '../../stats/units/unit-looks.ts';
import { UNIT_METRICS, type UnitMetric } from '../../stats/units/unit-metric.ts';
import type { KeyLook } from './key-look.ts';
import { type KeysStep, NO_EVIDENCE } from './keys-step.ts';

/** What is remembered of a rollout whose keys are sticky: no unit, only what each look said. */
export interface KeysState {
  /** Log of the evidence of harm by metric: the weighted sum of what all looks said. */
  readonly logHarm: Readonly<Record<UnitMetric, number>>;
  /** The present weight; null before the first block by key. */
  readonly step: KeysStep | null;
  /** The weights at which somebody looked: their units are not fresh any more. */
  readonly looked: readonly number[];
  /** How many steps had a look, and how many looks there were in warm-ups. */
  readonly steps: number;
  readonly warmUpLooks: number;
  /** The last look of the present stage. */
  readonly last: KeyLook | null;
}

const NOTHING = { errors: 0, clientErrors: 0, p50: 0, p95: 0, p99: 0, shift: 0 };

export function openKeys(): KeysState {
  const none = NO_EVIDENCE;
  return {
    logHarm: { errors: none, clientErrors: none, p50: none, p95: none, p99: none, shift: none },
    step: null,
    looked: [],
    steps: 0,
    warmUpLooks: 0,
    last: null,
  };
}

/**
 * Follows the weight. A weight that somebody looked at before goes on with the units that were fresh then.
 *
 * @param countedFrom when its units begin to be counted, epoch ms
 */
export function followWeight(
  state: KeysState,
  canaryBps: number,
  phase: KeysStep['phase'],
  countedFrom: number,
): KeysState {
  const before = state.step;
  const isOver = before !== null && before.looks >= UNIT_LOOKS_MS.length;
  if (before?.canaryBps === canaryBps && before.phase === phase && !isOver) return state;
  const since = isOver && before.canaryBps === canaryBps ? before.since + (UNIT_LOOKS_MS.at(-1) ?? 0) : countedFrom;
  const fromBps = Math.max(0, ...state.looked.filter((bps) => bps < canaryBps));
  return { ...state, step: { canaryBps, phase, fromBps, since, looks: 0, spent: NOTHING } };
}

/** How many looks of the step's schedule are over at this time, if that is more than before; null where none is due. */
export function dueLook({ step }: KeysState, now: number): number | null {
  if (step === null) return null;
  const due = looksDue(now - step.since);
  return due > step.looks ? due : null;
}

/**
 * Adds a look. Looks that were missed stay out: the sum of those that were made is no larger.
 *
 * @param due how many looks of the step are over with it
 * @param declared how many steps the policy has
 */
export function addLook(state: KeysState, look: KeyLook, due: number, declared: number): KeysState {
  const { step } = state;
  if (step === null) return state;
  const isWarm = step.phase === 'warm-up';
  const steps = state.steps + (step.looks === 0 && !isWarm ? 1 : 0);
  const mass = isWarm ? warmUpLookMass(state.warmUpLooks) : lookMass(steps - 1, declared);
  const logHarm = { ...state.logHarm };
  const spent = { ...step.spent };
  for (const metric of UNIT_METRICS) {
    const said = look.metrics[metric];
    if (said === undefined) continue;
    logHarm[metric] = logSum([logHarm[metric], said.logHarm], [1, mass]);
    spent[metric] += said.spent;
  }
  const looked = isWarm ? state.looked : [...new Set([...state.looked, step.canaryBps])];
  const warmUpLooks = state.warmUpLooks + (isWarm ? 1 : 0);
  return { logHarm, step: { ...step, looks: due, spent }, looked, steps, warmUpLooks, last: look };
}
