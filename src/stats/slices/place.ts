import { decayOver } from '../evidence/decay.ts';
import { type Boundary, clipRate, type Parts } from '../evidence/e-value.ts';
import { advanceSchedule, type OnsetSchedule, spentMass, UNSTARTED } from '../evidence/onset-schedule.ts';
import { TOWARDS_ALL, towardsAllLogE } from '../evidence/towards-all.ts';
import { KIND_WEIGHTS, SLICE_KINDS, type SliceKind } from './slice-bet.ts';

/** Requests of one version in a slice, and what became of them. */
export interface SliceCounts {
  readonly requests: number;
  readonly errors: number;
  readonly clientErrors: number;
  /** Answers slower than the slice's threshold; null where it has none yet. */
  readonly slow: number | null;
}

/** Decayed counts: requests, errors, 4xx, requests while a threshold was known, slow answers. */
export type PlaceCounts = readonly [
  requests: number,
  errors: number,
  clientErrors: number,
  timed: number,
  slow: number,
];

/**
 * What is remembered of a slice that has a place in the common evidence (docs/statistics.md section 3.19). It is written at
 * every look, up to 200 times over, so its numbers are rounded.
 */
export interface Place {
  /** End of the last block with requests of it, epoch ms by the gateway's clock. */
  readonly at: number;
  readonly onset: OnsetSchedule;
  /** Split epoch of that block. */
  readonly epoch: number;
  /** Blocks with canary requests. */
  readonly blocks: number;
  readonly stable: PlaceCounts;
  readonly canary: PlaceCounts;
  /** Log of each alternative's process, kind by kind; null before the first bet. */
  readonly logMass: readonly number[] | null;
  /** Log e-value against "no worse than the boundary in any of these": what `logMass` comes to. */
  readonly logE: number;
}

/** One block of a slice, and what was known before it. */
export interface PlaceBlock {
  readonly at: number;
  readonly endsAt: number;
  readonly epoch: number;
  readonly canary: SliceCounts;
  readonly stable: SliceCounts;
}

/** What the test bets on. */
export interface PlaceBet {
  /** The kinds that are tested in this block, and their boundaries. The other kinds count 1. */
  readonly boundaries: Partial<Readonly<Record<SliceKind, Boundary>>>;
  /** The stable's rate in all of the route: what a slice is expected to have before much is known of it. */
  readonly routeRate: Readonly<Record<SliceKind, number>>;
  /** The canary's chance of a request; null to compare what each version got. */
  readonly drawn: number | null;
  readonly cap: number;
  /** What evidence of each kind is divided by. */
  readonly phi: Readonly<Record<SliceKind, number>>;
  /** Steps of the policy that the onset's mass at changes is divided among. */
  readonly steps: number;
  readonly past: 'learnt' | 'frozen';
}

const ALTERNATIVES = TOWARDS_ALL.length;
const HALF_LIFE_MS = 3_600_000;
const PRIOR_REQUESTS = 50;
/** With fewer blocks with canary requests than this, a place counts for nothing. */
const FEWEST_CANARY_BLOCKS = 3;

const NONE: PlaceCounts = [0, 0, 0, 0, 0];

/** A slice that has just appeared: it is learnt from, and bets from its next block. */
export function openPlace(block: PlaceBlock): Place {
  const opened: Place = {
    at: block.at,
    onset: UNSTARTED,
    epoch: block.epoch,
    blocks: 0,
    stable: NONE,
    canary: NONE,
    logMass: null,
    logE: 0,
  };
  return learn(opened, block, 'learnt');
}

/** One block with requests of the slice. */
export function stepPlace(place: Place, block: PlaceBlock, bet: PlaceBet): Place {
  const { canary, stable } = block;
  const n = { nc: canary.requests, ns: stable.requests };
  const learnt = learn(place, block, bet.past);
  if (n.nc + n.ns === 0 || (bet.drawn === null && (n.nc === 0 || n.ns === 0))) return learnt;
  const parts: Parts = bet.drawn === null ? n : { nc: bet.drawn, ns: 1 - bet.drawn };
  const onset = advanceSchedule(place.onset, block.at, place.epoch === block.epoch ? 'same-step' : 'step-changed');
  const injected = spentMass(onset, bet.steps) - spentMass(place.onset, bet.steps);
  const logInjected = injected > 0 ? Math.log(injected) : Number.NEGATIVE_INFINITY;
  const logMass: number[] = [];
  for (const [kindAt, kind] of SLICE_KINDS.entries()) {
    const bets = betsOf(place, kind, block, parts, bet);
    for (let index = 0; index < ALTERNATIVES; index += 1) {
      const before = place.logMass?.[kindAt * ALTERNATIVES + index] ?? Number.NEGATIVE_INFINITY;
      logMass.push(rounded(addLogs(before, logInjected) + (bets?.[index] ?? 0)));
    }
  }
  const logE = rounded(mixed(logMass, 1 - spentMass(onset, bet.steps)));
  return { ...learnt, onset, epoch: block.epoch, logMass, logE };
}

/** The evidence of a place as far as it counts: none before three blocks with canary requests. */
export function countedLogE({ blocks, logE }: Place): number {
  return blocks >= FEWEST_CANARY_BLOCKS ? logE : Math.min(0, logE);
}

/** The kind with the most evidence in a place. */
export function worstKind({ logMass }: Place): SliceKind {
  const value = (kindAt: number) =>
    Math.max(...(logMass ?? [0]).slice(kindAt * ALTERNATIVES, (kindAt + 1) * ALTERNATIVES));
  const at = SLICE_KINDS.map((_, index) => index).toSorted((left, right) => value(right) - value(left))[0] ?? 0;
  return SLICE_KINDS[at] ?? 'errors';
}

/** The instants that a place remembers, moved as the clock was. */
export function movePlace(place: Place, byMs: number): Place {
  const { startedAt } = place.onset;
  const onset = startedAt === null ? place.onset : { ...place.onset, startedAt: startedAt + byMs };
  return { ...place, at: place.at + byMs, onset };
}

function betsOf(
  { stable }: Place,
  kind: SliceKind,
  block: PlaceBlock,
  parts: Parts,
  { boundaries, routeRate, cap, phi }: PlaceBet,
): readonly number[] | null {
  const boundary = boundaries[kind];
  const xc = block.canary[kind];
  const xs = block.stable[kind];
  if (boundary === undefined || xc === null || xs === null) return null;
  // A request that was still open counts as slow at its age, before it ends and counts as a request.
  const nc = Math.max(block.canary.requests, xc);
  const ns = Math.max(block.stable.requests, xs);
  const [requests, errors, clientErrors, timed, slow] = stable;
  const known = { errors: [requests, errors], clientErrors: [requests, clientErrors], slow: [timed, slow] }[kind];
  const [trials = 0, events = 0] = known;
  const s1 = clipRate((PRIOR_REQUESTS * routeRate[kind] + events) / (PRIOR_REQUESTS + trials));
  return towardsAllLogE({ nc, xc, ns, xs }, parts, s1, boundary, cap, phi[kind]);
}

function learn(place: Place, block: PlaceBlock, past: PlaceBet['past']): Place {
  const kept = decayOver(Math.max(0, block.endsAt - place.at), HALF_LIFE_MS);
  return {
    ...place,
    at: block.endsAt,
    blocks: place.blocks + (block.canary.requests > 0 ? 1 : 0),
    stable: past === 'frozen' ? place.stable : grown(place.stable, kept, block.stable),
    canary: grown(place.canary, kept, block.canary),
  };
}

function grown(counts: PlaceCounts, kept: number, added: SliceCounts): PlaceCounts {
  const [requests, errors, clientErrors, timed, slow] = counts;
  return [
    rounded(requests * kept + added.requests),
    rounded(errors * kept + added.errors),
    rounded(clientErrors * kept + added.clientErrors),
    rounded(timed * kept + (added.slow === null ? 0 : added.requests)),
    rounded(slow * kept + (added.slow ?? 0)),
  ];
}

// Kinds share the evidence by their weights and alternatives equally; what the onset has not injected yet stays 1.
function mixed(logMass: readonly number[], unspent: number): number {
  const largest = Math.max(0, ...logMass);
  let sum = unspent * Math.exp(-largest);
  for (const [kindAt, kind] of SLICE_KINDS.entries()) {
    const weight = KIND_WEIGHTS[kind] / ALTERNATIVES;
    for (let index = 0; index < ALTERNATIVES; index += 1) {
      sum += weight * Math.exp((logMass[kindAt * ALTERNATIVES + index] ?? 0) - largest);
    }
  }
  return largest + Math.log(sum);
}

function addLogs(left: number, right: number): number {
  const largest = Math.max(left, right);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  return largest + Math.log1p(Math.exp(Math.min(left, right) - largest));
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
