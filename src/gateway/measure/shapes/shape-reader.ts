import type { ShapeReads } from '../../../split/answer-reads.ts';
import type { ChosenBy } from '../../../split/match.ts';
import type { Track } from '../../../split/order.ts';
import type { Sighting, SightingName } from '../../../stats/answers/sighting.ts';
import type { UpstreamHead } from '../../upstream/upstream-client.ts';
import type { BodyQueue, MinedBody } from '../reading/body-queue.ts';
import { BodyCopy, bodyOf } from '../reading/body-reader.ts';
import { otherTypeOf } from '../reading/json-type.ts';
import type { PartReader } from '../reading/reader.ts';
import { shareOfId } from '../reading/shape/answer-share.ts';
import type { Answerer } from '../reading/shape/fact-seen.ts';
import { headFacts } from '../reading/shape/head-facts.ts';
import { withOwnVersion } from '../reading/shape/own-version.ts';
import type { ReadFacts } from '../reading/shape/place-facts.ts';
import { type AnswerGroup, type Endpoints, RouteShapes, type ShapePlace } from '../reading/shape/route-shapes.ts';
import type { Mined } from '../reading/shape/shape-miner.ts';
import { SampleRate } from './sample-rate.ts';
import { ToldUsers } from './told-users.ts';

const FIRST_BAD = 500;
const NOTHING: Mined = { facts: [], show: () => null };
/** What a head may say of JSON that nobody can read. */
const ILL_TYPED: ReadonlySet<string | null> = new Set(['two types', 'another charset']);

/** Where it is told what answers look like. May be told after the end of the answer. */
export interface ShapeFindings {
  shape(place: string, read: ReadFacts): void;
  /** The client of an answer of this place went away before its end, when it had seen who answers. */
  shapeLeft(place: string): void;
  /** @param why such as `too long` */
  shapeUnread(why: string): void;
}

/** What is asked, and by whom: see `Ticket`. */
interface AskedRequest {
  readonly method: number;
  readonly path: string | null;
  readonly consumer: string | null;
  readonly track: Track;
  readonly by: ChosenBy;
  readonly key: number | null;
}

/** An answer whose head has come. */
export interface ShapedAnswer {
  readonly head: UpstreamHead;
  readonly ticket: AskedRequest;
  readonly requestId: string;
  readonly findings: ShapeFindings;
}

/** What a route has for its shapes. */
interface ShapeParts {
  readonly endpoints: Endpoints;
  readonly bodies: BodyQueue;
  /** The names of the versions. */
  readonly versions: Readonly<Record<Track, string>>;
}

/** Reads what the answers of a route look like, those below 500 in the sample. */
export class ShapeReading {
  private readonly rate: SampleRate;
  private readonly exceptConsumers: ReadonlySet<string>;
  /** Of consumers that are in one. */
  private readonly groups: ReadonlyMap<string, AnswerGroup>;
  private readonly shapes: RouteShapes;
  private readonly bodies: BodyQueue;
  private readonly versions: Readonly<Record<Track, string>>;
  /** Null until a sticky key has come. */
  private told: ToldUsers | null = null;

  constructor(
    { sample, ignore, exceptConsumers, groups = [] }: ShapeReads,
    { endpoints, bodies, versions }: ShapeParts,
  ) {
    this.rate = new SampleRate(sample, () => performance.now());
    this.exceptConsumers = new Set(exceptConsumers);
    this.groups = new Map(
      groups.flatMap(({ name, consumers }, at) => consumers.map((consumer) => [consumer, { number: at + 1, name }])),
    );
    this.shapes = new RouteShapes(endpoints, ignore);
    this.bodies = bodies;
    this.versions = versions;
  }

  /** Null where the answer is not read. */
  open({ head, ticket, requestId, findings }: ShapedAnswer): PartReader | null {
    const { method, path, consumer, by } = ticket;
    // Forced answers are few, and all that the internal phase has.
    const isRead = by === 'force' || this.isSampled(requestId);
    if (head.status >= FIRST_BAD || path === null || !isRead) return null;
    if (consumer !== null && this.exceptConsumers.has(consumer)) return null;
    const group = consumer === null ? null : (this.groups.get(consumer) ?? null);
    const place = this.shapes.placeOf(method, path, head.status, group);
    if (place === null) return { end: () => findings.shapeUnread('another place') };
    if (this.isRepeated(ticket, place)) return null;
    const answerer = { track: ticket.track, consumer };
    const tell = (mined: Mined) => findings.shape(place.name, this.readAt(place, head, mined, answerer));
    const otherType = otherTypeOf(head);
    const isOther = otherType !== null && !ILL_TYPED.has(otherType);
    const left = () => findings.shapeLeft(place.name);
    if (head.body === 'none' || isOther) return { end: () => tell(NOTHING), left };
    const body = bodyOf(head);
    if ('unreadAs' in body) return { end: () => findings.shapeUnread(body.unreadAs) };
    return new BodyCopy(body.coding, this.bodies, {
      take: (whole) => {
        const told = (mined: MinedBody) => {
          if (mined === 'broken') tell(NOTHING);
          else if (mined === 'too much') findings.shapeUnread('too many fields');
          else if (mined === 'lost') findings.shapeUnread('lost');
          else tell(mined);
        };
        this.bodies.mine({ body: whole, tell: told, requestId });
      },
      giveUp: ({ unreadAs }) => findings.shapeUnread(unreadAs),
      left,
    });
  }

  /** See `MeasurePort.sightings`. */
  sightings(names: readonly SightingName[]): ReadonlyMap<SightingName, Sighting> {
    return this.shapes.sightings(names);
  }

  private isSampled(requestId: string): boolean {
    const share = this.rate.next();
    return share >= 1 || shareOfId(requestId) < share;
  }

  /** Users are counted on sticky routes, for what is drawn are their keys. */
  private isRepeated({ by, key }: AskedRequest, { number }: ShapePlace): boolean {
    if (by !== 'weight' || key === null) return false;
    this.told ??= new ToldUsers();
    return !this.told.isFirst(key, number, performance.now());
  }

  private readAt({ facts }: ShapePlace, head: UpstreamHead, mined: Mined, answerer: Answerer): ReadFacts {
    const found = [...headFacts(head), ...withOwnVersion(mined.facts, this.versions[answerer.track])];
    return facts.read({ found, answerer, show: mined.show });
  }
}
