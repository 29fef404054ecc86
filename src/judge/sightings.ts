import { type Difference, MOST_DIFFERENCES } from '../parity/differences/difference.ts';
import { LONGEST_EXAMPLE } from '../redact/example.ts';
import type { Sighting, SightingName } from '../stats/answers/sighting.ts';
import type { Look } from './judge.ts';
import type { Verdict } from './verdict.ts';

/** Of a verdict that neither holds nor blames, which is written at every look. */
const MOST_TOLD = 5;
const MOST_CONSUMERS = 10;
/** Of each version. */
const MOST_EXAMPLES = 3;

/**
 * The names of what a person would ask about: of the worst differences of all checks together, and of fewer of them while the verdict
 * neither holds nor blames.
 */
export function sightingsFor(verdict: Verdict): readonly SightingName[] {
  const all = [...verdict.findings, ...(verdict.reservations ?? [])].flatMap(({ differences = [] }) => differences);
  const worst = all.toSorted(byWorth).slice(0, isAskedAbout(verdict) ? MOST_DIFFERENCES : MOST_TOLD);
  return [...new Set(worst.flatMap(({ sighting }) => sighting ?? []))];
}

function isAskedAbout({ name, hold, reservations = [] }: Verdict): boolean {
  const keeps = reservations.some(({ kind }) => kind === 'refuses' || kind === 'holds');
  return keeps || hold !== undefined || name === 'suspect' || name === 'harmful';
}

/** Adds to each difference what is remembered of it, within the bounds that are promised for it. */
export function withSightings(seen: Look, sightings: ReadonlyMap<SightingName, Sighting>): Look {
  const { verdict } = seen;
  const findings = verdict.findings.map((finding) => withSighted(finding, sightings));
  const reservations = verdict.reservations?.map((reservation) => withSighted(reservation, sightings));
  return { ...seen, verdict: { ...verdict, findings, ...(reservations && { reservations }) } };
}

function withSighted<Said extends { readonly differences?: readonly Difference[] }>(
  said: Said,
  sightings: ReadonlyMap<SightingName, Sighting>,
): Said {
  const { differences } = said;
  return differences === undefined ? said : { ...said, differences: differences.map((one) => sighted(one, sightings)) };
}

function sighted(difference: Difference, sightings: ReadonlyMap<SightingName, Sighting>): Difference {
  const found = difference.sighting === null ? undefined : sightings.get(difference.sighting);
  return found === undefined ? difference : { ...difference, seen: bounded(found) };
}

function bounded({ consumers, examples }: Sighting): Sighting {
  const of = (track: 'stable' | 'canary') => examples.filter((one) => one.track === track).slice(0, MOST_EXAMPLES);
  return {
    consumers: consumers.slice(0, MOST_CONSUMERS).map((name) => name.slice(0, LONGEST_EXAMPLE)),
    examples: [...of('canary'), ...of('stable')].map(({ track, text }) => ({
      track,
      text: text.slice(0, LONGEST_EXAMPLE),
    })),
  };
}

function byWorth(one: Difference, other: Difference): number {
  if (one.effect !== other.effect) return one.effect === 'breaking' ? -1 : 1;
  return one.logHarm === other.logHarm ? 0 : other.logHarm > one.logHarm ? 1 : -1;
}
