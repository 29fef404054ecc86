import type { ChosenBy } from '../../split/match.ts';
import type { SplitOrder, Track } from '../../split/order.ts';
import { isWithoutContent, statusClass } from '../../stats/answer-kind.ts';
import type { Block } from '../../stats/block.ts';
import type { SliceBlock } from '../../stats/slice.ts';
import type { TrafficDurations, TrafficTotals } from '../gateway.ts';
import type { Clock } from '../http/clock.ts';
import type { AccessEnd, AccessLog } from './access-log.ts';
import { agesFor, type VersionAges } from './address-ages.ts';
import { AnswerHistory } from './answer-history.ts';
import { ClosedBlocks, KEPT_BLOCKS } from './closed-blocks.ts';
import { EndpointNames } from './endpoints/endpoint-names.ts';
import { KeyShares, type KeyUse } from './key-shares.ts';
import { errorTable, isSameSplit, OpenBlock } from './open-block.ts';
import { RoutePairs } from './pairs/route-pairs.ts';
import type { BodyQueue } from './reading/body-queue.ts';
import { RouteReading } from './route-reading.ts';
import { SliceHistory, withSlices } from './slice-history.ts';
import { type BlockHome, type CountingPlace, type Drawn, Ticket } from './ticket.ts';
import { TimedShare } from './timed-share.ts';
import { countStatus, RouteTotals, type VersionTotals } from './totals.ts';
import { type Leaving, LONG_OWED_MS, LONGEST_OVERDUE_MS, overdueAfter, SHORTEST_OVERDUE_MS } from './turn.ts';
import { UnitRecord } from './unit-record.ts';
import { UsualAnswers } from './usual-answers.ts';

/** Called for every outcome of unforced traffic that began under the current order; `key` as in `Drawn`, null where a rule chose. */
export type OutcomeListener = (track: Track, outcome: 'success' | 'failure', key: number | null) => void;

export interface RecorderListeners {
  readonly onOutcome?: OutcomeListener;
  readonly accessLog?: AccessLog | null;
  /** Bodies of answers that wait to be read; no answer is read where there is none. */
  readonly bodies?: BodyQueue;
}

type Assignment = NonNullable<Block['assignment']>;

/** Whether to report where a version is worse, the route's declared path templates, and how its versions are assigned. */
export interface RecorderOptions {
  readonly slices: 'on' | 'off';
  readonly templates: readonly string[];
  /** How an order assigns versions; null if that cannot be said. */
  readonly assignmentOf: (order: SplitOrder) => Assignment | null;
}

/**
 * Measures one route: integer counts per version and block. A request belongs to the block in which it began.
 *
 * When a block closes before one of its requests has ended, the request's latency is counted then, at its age, and the
 * rest of it when it ends, in the block open by then, if that block has the same split. Otherwise the late
 * outcome is dropped: mixing outcomes of two weights in one block would compare populations of different sizes as if
 * they were one (Simpson's paradox), and a slow error is already in the evidence as slow.
 */
export class RouteRecorder {
  private readonly clock: Clock;
  private readonly onOutcome: OutcomeListener;
  private readonly accessLog: AccessLog | null;
  private readonly counts: RouteTotals;
  private readonly assignmentOf: RecorderOptions['assignmentOf'];
  private readonly keys = new KeyShares();
  private readonly timedShare = new TimedShare();
  private readonly usual = new UsualAnswers();
  /** Of the order in force. */
  private assignment: Assignment | null;
  private order: SplitOrder;
  private errorStatuses: Uint8Array;
  readonly reading: RouteReading;
  /** Answers of both versions to the same requests. */
  readonly pairs: RoutePairs<BlockHome>;
  private ages: VersionAges;
  private totalsOf: Readonly<Record<Track, VersionTotals>>;
  private readonly history: SliceHistory | null;
  /** Null until keys are drawn by unit. */
  unitRecord: UnitRecord | null = null;
  private readonly answers: AnswerHistory | null;
  readonly names: EndpointNames;
  private running: OpenBlock;
  /** Blocks whose span is over but whose requests are not; oldest first. */
  private over: { readonly block: OpenBlock; readonly durationMs: number }[] = [];
  /** Requests of closed blocks that were unanswered when their block closed; oldest first. */
  private waiting: Ticket[] = [];
  private readonly closed = new ClosedBlocks();
  /** The age at which an open request counts as slow, as last asked for. */
  private slowAfterMs = Number.POSITIVE_INFINITY;

  constructor(
    clock: Clock,
    order: SplitOrder,
    listeners: RecorderListeners = {},
    { slices, templates, assignmentOf }: RecorderOptions = {
      slices: 'off',
      templates: [],
      assignmentOf: () => 'per-request',
    },
  ) {
    this.clock = clock;
    this.onOutcome = listeners.onOutcome ?? (() => {});
    this.accessLog = listeners.accessLog ?? null;
    this.counts = new RouteTotals(order.route);
    this.names = new EndpointNames(templates);
    this.answers = slices === 'on' ? new AnswerHistory(this.names) : null;
    this.history = slices === 'on' ? new SliceHistory(this.names, () => this.answers?.ranked() ?? []) : null;
    this.assignmentOf = assignmentOf;
    this.order = order;
    this.ages = agesFor(order, clock, null);
    this.assignment = assignmentOf(order);
    this.errorStatuses = errorTable(order.measure.errorStatuses);
    const endpoints = { names: this.names, isKnown: (hash: number) => this.answers?.isKnown(hash) ?? false };
    this.reading = new RouteReading(order, (place) => this.laneOf(place), listeners.bodies ?? null, endpoints);
    this.pairs = new RoutePairs((home) => this.blockAt(home)?.pairTally ?? null, endpoints);
    this.pairs.follow(order.rolloutId);
    this.totalsOf = this.totalsFor(order);
    this.running = this.newBlock(clock.monotonic());
  }

  /** Closes the running block and continues under another order: no block spans two splits. */
  follow(order: SplitOrder): void {
    const now = this.clock.monotonic();
    this.roll(now);
    this.finishRunning(now - this.running.from);
    this.history?.follow(this.order, order);
    this.unitRecord?.follow(order);
    this.timedShare.follow(this.order, order);
    this.order = order;
    this.ages = agesFor(order, this.clock, this.ages);
    this.assignment = this.assignmentOf(order);
    this.errorStatuses = errorTable(order.measure.errorStatuses);
    this.reading.follow(order);
    this.pairs.follow(order.rolloutId);
    this.totalsOf = this.totalsFor(order);
    this.running = this.newBlock(now);
  }

  /** A request has been routed. */
  begin(track: Track, by: ChosenBy, drawn: Drawn | null = null, use: KeyUse | null = null): Ticket {
    const now = this.clock.monotonic();
    if (now - this.running.from >= this.order.measure.blockMs) this.roll(now);
    const { running } = this;
    const chance = by === 'weight' ? drawn : null;
    if (by === 'weight') running.countDraw(track, chance);
    if (chance !== null && use !== null && this.assignment !== 'per-request' && running.isCompared) {
      this.keys.add(chance.unit ?? chance.hash, use, now);
    }
    const { stable, canary } = this.totalsOf;
    const ticket = new Ticket(running, track, by, track === 'stable' ? stable : canary, now, chance);
    running.add(ticket);
    return ticket;
  }

  /** A connection was found for a request; null where its address is not known. */
  reached(ticket: Ticket, address: string | null): void {
    ticket.upstream = address;
    if (address === null || ticket.by !== 'weight' || ticket.hasEnded) return;
    ticket.isYoung = ticket.block.ages[ticket.track].reach(address, ticket.block);
  }

  /** The head has come. Without latency are errors, 4xx, `stream`s (tunnels and events), and what the stable seldom answers. */
  answered(ticket: Ticket, status: number, kind: 'whole' | 'stream'): void {
    ticket.status = status;
    ticket.answeredMs = ticket.ageAt(this.clock.monotonic());
    ticket.isEmpty = isWithoutContent(status);
    if (kind === 'stream' || (status >= 400 && status < 500) || ticket.block.errorStatuses[status] === 1) return;
    ticket.isUnusual = !this.usual.isUsual(ticket, this.answers);
    if (!ticket.isUnusual) ticket.latencyMs = ticket.answeredMs;
  }

  /** An answer that could have had content is complete without any. */
  empty(ticket: Ticket): void {
    if (statusClass(ticket.status) !== 2 || ticket.isEmpty) return;
    ticket.isEmpty = true;
    ticket.isUnusual = !this.usual.isUsual(ticket, this.answers);
    if (ticket.isUnusual) ticket.latencyMs = null;
  }

  /** The answer is complete. */
  complete(ticket: Ticket): void {
    if (!this.end(ticket, 'complete')) return;
    const { outcomes, durations } = ticket.totals;
    countStatus(outcomes, ticket.status);
    durations.answered(ticket.method, ticket.status, ticket.answeredMs);
    this.countAnswer(ticket);
  }

  /** The version gave no complete answer: it was refused, reset, timed out, or broken off. */
  fail(ticket: Ticket): void {
    if (!this.end(ticket, 'unanswered')) return;
    this.countEnd(ticket, 'unanswered');
    ticket.tally?.count(ticket, 'error');
    const lane = this.laneOf(ticket);
    if (!lane) return;
    lane.count(ticket, 'error', null);
    this.answers?.note(ticket, lane);
    this.report(ticket, 'failure');
  }

  /** The client broke the exchange, or was what it waited for: no version is charged. */
  leave(ticket: Ticket): void {
    if (this.end(ticket, 'client-gone')) this.countEnd(ticket, 'client-gone');
  }

  /**
   * The client went away (499). That charges no version, but one that makes its clients wait is left more often: where it
   * was the version's turn, the request counts as unanswered, once. One that had waited too long by then was slow, too.
   * Once the client has seen anything of the answer it may know the version, so that nothing may depend on when it leaves
   * (docs/statistics.md section 3.10): the answer counts as its head says.
   */
  abandon(ticket: Ticket, turn: Leaving): void {
    const now = this.clock.monotonic();
    if (!this.end(ticket, 'client-gone')) return;
    this.countEnd(ticket, 'client-gone');
    const owedMs = turn === 'rest' ? ticket.ageAt(now) - ticket.answeredMs : 0;
    if (turn === 'answered' || turn === 'rest') {
      if (owedMs < LONG_OWED_MS) this.countAnswer(ticket);
      return;
    }
    if (turn === 'clients' || ticket.isOverdue) return;
    const lane = this.laneOf(ticket);
    if (!lane) return;
    // Forced requests are not compared: each is charged, so one whose client hardly waited is not.
    if (ticket.by === 'force') {
      if (ticket.ageAt(now) < Math.min(this.slowAfterMs, SHORTEST_OVERDUE_MS)) return;
      if (ticket.status === 0) this.answers?.note(ticket, lane);
    }
    lane.unanswered++;
    const isCounted = !ticket.block.isClosed && (ticket.block.countsOpen || ticket.status !== 0);
    const latencyMs = isCounted ? ticket.latencySoFar(now) : null;
    if (latencyMs !== null && latencyMs >= this.slowAfterMs) lane.countOpen(ticket, latencyMs);
  }

  /** The gateway itself did not serve it, because of a limit or a shortage of its own: no version is charged. */
  refuse(ticket: Ticket): void {
    if (this.end(ticket, 'refused')) this.countEnd(ticket, 'refused');
  }

  /** Our own code threw: it appears in no version's numbers. */
  withdraw(ticket: Ticket): void {
    this.end(ticket, 'internal-error');
  }

  /** See `MeasurePort.collect`. */
  collect(after: string | null, slowAfterMs: number): { readonly blocks: readonly Block[]; readonly cursor: string } {
    this.closed.forget(after);
    return this.peek(null, slowAfterMs);
  }

  /** See `MeasurePort.peek`. */
  peek(after: string | null, slowAfterMs: number): { readonly blocks: readonly Block[]; readonly cursor: string } {
    this.closeDue(slowAfterMs);
    return { blocks: this.closed.after(after), cursor: this.closed.cursor };
  }

  private closeDue(slowAfterMs: number): void {
    const now = this.clock.monotonic();
    this.slowAfterMs = slowAfterMs;
    this.roll(now);
    this.reading.look(slowAfterMs);
    this.countOverdue(now, slowAfterMs);
    let closable = 0;
    for (const { block, durationMs } of this.over) {
      if (!block.mayClose(now, slowAfterMs)) break;
      this.waiting.push(...block.close(now));
      const read = { ...block.read(durationMs), ...this.unitRecord?.worstOf(block) };
      const closed = this.answers?.withForced(block, read) ?? read;
      const slices = this.history?.keep(block, durationMs, closed.stable?.latency ?? {}) ?? null;
      this.closed.add(slices === null ? closed : withSlices(closed, slices));
      this.unitRecord?.keep(block, durationMs, closed.stable?.latency ?? {});
      closable++;
    }
    this.over.splice(0, closable);
    if (closable > 0) this.history?.learn();
  }

  totals(): TrafficTotals[] {
    return this.counts.read();
  }

  durations(): TrafficDurations[] {
    return this.counts.readDurations();
  }

  /** See `MeasurePort.slices`. */
  slices(): readonly SliceBlock[] {
    return this.history?.read() ?? [];
  }

  /** See `MeasurePort.tend`. */
  tend(): void {
    this.closeDue(Math.min(this.slowAfterMs, LONGEST_OVERDUE_MS));
  }

  private countAnswer(ticket: Ticket): void {
    const isError = ticket.block.errorStatuses[ticket.status] === 1;
    const isClientError = !isError && ticket.status >= 400 && ticket.status < 500;
    const outcome = isError ? 'error' : isClientError ? 'client-error' : 'other';
    // Also when its block is closed: of a consumer, no two weights are compared.
    ticket.tally?.count(ticket, outcome);
    const lane = this.laneOf(ticket);
    if (!lane) return;
    const { isClosed, countsOpen } = ticket.block;
    lane.count(ticket, outcome, isClosed && (countsOpen || ticket.isTimed) ? null : ticket.latencyMs);
    if (ticket.by === 'weight' && ticket.track === 'stable') this.usual.learn(ticket);
    if (ticket.by === 'weight') this.timedShare.note(ticket.track, ticket.latencyMs === null ? 'left-out' : 'timed');
    this.answers?.note(ticket, lane);
    this.report(ticket, isError ? 'failure' : 'success');
  }

  private countEnd({ totals, method, begunAt }: Ticket, end: 'unanswered' | 'client-gone' | 'refused'): void {
    totals.outcomes[end]++;
    totals.durations.ended(method, end, this.clock.monotonic() - begunAt);
  }

  private totalsFor(order: SplitOrder): Readonly<Record<Track, VersionTotals>> {
    const stable = this.counts.of('stable', order.stable.version);
    return { stable, canary: order.canary ? this.counts.of('canary', order.canary.version) : stable };
  }

  private newBlock(from: number): OpenBlock {
    const now = this.clock.monotonic();
    const { assignment } = this;
    if (assignment === 'by-key') this.unitRecord ??= new UnitRecord(this.order);
    this.answers?.nextBlock();
    this.usual.nextBlock();
    return new OpenBlock(
      this.order,
      this.errorStatuses,
      assignment,
      this.history?.of(this.order, assignment) ?? null,
      assignment === 'by-key' ? (this.unitRecord?.open() ?? null) : null,
      Math.round(this.clock.wall() - (now - from)),
      from,
      this.timedShare.isAlike,
      this.ages,
    );
  }

  /** Ends every block whose span is over; silence makes blocks too. */
  private roll(now: number): void {
    const { blockMs } = this.order.measure;
    const spans = Math.floor((now - this.running.from) / blockMs);
    // After a silence longer than everything kept, only the last spans can matter.
    const skipped = Math.max(0, spans - KEPT_BLOCKS);
    for (let span = skipped; span < spans; span++) {
      const from = this.running.from + (span === skipped ? (skipped + 1) * blockMs : blockMs);
      this.finishRunning(blockMs);
      this.running = this.newBlock(from);
    }
  }

  private finishRunning(spanMs: number): void {
    const durationMs = Math.round(spanMs);
    if (durationMs === 0 && this.running.isEmpty) return;
    if (this.assignment !== 'per-request' && this.running.isCompared) this.running.keys = this.keys.read();
    this.over.push({ block: this.running, durationMs });
    if (this.closed.count + this.over.length <= KEPT_BLOCKS) return;
    if (this.closed.count > 0) {
      this.closed.forgetOldest();
    } else {
      this.waiting.push(...(this.over.shift()?.block.close(this.clock.monotonic()) ?? []));
    }
  }

  // Like a late outcome, it counts in the block open by then, and not in a block with another split.
  private countOverdue(now: number, slowAfterMs: number): void {
    const overdueMs = overdueAfter(slowAfterMs);
    this.waiting = this.waiting.filter((ticket) => {
      if (ticket.hasEnded || ticket.status !== 0) return false;
      if (ticket.by === 'force' || ticket.ageAt(now) < overdueMs) return true;
      ticket.isOverdue = true;
      const lane = this.laneOf(ticket);
      if (lane) lane.unanswered++;
      return false;
    });
  }

  /** False if the ticket had already ended: the first outcome of a request stands. */
  private end(ticket: Ticket, outcome: AccessEnd['outcome']): boolean {
    if (ticket.hasEnded) return false;
    ticket.hasEnded = true;
    if (!ticket.block.isClosed) ticket.block.remove(ticket);
    if (ticket.note && this.accessLog) {
      const { note, track, by, status, begunAt } = ticket;
      this.accessLog.add(note, { outcome, track, by, status, ms: this.clock.monotonic() - begunAt });
    }
    return true;
  }

  private report({ block, by, track, key }: Ticket, outcome: 'success' | 'failure'): void {
    if (by !== 'force' && isSameSplit(block, this.running)) this.onOutcome(track, outcome, key);
  }

  private laneOf(place: CountingPlace) {
    return this.blockAt(place.home)?.laneOf(place) ?? null;
  }

  private blockAt(home: BlockHome) {
    if (home.block !== null) return home.block;
    this.roll(this.clock.monotonic());
    return isSameSplit(home, this.running) ? this.running : null;
  }
}
