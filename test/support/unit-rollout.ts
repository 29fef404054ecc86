import { areUnitsDue } from '../../src/judge/by-key/weigh-units.ts';
import type { StepContext } from '../../src/judge/input.ts';
import { type Look, look, openJudgement } from '../../src/judge/judge.ts';
import type { Policy } from '../../src/policy/schema.ts';
import type { Block, Tally } from '../../src/stats/block.ts';
import { bucketOf } from '../../src/stats/latency/log-histogram.ts';
import { UNIT_CELL, UNIT_CELLS, type UnitBlock } from '../../src/stats/units/unit-block.ts';
import { UnitLedger } from '../../src/stats/units/unit-ledger.ts';
import { UNIT_LOOKS_MS } from '../../src/stats/units/unit-looks.ts';
import type { Random } from './random.ts';
import { NO_TALLY } from './simulated-traffic.ts';
import { type Population, type UnitEffect, UnitTraffic } from './simulated-units.ts';

export interface UnitRun {
  readonly policy: Policy;
  readonly random: Random;
  readonly population: Population;
  readonly effect?: UnitEffect;
  /** Hours of the stable alone before the first weight. */
  readonly pastHours: number;
  /** How long each weight lasts, in ms; the rollout ends after the last of them. */
  readonly stepsMs: readonly number[];
  /** Gets every look of a weight. */
  readonly onLook?: (seen: Look, lookMs: number) => void;
}

export interface UnitOutcome {
  /** When the canary was found harmful: the weight, and ms since its warm-up ended, below 0 in it. */
  readonly harmful: { readonly canaryBps: number; readonly ms: number } | null;
  /** For each weight, when it was first at parity, in ms; null when it was not. */
  readonly parityMs: readonly (number | null)[];
  /** The largest evidence of harm of any look, in nats. */
  readonly highest: number;
  readonly last: Look;
  readonly held: boolean;
}

const HOUR_MS = 3_600_000;

/** A rollout of a sticky route through the public API, on virtual time: one block from one look at the keys to the next. */
export function runUnitRollout({
  policy,
  random,
  population,
  effect,
  pastHours,
  stepsMs,
  onLook,
}: UnitRun): UnitOutcome {
  const traffic = new UnitTraffic(random, population);
  const ledger = new UnitLedger();
  const { warmUp } = policy.spec.judge;
  const weights = policy.spec.steps.flatMap((step) => ('weight' in step ? [step.weight] : []));
  let state = openJudgement(policy);
  let now = 0;
  let highest = Number.NEGATIVE_INFINITY;
  let held = false;

  const during = (step: StepContext, canaryBps: number, durationMs: number): Look => {
    const units = traffic.block({ startedAt: now, durationMs, canaryBps, splitEpoch: step.splitEpoch }, effect);
    ledger.record(units, warmUp);
    now += durationMs;
    const input = { at: now, blocks: [blockOfUnits(units)], unusable: null, step, skippedChecks: [] };
    let seen = look(policy, state, input);
    if (areUnitsDue(seen.state)) {
      seen = look(policy, seen.state, { ...input, blocks: [], units: ledger.counts(traffic.draws) });
    }
    state = JSON.parse(JSON.stringify(seen.state));
    highest = Math.max(highest, seen.verdict.logEvidence);
    held ||= seen.verdict.name === 'suspect';
    return seen;
  };

  let last = during({ kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 }, 0, 30_000);
  for (let hour = 0; hour < pastHours; hour += 1) {
    last = during({ kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 }, 0, HOUR_MS);
  }
  const parityMs: (number | null)[] = [];
  for (const [index, canaryBps] of weights.entries()) {
    const lastMs = stepsMs[index];
    if (lastMs === undefined) break;
    const position = index === weights.length - 1 ? 'last' : index === 0 ? 'first' : 'middle';
    const step: StepContext = { kind: 'weight', index, position, splitEpoch: index + 2, appliedAt: now };
    const entered = now;
    for (const ms of [...UNIT_LOOKS_MS.filter((one) => one < warmUp), warmUp]) {
      last = during(step, canaryBps, entered + ms - now);
      if (last.verdict.name === 'harmful') {
        return { harmful: { canaryBps, ms: ms - warmUp }, parityMs: [...parityMs, null], highest, last, held };
      }
    }
    const began = now;
    let shown: number | null = null;
    for (const lookMs of UNIT_LOOKS_MS.filter((ms) => ms <= lastMs)) {
      last = during(step, canaryBps, began + lookMs - now);
      onLook?.(last, lookMs);
      if (last.verdict.name === 'harmful') {
        return { harmful: { canaryBps, ms: lookMs }, parityMs: [...parityMs, shown], highest, last, held };
      }
      if (last.verdict.name === 'at-parity') shown ??= lookMs;
    }
    parityMs.push(shown);
  }
  return { harmful: null, parityMs, highest, last, held };
}

/** The same traffic without its keys. Latencies are those of a population without differences: figures, and the past. */
function blockOfUnits({ startedAt, durationMs, splitEpoch, canaryBps, units, onCanary, cells }: UnitBlock): Block {
  const counts = { canary: [0, 0, 0], stable: [0, 0, 0] };
  for (let row = 0; row < units.length; row += 1) {
    const to = counts[onCanary[row] === 1 ? 'canary' : 'stable'];
    [UNIT_CELL.requests, UNIT_CELL.errors, UNIT_CELL.answers].forEach((cell, at) => {
      to[at] = (to[at] ?? 0) + (cells[row * UNIT_CELLS + cell] ?? 0);
    });
  }
  const none = { stable: NO_TALLY, canary: NO_TALLY };
  return {
    startedAt,
    durationMs,
    splitEpoch,
    canaryBps,
    assignment: 'by-key',
    stable: tallyOfCounts(counts.stable),
    canary: tallyOfCounts(counts.canary),
    forced: none,
    ruled: none,
  };
}

function tallyOfCounts([requests = 0, errors = 0, answers = 0]: readonly number[]): Tally {
  const latency: Record<number, number> = {};
  let placed = 0;
  SHARES.forEach(([bucket, below]) => {
    const upTo = Math.round(answers * below);
    if (upTo > placed) latency[bucket] = upTo - placed;
    placed = upTo;
  });
  return { requests, errors, clientErrors: 0, latency };
}

const SHARES: readonly (readonly [bucket: number, below: number])[] = sharesBelow();

// A log-logistic distribution, whose quantiles have a closed form: close to the log-normal one of the users.
function sharesBelow(): readonly (readonly [bucket: number, below: number])[] {
  const buckets = new Map<number, number>();
  const levels = 2_000;
  for (let index = 0; index < levels; index += 1) {
    const level = (index + 0.5) / levels;
    buckets.set(bucketOf(40 * (level / (1 - level)) ** 0.48), (index + 1) / levels);
  }
  return [...buckets];
}
