import type { DocumentFault, Path } from './fault.ts';
import type { LegibleSpec } from './legible.ts';
import { formatDuration, formatPercent } from './units.ts';

const JUDGE: Path = ['spec', 'judge'];
const GUARDS: Path = ['spec', 'guards'];
const SHORTEST_BLOCK_MS = 1_000;
const LONGEST_BLOCK_MS = 300_000;

/** Rules about the error budgets, the looks, the guards, and what happens when the judge cannot judge. */
export function checkJudge(spec: LegibleSpec): readonly DocumentFault[] {
  return [
    ...weightsFitTheBudget(spec),
    ...betaNarrows(spec),
    ...holdComesBeforeRollback(spec),
    ...blockIsALook(spec),
    ...guardsCanHold(spec),
    ...guardsHaveABudget(spec),
    ...patienceIsPositive(spec),
    ...rampIsInTheWarmUp(spec),
  ];
}

function weightsFitTheBudget({ judge }: LegibleSpec): DocumentFault[] {
  const weights = Object.values(judge?.weights ?? {});
  const known = weights.filter((weight) => weight !== null);
  if (known.length === 0 || known.length < weights.length) return [];
  const sum = Number(known.reduce((total, weight) => total + weight, 0).toPrecision(12));
  const path = [...JUDGE, 'weights'];
  if (sum > 1) return [{ path, message: `weights must sum to at most 1: they sum to ${sum}`, at: 'key' }];
  return sum > 0 ? [] : [{ path, message: 'weights must leave at least one check a share of the budget', at: 'key' }];
}

function betaNarrows({ judge }: LegibleSpec): DocumentFault[] {
  const { first = null, middle = null, last = null } = judge?.beta ?? {};
  const faults: DocumentFault[] = [];
  if (first !== null && middle !== null && middle > first) {
    const message = `beta must not grow: middle ${middle} after first ${first}`;
    faults.push({ path: [...JUDGE, 'beta', 'middle'], message, at: 'key' });
  }
  const before = middle ?? first;
  if (before !== null && last !== null && last > before) {
    const message = `beta must not grow: last ${last} after ${middle === null ? 'first' : 'middle'} ${before}`;
    faults.push({ path: [...JUDGE, 'beta', 'last'], message, at: 'key' });
  }
  return faults;
}

function holdComesBeforeRollback({ judge }: LegibleSpec): DocumentFault[] {
  const { alpha = null, hold = null } = judge ?? {};
  if (alpha === null || hold === null || hold * alpha < 1) return [];
  const message = `hold must be below 1 / alpha, which rolls back: ${hold} against ${Number((1 / alpha).toPrecision(6))}`;
  return [{ path: [...JUDGE, 'hold'], message, at: 'key' }];
}

function blockIsALook({ judge }: LegibleSpec): DocumentFault[] {
  const { block = null, reference = null } = judge ?? {};
  if (block === null) return [];
  const faults: DocumentFault[] = [];
  if (block < SHORTEST_BLOCK_MS || block > LONGEST_BLOCK_MS) {
    faults.push({
      path: [...JUDGE, 'block'],
      message: `block must be from 1s to 5m: ${formatDuration(block)}`,
      at: 'key',
    });
  }
  if (reference !== null && reference < block) {
    const message = `reference must be at least block: ${formatDuration(reference)} against ${formatDuration(block)}`;
    faults.push({ path: [...JUDGE, 'reference'], message, at: 'key' });
  }
  return faults;
}

function guardsCanHold({ guards }: LegibleSpec): DocumentFault[] {
  const faults: DocumentFault[] = [];
  const fault = (name: string, message: string) => faults.push({ path: [...GUARDS, name], message, at: 'key' });
  const errors = guards?.errors ?? null;
  if (errors !== null && (errors <= 0 || errors >= 1)) {
    fault('errors', `errors must be above 0% and below 100%: ${formatPercent(errors)}`);
  }
  let before: { readonly name: string; readonly ms: number } | null = null;
  for (const name of ['p50', 'p95', 'p99'] as const) {
    const ms = guards?.[name] ?? null;
    if (ms === null) continue;
    if (ms === 0) fault(name, `${name} must be above 0s`);
    if (before !== null && ms < before.ms) {
      fault(
        name,
        `${name} must be at least ${before.name}: ${formatDuration(ms)} against ${formatDuration(before.ms)}`,
      );
    }
    before = { name, ms };
  }
  return faults;
}

/** In the bake there is nothing to compare with: a guard without a budget would leave it to the brake alone. */
function guardsHaveABudget({ guards, judge }: LegibleSpec): DocumentFault[] {
  const reported: readonly (string | null)[] = guards?.dryRun ?? [];
  const named = Object.entries(guards ?? {}).filter(
    ([name, limit]) => typeof limit === 'number' && !reported.includes(name),
  );
  if (named.length === 0 || judge?.weights?.guards !== 0) return [];
  const message = 'weights.guards must be above 0 where spec.guards sets a limit';
  return [{ path: [...JUDGE, 'weights', 'guards'], message, at: 'key' }];
}

/** Nothing is judged by the main processes until the weight is the ordered one. */
function rampIsInTheWarmUp({ ramp = null, judge }: LegibleSpec): DocumentFault[] {
  const warmUp = judge?.warmUp ?? null;
  if (ramp === null || warmUp === null || ramp <= warmUp) return [];
  const message = `ramp must be at most judge.warmUp: ${formatDuration(ramp)} against ${formatDuration(warmUp)}`;
  return [{ path: ['spec', 'ramp'], message, at: 'key' }];
}

function patienceIsPositive({ blind, undecided, judge }: LegibleSpec): DocumentFault[] {
  const faults: DocumentFault[] = [];
  const after = blind?.after ?? null;
  const block = judge?.block ?? null;
  if (after !== null && block !== null && after < block) {
    const message = `blind.after must be at least judge.block: ${formatDuration(after)} against ${formatDuration(block)}`;
    faults.push({ path: ['spec', 'blind', 'after'], message, at: 'key' });
  }
  if (judge?.maxHold === 0) {
    faults.push({ path: [...JUDGE, 'maxHold'], message: 'maxHold must be above 0s', at: 'key' });
  }
  const patience = undecided?.after ?? null;
  if (patience !== null && 'ms' in patience && patience.ms === 0) {
    faults.push({ path: ['spec', 'undecided', 'after'], message: 'undecided.after must be above 0s', at: 'key' });
  }
  return faults;
}
