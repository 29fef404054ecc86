import { endOfDay } from '../../../consumers/consumer.ts';
import { type ConsumerDay, mergeConsumerDays, utcDayOf } from '../../../consumers/ledger/consumer-day.ts';
import type { Track } from '../../../split/order.ts';
import type { Clock } from '../../http/clock.ts';
import { ConsumerTally, type TallyBook, VersionCounts } from './consumer-tally.ts';

/** Unlisted credentials of a day that are counted one by one. */
const MOST_UNLISTED = 10_000;

/**
 * What each consumer of a route asked since it was read last. Credentials that are not listed are counted one by one, by their keyed
 * hashes, once a version has answered one of them with something else than 401 or 403: so a flood of forged credentials does not take
 * the places of those that are real.
 */
export class ConsumerBook implements TallyBook {
  private readonly route: string;
  private readonly clock: Clock;
  /** Without a credential, or with one that does not verify. */
  readonly none = new ConsumerTally({ kind: 'none' }, this);
  private readonly others = new ConsumerTally({ kind: 'unlisted-others' }, this);
  /** The unlisted that are counted one by one today, by hash. */
  private readonly admitted = new Map<string, ConsumerTally>();
  /** Those that have counts; each once for every version that it met. */
  private counting: ConsumerTally[] = [];
  /** What is counted and not read. */
  private days: ConsumerDay[] = [];
  private day = '';
  dayEndsAt = 0;

  constructor(route: string, clock: Clock) {
    this.route = route;
    this.clock = clock;
    this.beginDay();
  }

  listed(name: string, keyHash: string): ConsumerTally {
    return new ConsumerTally({ kind: 'listed', name, keyHash }, this);
  }

  unlisted(keyHash: string): ConsumerTally {
    return this.admitted.get(keyHash) ?? new ConsumerTally({ kind: 'unlisted', keyHash }, this);
  }

  open(tally: ConsumerTally, track: Track, version: string, status: number): VersionCounts {
    const to = this.placeOf(tally, status);
    const before = to[track];
    if (before?.version === version) return before;
    if (before === null) this.counting.push(to);
    else this.keep(before);
    const counts = new VersionCounts(to.who, version);
    to[track] = counts;
    return counts;
  }

  turn(): void {
    for (const tally of this.counting) {
      for (const counts of [tally.stable, tally.canary]) if (counts !== null) this.keep(counts);
      tally.stable = null;
      tally.canary = null;
    }
    this.counting = [];
    this.beginDay();
  }

  /** What was counted since the last call. */
  take(): readonly ConsumerDay[] {
    this.turn();
    const { days } = this;
    this.days = [];
    return mergeConsumerDays(days);
  }

  private placeOf(tally: ConsumerTally, status: number): ConsumerTally {
    if (tally.who.kind !== 'unlisted') return tally;
    const { keyHash } = tally.who;
    const known = this.admitted.get(keyHash);
    if (known !== undefined) return known;
    if (status === 401 || status === 403 || this.admitted.size >= MOST_UNLISTED) return this.others;
    this.admitted.set(keyHash, tally);
    return tally;
  }

  private keep(counts: VersionCounts): void {
    const { who, version, firstAt, lastAt } = counts;
    const toWall = this.clock.wall() - this.clock.monotonic();
    this.days.push({
      route: this.route,
      who,
      version,
      day: this.day,
      ...counts.read(),
      firstAt: Math.round(firstAt + toWall),
      lastAt: Math.round(lastAt + toWall),
    });
  }

  /** The wall clock may have been set since: how long the day goes on is asked at every reading. */
  private beginDay(): void {
    const wall = this.clock.wall();
    const day = utcDayOf(wall);
    this.dayEndsAt = this.clock.monotonic() + endOfDay(day) - wall;
    if (day !== this.day) this.admitted.clear();
    this.day = day;
  }
}
