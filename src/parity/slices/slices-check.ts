import type { Boundary } from '../../stats/evidence/e-value.ts';
import { countedLogE, movePlace, worstKind } from '../../stats/slices/place.ts';
import { logOfPlaces, worsePlaces } from '../../stats/slices/places.ts';
import type { Check, Hold } from '../check.ts';
import type { LookContext } from '../context.ts';
import { formatCount, formatErrorMargin, formatShare } from '../figures.ts';
import type { Finding } from '../finding.ts';
import { limitsAbove } from '../limits/limits.ts';
import { type FoundSlice, nameFound } from './slice-name.ts';
import { isDrawn, type NamedPlace, NO_PLACES, observeSlices, type SlicesState, sliceBoundaries } from './slices.ts';

/**
 * Harm inside the mix: whether a single endpoint or consumer is worse, however little of the traffic it is. Addresses
 * of the canary may hold it, and never roll it back, because chance did not assign them.
 */
export const slicesCheck: Check<SlicesState> = {
  names: { listed: ['slices'] },
  compares: 'requests',
  terms: ({ spec: { checks } }, name) =>
    name === 'slices'
      ? { label: 'single endpoints and consumers', dryRun: checks.slices.dryRun, against: 'stable' }
      : null,
  claims: () => [{ check: 'slices', of: 'slices', part: [1, 1] }],
  open: () => NO_PLACES,
  observe: observeSlices,
  move: (state, byMs) => ({
    ...state,
    places: state.places.map((place) => ({ ...place, ...movePlace(place, byMs) })),
  }),
  stakes: (_, state, shareOf) => [{ check: 'slices', weight: shareOf('slices'), logHarm: logSlicesHarm(state) }],
  findings: ({ spec: { checks } }, state, context) => {
    const named = namedPlace(state);
    return named === null ? [] : [slicesFinding(named, state, sliceBoundaries(checks)[worstKind(named)], context)];
  },
  holds(_, state, { findings }): readonly Hold[] {
    const named = namedPlace(state);
    const isCounted = findings.some(({ check }) => check === 'slices');
    if (named === null || !isCounted || !worstPlaces(state).includes(named)) return [];
    return [{ kind: 'worse', check: 'slices', reason: whyHeld(named) }];
  },
};

function logSlicesHarm({ places }: Pick<SlicesState, 'places'>): number {
  return logOfPlaces(places.filter(isDrawn).map(countedLogE));
}

function worstPlaces({ places }: SlicesState): readonly NamedPlace[] {
  return worsePlaces(places.map((place) => ({ place, logE: countedLogE(place) }))).map(({ place }) => place);
}

/** The place that sentences name: one that chance assigned before an address, and one that is worse before any other. */
function namedPlace(state: SlicesState): NamedPlace | null {
  const worse = worstPlaces(state);
  const named = [worse.filter(isDrawn), worse, state.places.filter(isDrawn), state.places].find(
    ({ length }) => length > 0,
  );
  return named?.toSorted((left, right) => countedLogE(right) - countedLogE(left))[0] ?? null;
}

function slicesFinding(
  place: NamedPlace,
  state: SlicesState,
  margin: Boundary | undefined,
  context: LookContext,
): Finding {
  const canary = figuresOf(place, 'canary');
  const stable = figuresOf(place, 'stable');
  return {
    check: 'slices',
    canary: canary.share,
    stable: stable.share,
    unit: 'share',
    quantile: null,
    bounds: { canary: null, stable: null },
    requests: { canary: Math.round(canary.requests), stable: Math.round(stable.requests) },
    logHarm: logSlicesHarm(state),
    budgetWeight: context.shareOf('slices'),
    dispersion: context.phi.rate,
    logParity: null,
    logParityThreshold: null,
    rollbackMargin:
      margin === undefined ? '' : formatErrorMargin({ relative: margin.rho - 1, absolute: margin.a }, '+'),
    parityMargin: null,
    limits: limitsAbove(stable.share, margin ?? null, []),
    needsCanaryRequests: null,
    needsAt: [],
    slice: foundIn(place),
    says: worstPlaces(state).includes(place)
      ? inWords(place)
      : `single endpoints and consumers: none of ${formatCount(state.places.length)} is worse than its margin so far`,
  };
}

function whyHeld(place: NamedPlace): string {
  const consequence = isDrawn(place)
    ? 'too little evidence to roll back, too much to go on'
    : 'chance does not assign addresses, so this holds the canary and does not roll it back';
  return `${inWords(place)}: ${consequence}`;
}

/** `canary errors at POST /pay 100 % against 0.1 %, 9 against 85 recent requests` */
function inWords(place: NamedPlace): string {
  const canary = figuresOf(place, 'canary');
  const stable = figuresOf(place, 'stable');
  return (
    `canary ${nameFound(foundIn(place))} ${formatShare(canary.share ?? 0)} against ${formatShare(stable.share ?? 0)}, ` +
    `${formatCount(canary.requests)} against ${formatCount(stable.requests)} recent requests`
  );
}

function foundIn(place: NamedPlace): FoundSlice {
  return { dimension: place.dimension, name: place.name, kind: worstKind(place) };
}

function figuresOf(place: NamedPlace, version: 'canary' | 'stable') {
  const [requests, errors, clientErrors, timed, slow] = place[version];
  const kind = worstKind(place);
  const trials = kind === 'slow' ? timed : requests;
  const events = { errors, clientErrors, slow }[kind];
  return { requests: trials, share: trials === 0 ? null : Math.min(1, events / trials) };
}
