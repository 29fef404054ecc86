import { logSum } from '../evidence/log-sum.ts';
import { ALTERNATIVES } from './presence-bet.ts';

/** Logs of a slot's processes, one for each alternative; null where nothing is left of an alternative. */
export type SlotMass = readonly (number | null)[];

const WEIGHTS: readonly number[] = Array.from({ length: ALTERNATIVES }, () => 1 / ALTERNATIVES);
const KEPT_DIGITS = 1e4;
/** What is below this has no part in anything, and is left out: a process may only lose by it. */
const LEAST_LOG = -25;

/** What of the onset mixture was injected up to the last block, and up to and with this one. */
export interface SlotInjection {
  readonly before: number;
  readonly spent: number;
}

/**
 * M <- e * (M + pi). Processes are rounded down, so that what is remembered is never more than the evidence.
 *
 * @param mass null before the first bet: what was injected until then is still there
 * @param logE null for a block without a bet
 */
export function stepSlot(
  mass: SlotMass | null,
  { before, spent }: SlotInjection,
  logE: readonly number[] | null,
): SlotMass {
  const injected = spent - before;
  const logInjected = injected > 0 ? Math.log(injected) : null;
  const next: (number | null)[] = [];
  for (let index = 0; index < ALTERNATIVES; index += 1) {
    const known = mass === null ? (before > 0 ? Math.log(before) : null) : (mass[index] ?? null);
    const log = added(known, logInjected);
    const stepped = log === null ? null : Math.floor((log + (logE?.[index] ?? 0)) * KEPT_DIGITS) / KEPT_DIGITS;
    next.push(stepped === null || stepped < LEAST_LOG ? null : stepped);
  }
  return next;
}

/** ln of the slot's e-process: 0 before its first bet. */
export function logOfSlot(mass: SlotMass | null, spent: number): number {
  return mass === null ? 0 : logSum([...mass, 0], [...WEIGHTS, 1 - spent]);
}

/** ln of a block's e-value, over all alternatives alike. */
export function meanLogE(logE: readonly number[]): number {
  return logSum(logE, WEIGHTS);
}

function added(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  const largest = Math.max(one, other);
  return largest + Math.log1p(Math.exp(Math.min(one, other) - largest));
}
