import { MOST_FIELDS } from '../../../stats/answers/answer-pairs.ts';
import { MOST_PLACES } from '../../../stats/answers/shape-counts.ts';
import type { Sighting, SightingName } from '../../../stats/answers/sighting.ts';
import { showsEndpoint } from '../endpoints/endpoint-names.ts';
import type { ComparedField } from '../reading/compare/compared-answers.ts';
import type { Endpoints } from '../reading/shape/route-shapes.ts';
import type { PairTally } from './pair-tally.ts';

/** Places that endpoints may take by themselves; the others are for those that the stable is known to answer at. */
const FIRST_COME = MOST_PLACES / 2;
const CLASSES = 10;
const MOST_CONSUMERS = 10;
const MOST_EXAMPLES = 3;

type Example = Sighting['examples'][number];

interface Seen {
  readonly consumers: Set<string>;
  readonly examples: Example[];
}

/** Where the pairs of one request count. */
export interface PairPlace {
  /** @param status of the stable's first answer; `null`: the answers could not be compared */
  tell(status: number, fields: readonly ComparedField[] | null): void;
}

/** Where a request counts at present; null where its split is over. */
type TallyOf<Home> = (home: Home) => PairTally | null;

/** A request, as far as it matters: see `Ticket`. */
interface PairedRequest<Home> {
  readonly home: Home;
  readonly method: number;
  readonly path: string | null;
  readonly consumer: string | null;
}

/** The answers of a route that are compared, while one canary is: their places, and what people are shown of their fields. */
export class RoutePairs<Home> {
  private readonly tallyOf: TallyOf<Home>;
  private readonly endpoints: Endpoints;
  private readonly places = new Map<number, string>();
  private readonly seen = new Map<SightingName, Seen>();
  private rolloutId: string | null = null;

  constructor(tallyOf: TallyOf<Home>, endpoints: Endpoints) {
    this.tallyOf = tallyOf;
    this.endpoints = endpoints;
  }

  follow(rolloutId: string | null): void {
    if (rolloutId === this.rolloutId) return;
    this.rolloutId = rolloutId;
    this.places.clear();
    this.seen.clear();
  }

  /** Holds no more of a request than it needs. */
  placeOf({ home, method, path, consumer }: PairedRequest<Home>): PairPlace {
    const of = this.rolloutId;
    return {
      tell: (status, fields) => {
        const tally = of === this.rolloutId ? this.tallyOf(home) : null;
        if (tally === null) return;
        const place = fields === null || path === null ? null : this.nameOf(method, path, status);
        if (fields === null || place === null) tally.addUnusable();
        else {
          tally.add(place, fields);
          for (const field of fields) this.see(`${place} ${field.path}`, field, consumer);
        }
      },
    };
  }

  /** One that went to the canary alone: its answer is not compared, and its lines are the canary's. */
  sentAlone({ home }: Pick<PairedRequest<Home>, 'home'>): void {
    this.tallyOf(home)?.addAlone();
  }

  /** See `MetricsSource.sightings`. */
  sightings(names: readonly SightingName[]): ReadonlyMap<SightingName, Sighting> {
    return new Map(
      names.flatMap((name): [SightingName, Sighting][] => {
        const seen = this.seen.get(name);
        return seen === undefined ? [] : [[name, { consumers: [...seen.consumers], examples: [...seen.examples] }]];
      }),
    );
  }

  /** Null where there is no room for another. */
  private nameOf(method: number, path: string, status: number): string | null {
    const { names } = this.endpoints;
    const hash = names.hashOf(method, path);
    const statusClass = Math.floor(status / 100);
    const key = hash * CLASSES + statusClass;
    const known = this.places.get(key);
    if (known !== undefined) return known;
    if (!this.mayTakeOne(hash, path, status)) return null;
    const name = `${names.nameOf(method, path)} ${statusClass}xx`;
    this.places.set(key, name);
    return name;
  }

  private mayTakeOne(hash: number, path: string, status: number): boolean {
    if (this.places.size >= MOST_PLACES) return false;
    if (this.endpoints.names.isGiven(path) || this.endpoints.isKnown(hash)) return true;
    return showsEndpoint(status) && this.places.size < FIRST_COME;
  }

  private see(name: SightingName, { examples }: ComparedField, consumer: string | null): void {
    if (examples === null) return;
    let seen = this.seen.get(name);
    if (seen === undefined) {
      if (this.seen.size >= MOST_FIELDS) return;
      seen = { consumers: new Set(), examples: [] };
      this.seen.set(name, seen);
    }
    if (consumer !== null && seen.consumers.size < MOST_CONSUMERS) seen.consumers.add(consumer);
    if (seen.examples.length >= 2 * MOST_EXAMPLES) return;
    seen.examples.push({ track: 'stable', text: examples.stable }, { track: 'canary', text: examples.canary });
  }
}
