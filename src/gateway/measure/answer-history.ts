import { ANSWER_CLASSES, answerClass } from '../../stats/answer-kind.ts';
import type { Block, ForcedAnswers } from '../../stats/block.ts';
import { type EndpointNames, showsEndpoint } from './endpoints/endpoint-names.ts';
import { type KnownEndpoint, KnownEndpoints } from './endpoints/known-endpoints.ts';
import type { ForcedCount, LaneTally } from './lane-tally.ts';
import type { OpenBlock } from './open-block.ts';
import type { Ticket } from './ticket.ts';
import { type EndpointAnswers, halve, usualClasses } from './usual-answers.ts';

/** Of the answers of a block these many are noted at most, so that a busy route pays next to nothing. */
const MOST_IN_A_BLOCK = 200;
/** However many clients share them, each may have this many of these. */
const LEAST_OF_A_CLIENT = 10;
/** What is remembered, from block to block, of how many clients there were. */
const CLIENTS_KEPT = 0.95;
/** Counts are halved at this many answers of an endpoint, so that they follow what the stable does today. */
const MOST_ANSWERS = 2_000;
/** An endpoint that was noted less often may be anybody's invention. */
const ENOUGH_NOTES = 20;
/** Different forced answers that a block tells apart. */
const MOST_FORCED = 200;
const OTHER = 'other';

/**
 * Which classes of answers the stable gives at each endpoint, whether or not a rollout runs: what the forced requests of an
 * internal phase are held against, what is usual there, and which endpoints there are. No client has more than its part in what is noted,
 * so that one which makes up paths cannot make them look like the service's.
 */
export class AnswerHistory implements EndpointAnswers {
  private readonly names: EndpointNames;
  private readonly known = new KnownEndpoints();
  private left = MOST_IN_A_BLOCK;
  private readonly byClient = new Map<string, number>();
  private clients = 1;

  constructor(names: EndpointNames) {
    this.names = names;
  }

  nextBlock(): void {
    if (this.left < MOST_IN_A_BLOCK) for (const one of this.known.all()) one.usual = usualClasses(one.counts);
    this.left = MOST_IN_A_BLOCK;
    this.clients = Math.max(1, this.byClient.size, this.clients * CLIENTS_KEPT);
    this.byClient.clear();
  }

  usualAt({ method, path }: Pick<Ticket, 'method' | 'path'>): number | null {
    return path === null ? null : (this.known.find(this.names.hashOf(method, path))?.usual ?? null);
  }

  /** Whether an endpoint was noted often enough. */
  isKnown(hash: number): boolean {
    return (this.known.find(hash)?.notes ?? 0) >= ENOUGH_NOTES;
  }

  /** The endpoints that were noted often enough, the most frequent first. */
  ranked(): readonly Pick<KnownEndpoint, 'hash' | 'name'>[] {
    const enough = Array.from(this.known.all()).filter(({ notes }) => notes >= ENOUGH_NOTES);
    return enough.sort((left, right) => right.notes - left.notes);
  }

  /** A request has ended; `lane` is where it is counted. */
  note(ticket: Ticket, lane: LaneTally): void {
    if (ticket.track === 'stable') {
      if (ticket.by === 'weight') this.learn(ticket);
    } else if (ticket.by === 'force') {
      this.addForced(ticket, lane);
    }
  }

  /** A block that was read, with its forced answers, each with what the stable has answered there so far. */
  withForced({ lanes }: OpenBlock, read: Block): Block {
    const { answers } = lanes.force.canary;
    if (answers === null) return read;
    return { ...read, forced: { ...read.forced, canary: { ...read.forced.canary, answers: this.tell(answers) } } };
  }

  private learn({ method, path, status, isEmpty, client }: Ticket): void {
    const hasRoom = this.hasRoom(client);
    if (!hasRoom || path === null) return;
    const hash = this.names.hashOf(method, path);
    const isKnown = this.known.find(hash) !== null;
    if (!isKnown && !showsEndpoint(status)) return;
    this.left--;
    const counts = this.known.note(hash, () => this.names.nameOf(method, path))?.counts;
    if (counts === undefined) return;
    const at = answerClass(status, isEmpty);
    counts[at] = (counts[at] ?? 0) + 1;
    if (counts.reduce((sum, count) => sum + count, 0) >= MOST_ANSWERS) halve(counts);
  }

  private hasRoom(client: string | null): boolean {
    if (client === null) return this.left > 0;
    // Those that come when nothing is left have their part in the next block.
    if (this.left === 0 && this.byClient.size * LEAST_OF_A_CLIENT >= MOST_IN_A_BLOCK) return false;
    const noted = this.byClient.get(client) ?? 0;
    const hasRoom = this.left > 0 && noted < Math.max(LEAST_OF_A_CLIENT, MOST_IN_A_BLOCK / this.clients);
    if (hasRoom || noted === 0) this.byClient.set(client, noted + 1);
    return hasRoom;
  }

  private addForced({ method, path, status, isEmpty }: Ticket, lane: LaneTally): void {
    const hash = path === null ? 0 : this.names.hashOf(method, path);
    const known = this.known.find(hash);
    const isNamed = path !== null && (lane.answers?.size ?? 0) < MOST_FORCED && showsEndpoint(status);
    const endpoint = known?.name ?? (isNamed ? this.names.nameOf(method, path) : OTHER);
    const of = {
      endpoint,
      status,
      hash: endpoint === OTHER ? 0 : hash,
      ...(isEmpty ? { isEmpty: true as const } : {}),
    };
    lane.addAnswer(`${of.hash} ${status} ${isEmpty}`, of);
  }

  private tell(answers: ReadonlyMap<string, ForcedCount>): readonly ForcedAnswers[] {
    return Array.from(answers.values(), ({ hash, ...answer }) => {
      // What shares a name with other endpoints says nothing of any.
      const past = answer.endpoint === OTHER ? [] : [...(this.known.find(hash)?.counts ?? NONE)];
      return { ...answer, past };
    });
  }
}

const NONE: readonly number[] = Array.from({ length: ANSWER_CLASSES }, () => 0);
