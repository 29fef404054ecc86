import type { Tempering } from '../parity/context.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import type { Block, Tally, YoungAnswers, YoungVersions } from '../stats/block.ts';
import type { Bet } from '../stats/evidence/bet.ts';
import { decayOver } from '../stats/evidence/decay.ts';
import { sentRequests } from '../stats/rates/unanswered.ts';
import { addTallies } from '../stats/tallies.ts';

/**
 * A block in the making: blocks with too little traffic to compare what each version got are merged until a time that
 * was fixed before the first of them (docs/statistics.md section 3.15).
 */
export interface Carry {
  /** The split and the phase of the rollout that all of its blocks belong to. */
  readonly stretch: string;
  readonly canary: Tally | null;
  readonly stable: Tally | null;
  readonly assignment: Block['assignment'] | null;
  /** What the young addresses answered; omitted where there are none. */
  readonly young?: YoungVersions;
  readonly durationMs: number;
  readonly untilMs: number;
  /** Whether each of its blocks is evidence of harm by itself, by the chance with which its requests were drawn. */
  readonly form: 'drawn' | 'merged';
  /** What was known when it began: what evidence is divided by, and whether a shared fault was on. */
  readonly phi: Tempering;
  readonly past: Bet['past'];
}

/** How much of each version's traffic to expect: decayed counts of both versions together. */
export interface Arrivals {
  readonly requests: number;
  readonly ms: number;
}

/** What the tests are given of a block. */
export interface Carried {
  /** What counts for parity, and becomes past: the block, the merged one that it completes, or nothing. */
  readonly settled: Block;
  /** What counts as harm. */
  readonly compared: Block;
  /** The canary's chance of a request, where harm is tested by it; null otherwise. */
  readonly drawn: number | null;
  readonly phi: Tempering;
  readonly past: Bet['past'];
  readonly carry: Carry | null;
}

export const NO_ARRIVALS: Arrivals = { requests: 0, ms: 0 };

const HALF_LIFE_MS = 600_000;
/** Before, the traffic is not known well enough. */
const ENOUGH_TRAFFIC_MS = 60_000;
/** Requests to expect of the version that gets fewer: of a merged block at least, and enough to compare counts. */
const WORTH_COMPARING = 2;
const PLENTY = 10;
const LONGEST_MS = 600_000;

export function stepArrivals({ requests, ms }: Arrivals, block: Block): Arrivals {
  const kept = decayOver(block.durationMs, HALF_LIFE_MS);
  const sent = sentRequests(block.canary) + sentRequests(block.stable);
  return { requests: requests * kept + sent, ms: ms * kept + block.durationMs };
}

/** A block in which nothing is compared: it is learnt from at once. */
export function takeWhole(block: Block, { phi, past }: Pick<Carry, 'phi' | 'past'>): Carried {
  return { settled: block, compared: block, drawn: null, phi, past, carry: null };
}

/**
 * Merges a block with what is carried. How long is known beforehand, and in requests of both versions together: to stop
 * where both versions have been seen would favour a version (docs/statistics.md section 3.15).
 *
 * @param now what is known before the block
 */
export function carryOn(
  carry: Carry | null,
  block: Block,
  traffic: Arrivals,
  now: Pick<Carry, 'stretch' | 'phi' | 'past'>,
): Carried {
  const weight = block.canaryBps / WHOLE_BPS;
  const lesser = Math.min(weight, 1 - weight);
  const open = carry !== null && carry.stretch === now.stretch ? carry : opened(block, lesser, traffic, now);
  // What is left after young addresses is not what chance drew.
  const drawn =
    open.form === 'drawn' && block.young === undefined && block.assignment === 'per-request' ? weight : null;
  const filled: Carry = {
    ...open,
    ...addYoung(open.young, block.young),
    canary: addTallies(open.canary, block.canary),
    stable: addTallies(open.stable, block.stable),
    assignment: sameAssignment(open.assignment, block.assignment),
    durationMs: open.durationMs + block.durationMs,
  };
  const isDone = filled.durationMs >= filled.untilMs || sentBy(filled) * lesser >= PLENTY;
  const settled = open.durationMs === 0 && isDone ? block : isDone ? mergedOf(block, filled) : nothingOf(block);
  return {
    settled,
    compared: open.form === 'merged' ? settled : drawn === null ? nothingOf(block) : block,
    drawn,
    phi: open.phi,
    past: open.past,
    carry: isDone ? null : filled,
  };
}

function opened(
  block: Block,
  lesser: number,
  { requests, ms }: Arrivals,
  now: Pick<Carry, 'stretch' | 'phi' | 'past'>,
): Carry {
  const perMs = ms < ENOUGH_TRAFFIC_MS ? Number.POSITIVE_INFINITY : (requests / ms) * lesser;
  const isDrawn = block.assignment === 'per-request' && block.young === undefined && perMs * block.durationMs < PLENTY;
  return {
    ...now,
    canary: null,
    stable: null,
    assignment: null,
    durationMs: 0,
    untilMs: Math.min(LONGEST_MS, WORTH_COMPARING / perMs),
    form: isDrawn ? 'drawn' : 'merged',
  };
}

function sentBy({ canary, stable }: Pick<Carry, 'canary' | 'stable'>): number {
  return sentRequests(canary) + sentRequests(stable);
}

// Logs are compared in intervals of their own: what is merged has none of its last block either.
function mergedOf(block: Block, { canary, stable, durationMs, assignment, young }: Carry): Block {
  const { logs: _, ...rest } = block;
  const merged = { ...rest, canary, stable, durationMs, ...(young === undefined ? {} : { young }) };
  if (assignment !== null && assignment !== undefined) return { ...merged, assignment };
  delete merged.assignment;
  return merged;
}

function nothingOf(block: Block): Block {
  const { young: _, logs: __, ...rest } = block;
  return { ...rest, canary: null, stable: null, durationMs: 0 };
}

function addYoung(one: YoungVersions = {}, other: YoungVersions = {}): { readonly young?: YoungVersions } {
  const stable = addAnswers(one.stable, other.stable);
  const canary = addAnswers(one.canary, other.canary);
  if (stable === undefined && canary === undefined) return {};
  return { young: { ...(stable && { stable }), ...(canary && { canary }) } };
}

// Named are those of the later block.
function addAnswers(one: YoungAnswers | undefined, other: YoungAnswers | undefined): YoungAnswers | undefined {
  if (one === undefined || other === undefined) return other ?? one;
  return { ...other, tally: addTallies(one.tally, other.tally) ?? other.tally };
}

// Keys that stay with their version make every block of it sticky.
function sameAssignment(one: Carry['assignment'], other: Block['assignment']): Carry['assignment'] {
  if (one === null || one === other) return other;
  return one === 'by-key' || other === 'by-key' ? 'by-key' : undefined;
}
