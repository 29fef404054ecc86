import type { ChosenBy } from '../../split/match.ts';
import type { Track } from '../../split/order.ts';
import { GROUPS } from '../../stats/block.ts';
import { methodIndex } from '../http/method.ts';
import type { AccessNote } from './access-log.ts';
import type { BlockStart, VersionAges } from './address-ages.ts';
import type { RequestTally } from './consumers/consumer-tally.ts';
import type { Counted, LaneTally } from './lane-tally.ts';
import type { PairTally } from './pairs/pair-tally.ts';
import type { VersionTotals } from './totals.ts';

const NO_METHOD = methodIndex('');
/** V8 folds in no exported constant. */
const SHADOW_GROUPS = GROUPS;
/** Node tells of the end of a body that came with its head a moment after the head. */
const SHORTEST_UPLOAD_MS = 1;

/** What is kept of a block for what comes after it has closed. */
export interface BlockHome {
  readonly splitEpoch: number;
  readonly canaryBps: number;
  /** Null once it is closed. */
  block: TicketBlock | null;
}

/** Where a request counts. */
export interface CountingPlace {
  readonly home: BlockHome;
  readonly by: ChosenBy;
  readonly track: Track;
  /** See `Ticket.isYoung`. */
  readonly isYoung: boolean;
}

/** What a request asks of the block in which it began. */
export interface TicketBlock extends BlockStart, Pick<BlockHome, 'splitEpoch' | 'canaryBps'> {
  readonly home: BlockHome;
  /** Of the versions of its order. */
  readonly ages: VersionAges;
  /** Indexed by status code: 1 if the answer is an error. */
  readonly errorStatuses: Uint8Array;
  readonly isClosed: boolean;
  /** Whether its open requests count as slow when it closes: known when it began, see `TimedShare`. */
  readonly countsOpen: boolean;
  laneOf(place: Pick<CountingPlace, 'by' | 'track' | 'isYoung'>): LaneTally;
  readonly pairTally: PairTally;
  remove(ticket: Ticket): void;
}

/** A request body that did not come with its head, as it delays its request. */
export interface Sending {
  /** Whether it is the client's turn. */
  readonly isStarved: boolean;
  /** How long we have waited for the client, at a monotonic time in ms. */
  waitedMs(now: number): number;
  /** When the client had sent it all, in monotonic ms; null until then. */
  readonly sentAt: number | null;
}

/** How chance came to a request's version. */
export interface Drawn {
  /** Uniform over 32 bits: the number that chose. */
  readonly hash: number;
  /** The unit of the sticky key, by which it was drawn; null where there are no units. */
  readonly unit: number | null;
  /** Alike for all requests that are drawn together: their unit, or the hash of their key; null where chance alone drew. */
  readonly key: number | null;
  /** It is an earlier request sent again, and went where that went. */
  readonly isAgain: boolean;
}

/** The one small record that the recorder keeps per request, from its routing to its end. */
export class Ticket implements Counted, CountingPlace {
  readonly block: TicketBlock;
  readonly track: Track;
  readonly by: ChosenBy;
  readonly totals: VersionTotals;
  /** Monotonic ms at which the request head was complete. */
  readonly begunAt: number;
  /** Shadow group of the stable's randomised traffic; null for everything else. */
  readonly group: number | null;
  readonly unit: number | null;
  /** Alike for all randomised requests that are drawn together; null where chance alone drew, or nothing did. */
  key: number | null;
  /** It went where an earlier request had gone: no draw of its own, so it is in no slice. */
  readonly isRepeat: boolean;
  /** The answer's; 0 until its head has come. */
  status = 0;
  /** From the request head to the answer's head, for any answer, less the time the client took to send the rest. */
  answeredMs = 0;
  /** The same, if the latency comparison may use it: null until then, and always null where it says nothing. */
  latencyMs: number | null = null;
  hasEnded = false;
  /** Whether its latency was counted when its block closed. */
  isTimed = false;
  /** Whether it is a 2xx answer without content: known at the end. */
  isEmpty = false;
  /** Whether it reached an address that was young when its block began. */
  isYoung = false;
  /** Whether it is neither an error nor a 4xx, and of a kind that the stable seldom answers there. */
  isUnusual = false;
  /** Whether it was counted as unanswered when it became overdue. */
  isOverdue = false;
  /** See `methodIndex`. */
  method = NO_METHOD;
  /** The path of the request's target; null if not given. */
  path: string | null = null;
  /** Name of the consumer; null where the route does not distinguish consumers. */
  consumer: string | null = null;
  /** Where it is counted for its consumer; null where it is not. */
  tally: RequestTally | null = null;
  /** The client's address; null if not given. */
  client: string | null = null;
  /** Address of the upstream that serves; null until it is known. */
  upstream: string | null = null;
  /** What did not come with the head of the request; null if nothing is missing. */
  upload: Sending | null = null;
  /** For the access log; null where there is none. */
  note: AccessNote | null = null;
  older: Ticket | null = null;
  younger: Ticket | null = null;

  /** `chance`: null if the version was not drawn. */
  constructor(
    block: TicketBlock,
    track: Track,
    by: ChosenBy,
    totals: VersionTotals,
    begunAt: number,
    chance: Drawn | null,
  ) {
    this.block = block;
    this.track = track;
    this.by = by;
    this.totals = totals;
    this.begunAt = begunAt;
    this.unit = chance === null ? null : chance.unit;
    // All units that come last have one hash.
    this.group = chance !== null && track === 'stable' ? (this.unit ?? chance.hash >>> 0) % SHADOW_GROUPS : null;
    this.key = chance === null ? null : chance.key;
    this.isRepeat = chance?.isAgain ?? false;
  }

  get home(): BlockHome {
    return this.block.home;
  }

  /** Records what is asked and by whom, which decides the request's slices and what is learnt of it. */
  describe(method: string, path: string, consumer: string | null, client: string | null = null): void {
    this.method = methodIndex(method);
    this.path = path;
    this.consumer = consumer;
    this.client = client;
  }

  /** How long the version has had for its answer, without the time that the client takes to send its body. */
  ageAt(now: number): number {
    return now - this.begunAt - (this.upload?.waitedMs(now) ?? 0);
  }

  /**
   * How long its body has taken to come, from the choice of the version to its last byte, in ms: the time of its client, and what the
   * version takes to read it. Null when it came with the head or right behind it, and when it is not complete.
   */
  get uploadMs(): number | null {
    const sentAt = this.upload?.sentAt ?? null;
    const ms = sentAt === null ? 0 : sentAt - this.begunAt;
    return ms < SHORTEST_UPLOAD_MS ? null : ms;
  }

  /** What is known about the latency before the end: its age while no answer has come, null if it is left out. */
  latencySoFar(now: number): number | null {
    if (this.status !== 0) return this.latencyMs;
    return this.upload?.isStarved ? null : this.ageAt(now);
  }
}
