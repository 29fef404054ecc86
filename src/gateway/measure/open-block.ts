import { isDivided } from '../../split/assign.ts';
import type { ChosenBy } from '../../split/match.ts';
import type { SplitOrder, Track } from '../../split/order.ts';
import type { Block, KeyReading, YoungVersions } from '../../stats/block.ts';
import type { VersionAges } from './address-ages.ts';
import { LaneTally } from './lane-tally.ts';
import { PairTally } from './pairs/pair-tally.ts';
import { type BlockSlices, openSlices, type Slicing } from './slice-tally.ts';
import type { BlockHome, CountingPlace, Drawn, Ticket, TicketBlock } from './ticket.ts';
import type { UnitTally } from './unit-tally.ts';

type Lanes = Readonly<Record<ChosenBy, Readonly<Record<Track, LaneTally>>>>;

const newLanes = (): Lanes => ({
  weight: { stable: new LaneTally(), canary: new LaneTally() },
  force: { stable: new LaneTally(), canary: new LaneTally() },
  consumer: { stable: new LaneTally(), canary: new LaneTally() },
});

/**
 * A block that is not closed yet: its span may still run, or be over with requests open. The open requests form an
 * intrusive list in the order they began, so the youngest is known without a search.
 */
export class OpenBlock implements TicketBlock {
  readonly splitEpoch: number;
  readonly canaryBps: number;
  readonly hasCanary: boolean;
  /** Indexed by status code: 1 if the answer is an error. */
  readonly errorStatuses: Uint8Array;
  /** Wall-clock start, epoch ms. */
  readonly startedAt: number;
  /** Monotonic start, ms. */
  readonly from: number;
  readonly lanes: Lanes = newLanes();
  /** What young addresses answer to randomised requests. */
  private readonly young = { stable: new LaneTally(), canary: new LaneTally() };
  /** Of the versions of its order. */
  readonly ages: VersionAges;
  /** How long an address that joins is young, ms; 0 where that does not matter. */
  readonly youngMs: number;
  /** Null when nothing is compared, or slices are off. */
  readonly slices: BlockSlices | null;
  /** Null where keys are not drawn by unit. */
  readonly units: UnitTally | null;
  readonly home: BlockHome;
  /** Answers that were compared; null before the first. */
  private pairs: PairTally | null = null;
  isClosed = false;
  /** Whether its open requests count as slow when it closes: known when it began, see `TimedShare`. */
  readonly countsOpen: boolean;
  /** Whether chance divides its traffic between two versions. */
  readonly isCompared: boolean;
  /** Whether a request went where an earlier one had gone: not every request was drawn by itself then. */
  private hasRepeats = false;
  /** Randomised requests that began in the block. */
  private drawnStable = 0;
  private drawnCanary = 0;
  /** Read when the span of the block is over. */
  keys: KeyReading | null = null;
  private readonly assignment: Block['assignment'] | null;
  private oldest: Ticket | null = null;
  private youngest: Ticket | null = null;

  constructor(
    order: SplitOrder,
    errorStatuses: Uint8Array,
    assignment: Block['assignment'] | null,
    slicing: Slicing | null,
    units: UnitTally | null,
    startedAt: number,
    from: number,
    countsOpen: boolean,
    ages: VersionAges,
  ) {
    this.countsOpen = countsOpen;
    this.ages = ages;
    this.youngMs = isDivided(order.canaryBps) && assignment !== 'by-key' ? (order.measure.warmUpMs ?? 0) : 0;
    this.splitEpoch = order.epoch;
    this.canaryBps = order.canaryBps;
    this.home = { splitEpoch: order.epoch, canaryBps: order.canaryBps, block: this };
    this.isCompared = isDivided(order.canaryBps);
    this.hasCanary = order.canary !== null;
    this.errorStatuses = errorStatuses;
    this.assignment = assignment;
    this.startedAt = startedAt;
    this.from = from;
    this.slices = slicing && openSlices(slicing);
    this.units = units;
    this.lanes.weight.stable.units = units;
    this.lanes.weight.canary.units = units;
    this.lanes.weight.stable.slices = this.slices?.stable ?? null;
    this.lanes.weight.canary.slices = this.slices?.canary ?? null;
  }

  /** A randomised request has been routed; `chance` is null where it is not known. */
  countDraw(track: Track, chance: Drawn | null): void {
    if (chance?.isAgain) this.hasRepeats = true;
    else if (track === 'stable') this.drawnStable++;
    else this.drawnCanary++;
  }

  /** Where a request counts, by comparing: to look a property up by a name that varies takes several times as long. */
  laneOf({ by, track, isYoung }: Pick<CountingPlace, 'by' | 'track' | 'isYoung'>): LaneTally {
    const { weight, force, consumer } = this.lanes;
    const lanes = isYoung ? this.young : by === 'weight' ? weight : by === 'force' ? force : consumer;
    return track === 'stable' ? lanes.stable : lanes.canary;
  }

  get pairTally(): PairTally {
    this.pairs ??= new PairTally();
    return this.pairs;
  }

  add(ticket: Ticket): void {
    ticket.older = this.youngest;
    if (this.youngest) this.youngest.younger = ticket;
    else this.oldest = ticket;
    this.youngest = ticket;
  }

  remove(ticket: Ticket): void {
    if (ticket.older) ticket.older.younger = ticket.younger;
    else this.oldest = ticket.younger;
    if (ticket.younger) ticket.younger.older = ticket.older;
    else this.youngest = ticket.older;
    ticket.older = null;
    ticket.younger = null;
  }

  /** Whether the block saw nothing at all. */
  get isEmpty(): boolean {
    if (this.oldest || this.pairs) return false;
    for (const lane of [this.young, ...Object.values(this.lanes)])
      if (!lane.stable.isEmpty || !lane.canary.isEmpty) return false;
    return true;
  }

  /** True when every request of the block has ended, or has been open for `slowAfterMs`. */
  mayClose(now: number, slowAfterMs: number): boolean {
    return this.youngest === null || now - this.youngest.begunAt >= slowAfterMs;
  }

  /** Counts the requests that are still open as slow, and returns those without an answer head yet. */
  close(now: number): Ticket[] {
    this.isClosed = true;
    this.home.block = null;
    const waiting: Ticket[] = [];
    for (let ticket = this.oldest; ticket !== null; ) {
      const next: Ticket | null = ticket.younger;
      const latencyMs = ticket.latencySoFar(now);
      if (latencyMs !== null && (this.countsOpen || ticket.status !== 0)) {
        this.laneOf(ticket).countOpen(ticket, latencyMs);
        ticket.isTimed = true;
      }
      if (ticket.status === 0) waiting.push(ticket);
      this.remove(ticket);
      ticket = next;
    }
    return waiting;
  }

  read(durationMs: number): Block {
    const { weight, force, consumer } = this.lanes;
    const isSaid = this.assignment !== 'per-request' || !this.hasRepeats;
    return {
      startedAt: this.startedAt,
      durationMs,
      splitEpoch: this.splitEpoch,
      canaryBps: this.canaryBps,
      ...(this.assignment && isSaid ? { assignment: this.assignment } : {}),
      ...(this.isCompared ? { drawn: { stable: this.drawnStable, canary: this.drawnCanary } } : {}),
      ...this.readYoung(),
      ...(this.keys ? { keys: this.keys } : {}),
      ...(this.pairs ? { pairs: this.pairs.read() } : {}),
      stable: weight.stable.read(),
      canary: this.hasCanary ? weight.canary.read() : null,
      forced: { stable: force.stable.read(), canary: force.canary.read() },
      ruled: { stable: consumer.stable.read(), canary: consumer.canary.read() },
    };
  }

  // Which addresses are young is known before the first request: whether a block says so depends on no answer.
  private readYoung(): { readonly young?: YoungVersions } {
    const stable = this.ages.stable.youngAt(this);
    const canary = this.ages.canary.youngAt(this);
    if (stable === null && canary === null) return {};
    return {
      young: {
        ...(stable && { stable: { ...stable, tally: this.young.stable.read() } }),
        ...(canary && { canary: { ...canary, tally: this.young.canary.read() } }),
      },
    };
  }
}

type SplitPart = Pick<BlockHome, 'splitEpoch' | 'canaryBps'>;

/** The brake changes the weight within an epoch. */
export function isSameSplit(one: SplitPart, other: SplitPart): boolean {
  return one.splitEpoch === other.splitEpoch && one.canaryBps === other.canaryBps;
}

/** `measure.errorStatuses` as a table indexed by status code. */
export function errorTable(statuses: SplitOrder['measure']['errorStatuses']): Uint8Array {
  const table = new Uint8Array(1000);
  for (const status of statuses) {
    if (status === '4xx') table.fill(1, 400, 500);
    else if (status === '5xx') table.fill(1, 500, 600);
    else table[status] = 1;
  }
  return table;
}
