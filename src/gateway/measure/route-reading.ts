import type { ShapeReads } from '../../split/answer-reads.ts';
import type { SplitOrder, Track } from '../../split/order.ts';
import type { PostedValue, PostOutcome } from '../../stats/answers/posted-value.ts';
import type { Sighting, SightingName } from '../../stats/answers/sighting.ts';
import type { Faults } from '../http/faults.ts';
import type { UpstreamHead } from '../upstream/upstream-client.ts';
import type { LaneTally } from './lane-tally.ts';
import type { ContentOutcome, NoValue, StreamEnd } from './reading/answer-tally.ts';
import type { BodyQueue } from './reading/body-queue.ts';
import { PostableAnswers } from './reading/postable-answers.ts';
import { postedNames } from './reading/posted-reader.ts';
import type { AnswerEnding, Findings, PartReader } from './reading/reader.ts';
import { AnswerReading, OpenReading, type ReportingAnswer } from './reading/readers.ts';
import { shareOfId } from './reading/shape/answer-share.ts';
import type { ReadFacts } from './reading/shape/place-facts.ts';
import type { Endpoints } from './reading/shape/route-shapes.ts';
import { type ShapeFindings, ShapeReading } from './shapes/shape-reader.ts';
import type { CountingPlace, Ticket } from './ticket.ts';

const NONE: readonly PartReader[] = [];
/** Nothing else is known to be slow before the first look. */
const LONGEST_SLOW_MS = 30_000;

/** What of an order says what is read. */
type ReadingOrder = Pick<SplitOrder, 'rolloutId' | 'stable' | 'canary' | 'measure'>;

/** A request whose answer has begun. */
export interface Answered {
  readonly ticket: Ticket;
  readonly requestId: string;
  readonly faults: Faults;
}

/** Where a request counts at present; null where its split is over. */
type LaneOf = (place: CountingPlace) => LaneTally | null;

/** Who takes an answer. */
export interface AnswerTaker {
  /** For how long the answer has waited for its client, at a monotonic time in ms. */
  takingMs(now: number): number;
}

/** What a route reads of its answers, under the order in force. */
export class RouteReading {
  private readonly laneOf: LaneOf;
  private readonly bodies: BodyQueue | null;
  /** Null when the order reads nothing. */
  private compiled: AnswerReading | null = null;
  /** What answers look like; null when the order does not ask. */
  private shapes: ShapeReading | null = null;
  /** What `shapes` was made for. */
  private shapesOf = '';
  /** Readings of answers that go on, at which is looked meanwhile. */
  private readonly watched = new Set<OpenReading>();
  private slowMs = LONGEST_SLOW_MS;
  private readonly postable = new PostableAnswers(() => performance.now());

  private readonly endpoints: Endpoints;

  /** @param bodies null where no answers are read at all */
  constructor(order: ReadingOrder, laneOf: LaneOf, bodies: BodyQueue | null, endpoints: Endpoints) {
    this.laneOf = laneOf;
    this.bodies = bodies;
    this.endpoints = endpoints;
    this.follow(order);
  }

  follow({ rolloutId, stable, canary, measure: { reads } }: ReadingOrder): void {
    const { bodies, postable } = this;
    postable.follow(postedNames(reads?.values ?? {}));
    // No client can foresee the share: one that could would send what fails where nobody looks.
    this.compiled =
      reads === undefined || bodies === null ? null : new AnswerReading(reads, { bodies, postable }, shareOfId);
    const versions = { stable: stable.version, canary: canary?.version ?? '' };
    this.followShapes(reads?.shape, rolloutId, versions);
  }

  /** What is known of places and facts is kept for as long as the same canary is compared. */
  private followShapes(
    shape: ShapeReads | undefined,
    rolloutId: string | null,
    versions: Readonly<Record<Track, string>>,
  ): void {
    const shapesOf = JSON.stringify({ shape, rolloutId, versions });
    if (shapesOf === this.shapesOf) return;
    this.shapesOf = shapesOf;
    const { bodies, endpoints } = this;
    this.shapes =
      shape === undefined || bodies === null ? null : new ShapeReading(shape, { endpoints, bodies, versions });
  }

  /** Once the head has come; null when nothing is read of this answer. */
  begin(answered: Answered, head: UpstreamHead, taker: AnswerTaker): OpenReading | null {
    const { ticket } = answered;
    // A request that has ended was charged already: this is an answer of the stable, which is no evidence.
    if (this.compiled === null || ticket.hasEnded) return null;
    const isWell = !isBad(ticket);
    if (!isWell && this.shapes === null) return null;
    const findings = this.findingsOf(ticket);
    const answer = new AnswerAtHand(answered, head, taker, findings);
    try {
      answer.isSampled = this.compiled.isSampled(answered.requestId);
      const ofShape = this.shapes?.open({ head, ticket, requestId: answered.requestId, findings }) ?? null;
      const others = isWell ? this.compiled.begin(answer) : NONE;
      const readers = ofShape === null ? others : [...others, ofShape];
      if (readers.length === 0) return null;
      const reading = new OpenReading(readers, answer);
      if (reading.isWatched) this.watched.add(reading);
      return reading;
    } catch (error) {
      answer.report(error);
      return null;
    }
  }

  /** @param slowAfterMs the age at which an open request counts as slow */
  look(slowAfterMs: number): void {
    this.slowMs = Math.min(LONGEST_SLOW_MS, slowAfterMs);
    for (const reading of this.watched) reading.look(this.slowMs);
  }

  /** The answer has come to its proper end. */
  end(reading: OpenReading, ending: AnswerEnding): void {
    this.watched.delete(reading);
    reading.end(ending);
  }

  /** The answer comes to no end. `left`: its client went away, or its version left the route. */
  stop(reading: OpenReading, why: 'left' | 'broken'): void {
    this.watched.delete(reading);
    if (why === 'left') reading.left(this.slowMs);
    else reading.drop();
  }

  /** See `MeasurePort.postValues`. */
  post(values: readonly PostedValue[]): PostOutcome[] {
    return this.postable.post(values);
  }

  /** See `MeasurePort.sightings`. */
  sightings(names: readonly SightingName[]): ReadonlyMap<SightingName, Sighting> {
    return this.shapes?.sightings(names) ?? new Map();
  }

  private findingsOf({ home, by, track, isYoung }: Ticket): PlacedFindings {
    return new PlacedFindings(this.laneOf, { home, by, track, isYoung });
  }
}

/** What the readers of one answer ask. */
class AnswerAtHand implements ReportingAnswer {
  readonly head: UpstreamHead;
  readonly findings: Findings;
  isSampled = false;
  private readonly answered: Answered;
  private readonly taker: AnswerTaker;

  constructor(answered: Answered, head: UpstreamHead, taker: AnswerTaker, findings: Findings) {
    this.head = head;
    this.findings = findings;
    this.answered = answered;
    this.taker = taker;
  }

  get requestId(): string {
    return this.answered.requestId;
  }

  ageMs(): number {
    const now = performance.now();
    return this.answered.ticket.ageAt(now) - this.taker.takingMs(now);
  }

  report(error: unknown): void {
    const { faults, requestId } = this.answered;
    faults.report(error, 'reading', requestId);
  }
}

/**
 * What readers find counts in the block in which the request began, or, later, in the one open by then under the same split. May be
 * kept for long: it holds no more of the request than its place.
 */
class PlacedFindings implements Findings, ShapeFindings {
  private readonly laneOf: LaneOf;
  private readonly place: CountingPlace;

  constructor(laneOf: LaneOf, place: CountingPlace) {
    this.laneOf = laneOf;
    this.place = place;
  }

  value(name: string, value: number | NoValue): boolean {
    const lane = this.laneOf(this.place);
    lane?.found.addValue(name, value);
    return lane !== null;
  }

  word(name: string, word: string): void {
    this.laneOf(this.place)?.found.addWord(name, word);
  }

  content(outcome: ContentOutcome, unreadAs?: string): void {
    this.laneOf(this.place)?.found.addContent(outcome, unreadAs);
  }

  streamEnd(end: StreamEnd): void {
    this.laneOf(this.place)?.found.addStreamEnd(end);
  }

  shape(place: string, read: ReadFacts): void {
    this.laneOf(this.place)?.found.addShape(place, read);
  }

  shapeLeft(place: string): void {
    this.laneOf(this.place)?.found.addShapeLeft(place);
  }

  shapeUnread(why: string): void {
    this.laneOf(this.place)?.found.addShapeUnread(why);
  }
}

function isBad({ block, status }: Ticket): boolean {
  return block.errorStatuses[status] === 1 || (status >= 400 && status < 500);
}
