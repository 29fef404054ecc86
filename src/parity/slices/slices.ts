import type { Checks, Policy } from '../../policy/schema.ts';
import { WHOLE_BPS } from '../../split/assign.ts';
import { decayOver } from '../../stats/evidence/decay.ts';
import type { Boundary } from '../../stats/evidence/e-value.ts';
import { CELL, CELLS, MOST_SLICES, type SliceDimension, type SliceTable } from '../../stats/slice.ts';
import { type AddressSpread, stepAddresses } from '../../stats/slices/addresses.ts';
import { openPlace, type Place, type PlaceBet, type SliceCounts, stepPlace } from '../../stats/slices/place.ts';
import { SLICE_BOUNDARIES, type SliceKind } from '../../stats/slices/slice-bet.ts';
import type { Sight } from '../context.ts';
import { capOf } from '../stake.ts';

/** A slice that has a place in the common evidence. A status is an outcome, and no place. */
export interface NamedPlace extends Place {
  readonly dimension: Exclude<SliceDimension, 'status'>;
  readonly name: string;
}

/** What the check of single slices remembers. */
export interface SlicesState {
  /** In order of first appearance. */
  readonly places: readonly NamedPlace[];
  /** Decayed counts of the stable on the whole route. */
  readonly route: { readonly requests: number; readonly errors: number; readonly clientErrors: number };
  readonly addresses: AddressSpread;
}

/** The share that caps are computed for where the policy gives the check none, so that it still holds. */
const USUAL_SHARE = 0.1;
const HALF_LIFE_MS = 3_600_000;
const PRIOR_REQUESTS = 200;
const PRIOR_RATE = 1e-3;
const SLOW_RATE = 0.05;
const KEPT_DIGITS = 1e4;

export const NO_PLACES: SlicesState = {
  places: [],
  route: { requests: 0, errors: 0, clientErrors: 0 },
  addresses: [],
};

/** Whether chance chose who is in a slice of each version: only then may it roll back. */
export function isDrawn({ dimension }: Pick<NamedPlace, 'dimension'>): boolean {
  return dimension !== 'upstream';
}

/** One block of the randomised comparison. Requests that were not drawn one by one are no evidence here. */
export function observeSlices(state: SlicesState, sight: Sight): SlicesState {
  const { compared, of, bet } = sight;
  const { slices } = compared;
  const route = bet.past === 'frozen' ? state.route : learnRoute(state.route, sight);
  if (slices === undefined || of !== 'both') return { ...state, route };
  const addresses =
    bet.past === 'frozen' ? state.addresses : stepAddresses(state.addresses, slices, compared.durationMs);
  if (slices.assignment !== 'per-request') return { ...state, route, addresses };
  return { places: stepPlaces(state, slices, sight), route, addresses };
}

/** The margins of each kind that counts: the policy's own, where it is wider than what a slice is allowed in any case. */
export function sliceBoundaries({ errors, clientErrors, latency }: Checks): PlaceBet['boundaries'] {
  const quantiles = [latency.p50, latency.p95, latency.p99];
  return {
    ...(errors.dryRun ? {} : { errors: wider('errors', errors.rollback) }),
    ...(clientErrors.dryRun || clientErrors.rollback === 'off'
      ? {}
      : { clientErrors: wider('clientErrors', clientErrors.rollback) }),
    ...(quantiles.every(({ dryRun }) => dryRun) ? {} : { slow: SLICE_BOUNDARIES.slow }),
  };
}

function wider(kind: SliceKind, margin: { readonly relative: number; readonly absolute: number }): Boundary {
  const { rho, a } = SLICE_BOUNDARIES[kind];
  return { rho: Math.max(rho, 1 + margin.relative), a: Math.max(a, margin.absolute) };
}

function stepPlaces(state: SlicesState, table: SliceTable, sight: Sight): readonly NamedPlace[] {
  const places = [...state.places];
  const known = new Map(places.map(({ dimension, name }, index) => [`${dimension} ${name}`, index]));
  const bets = betsOf(state, sight);
  const { startedAt: at, durationMs, splitEpoch: epoch } = sight.compared;
  const rows = table.canary.length / CELLS;
  const whole = wholeOf(table);
  for (let row = 0; row < rows; row += 1) {
    const slice = table.slices[row];
    if (slice === undefined || slice.dimension === 'status') continue;
    const { dimension, name } = slice;
    const canary = countsAt(table, 'canary', row, dimension);
    const stable = dimension === 'upstream' ? whole : countsAt(table, 'stable', row, dimension);
    if (canary.requests + (dimension === 'upstream' ? 0 : stable.requests) === 0) continue;
    const block = { at, endsAt: at + durationMs, epoch, canary, stable };
    const index = known.get(`${dimension} ${name}`);
    const place = index === undefined ? undefined : places[index];
    if (index !== undefined && place !== undefined) {
      places[index] = { ...place, ...stepPlace(place, block, bets(place)) };
    } else if (places.length < MOST_SLICES) {
      places.push({ dimension, name, ...openPlace(block) });
    }
  }
  return places;
}

function betsOf({ route }: SlicesState, { policy, compared, bet, phi, phase, shareOf }: Sight) {
  const rate = (events: number) => (PRIOR_REQUESTS * PRIOR_RATE + events) / (PRIOR_REQUESTS + route.requests);
  const { clientErrors, ...rest } = boundariesIn(policy, phase);
  const common = {
    routeRate: { errors: rate(route.errors), clientErrors: rate(route.clientErrors), slow: SLOW_RATE },
    cap: capOf(policy, (shareOf('slices') || USUAL_SHARE) / MOST_SLICES),
    phi: { errors: phi.rate, clientErrors: phi.rate, slow: phi.latency },
    steps: policy.spec.steps.filter((step) => 'weight' in step).length,
    past: bet.past,
  };
  const all = { ...rest, ...(clientErrors === undefined ? {} : { clientErrors }) };
  return (place: NamedPlace): PlaceBet => ({
    ...common,
    // What is answered with 404 on a path that is not known yet counts here, whatever else that path would answer.
    boundaries: place.dimension === 'endpoint' && place.name === 'other' ? rest : all,
    drawn: isDrawn(place) ? compared.canaryBps / WHOLE_BPS : null,
  });
}

// While a canary warms up it may be slow and fail; that it answers 4xx has nothing to do with it.
function boundariesIn({ spec }: Policy, phase: Sight['phase']): PlaceBet['boundaries'] {
  const boundaries = sliceBoundaries(spec.checks);
  if (phase === 'judged') return boundaries;
  return boundaries.clientErrors === undefined ? {} : { clientErrors: boundaries.clientErrors };
}

function learnRoute({ requests, errors, clientErrors }: SlicesState['route'], { compared }: Sight) {
  const kept = decayOver(compared.durationMs, HALF_LIFE_MS);
  const { stable } = compared;
  const grown = (count: number, added: number | undefined) =>
    Math.round((count * kept + (added ?? 0)) * KEPT_DIGITS) / KEPT_DIGITS;
  return {
    requests: grown(requests, stable?.requests),
    errors: grown(errors, stable?.errors),
    clientErrors: grown(clientErrors, stable?.clientErrors),
  };
}

// An address has answers of one version only, so it is held against the route's p95.
function countsAt(
  table: SliceTable,
  version: 'canary' | 'stable',
  row: number,
  dimension: NamedPlace['dimension'],
): SliceCounts {
  const counts = table[version];
  const at = row * CELLS;
  const of = (cell: number) => counts[at + cell] ?? 0;
  const slow =
    dimension === 'upstream'
      ? table.slowMs && of(CELL.answers + 2) + of(CELL.answers + 3)
      : (table.ownSlowMs[row] ?? 0) > 0
        ? of(CELL.slow)
        : null;
  return { requests: of(CELL.requests), errors: of(CELL.errors), clientErrors: of(CELL.clientErrors), slow };
}

// Every request has exactly one endpoint, so these add up to the whole stable.
function wholeOf(table: SliceTable): SliceCounts {
  let sum: SliceCounts = { requests: 0, errors: 0, clientErrors: 0, slow: table.slowMs === null ? null : 0 };
  for (let row = 0; row * CELLS < table.stable.length; row += 1) {
    if (table.slices[row]?.dimension !== 'endpoint') continue;
    const { requests, errors, clientErrors, slow } = countsAt(table, 'stable', row, 'upstream');
    sum = {
      requests: sum.requests + requests,
      errors: sum.errors + errors,
      clientErrors: sum.clientErrors + clientErrors,
      slow: slow === null || sum.slow === null ? null : sum.slow + slow,
    };
  }
  return sum;
}
