import { MOST_FACTS, MOST_PLACES } from '../../../../stats/answers/shape-counts.ts';
import { writePlace } from '../../../../stats/answers/shape-place.ts';
import type { Sighting, SightingName } from '../../../../stats/answers/sighting.ts';
import { type EndpointNames, showsEndpoint } from '../../endpoints/endpoint-names.ts';
import { FactRoom } from './fact-room.ts';
import { PlaceFacts } from './place-facts.ts';

/** Places that endpoints may take by themselves; the others are for those that the stable is known to answer at. */
const FIRST_COME = MOST_PLACES / 2;
const CLASSES = 10;
/** With that of everybody who is in none. */
const GROUPS = 100;

/** The endpoints of a route. */
export interface Endpoints {
  readonly names: EndpointNames;
  /** Whether the stable is known to answer there, so that no client made it up. */
  isKnown(hash: number): boolean;
}

/** Where an answer belongs: its endpoint and the class of its status. */
export interface ShapePlace {
  readonly name: string;
  /** Alike for no two places of the route. */
  readonly number: number;
  readonly facts: PlaceFacts;
}

/** Consumers whose answers are compared apart: see `ShapeReads`. */
export interface AnswerGroup {
  /** From 1 on. */
  readonly number: number;
  readonly name: string;
}

/** What the answers of a route looked like while one canary is compared: its places and their facts, bounded. */
export class RouteShapes {
  private readonly endpoints: Endpoints;
  private readonly ignore: readonly string[];
  private readonly places = new Map<number, ShapePlace>();
  private readonly room = new FactRoom(MOST_FACTS);

  constructor(endpoints: Endpoints, ignore: readonly string[]) {
    this.endpoints = endpoints;
    this.ignore = ignore;
  }

  /** Null where it is none, or there is no room for another. */
  placeOf(method: number, path: string, status: number, group: AnswerGroup | null = null): ShapePlace | null {
    const { names } = this.endpoints;
    const hash = names.hashOf(method, path);
    const statusClass = Math.floor(status / 100);
    const key = (hash * CLASSES + statusClass) * GROUPS + (group?.number ?? 0);
    const known = this.places.get(key);
    if (known !== undefined) return known;
    if (!this.mayTakeOne(hash, path, status)) return null;
    const name = writePlace({
      endpoint: names.nameOf(method, path),
      group: group?.name ?? null,
      status: `${statusClass}xx`,
    });
    const place = { name, number: this.places.size, facts: new PlaceFacts(name, this.room, this.ignore) };
    this.places.set(key, place);
    return place;
  }

  /** What is remembered of these, as far as anything is. */
  sightings(names: readonly SightingName[]): ReadonlyMap<SightingName, Sighting> {
    const found = new Map<SightingName, Sighting>();
    for (const { name: place, facts } of this.places.values()) {
      for (const name of names) {
        const sighting = name.startsWith(`${place} `) ? facts.sightingOf(name.slice(place.length + 1)) : null;
        if (sighting !== null) found.set(name, sighting);
      }
    }
    return found;
  }

  // What clients make up takes no more than a part, even where it is answered with something other than 404 and 405.
  private mayTakeOne(hash: number, path: string, status: number): boolean {
    if (this.places.size >= MOST_PLACES) return false;
    if (this.endpoints.names.isGiven(path) || this.endpoints.isKnown(hash)) return true;
    return showsEndpoint(status) && this.places.size < FIRST_COME;
  }
}
