import { messageOf } from '../problem/log.ts';
import { type LookAge, lookAgeInWords } from '../rollout/look-age.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import type { UnreadableRollout } from '../store/store.ts';
import type { ClockOffset, DatabaseTime } from './database-time.ts';

/** A smaller shift is a clock that is being slewed. */
const LEAST_STEP_MS = 1_000;

interface Seen {
  /** Its last known state in the database; null for a record that could never be read. */
  record: RolloutRecord | null;
  readonly route: string;
  lookedAtMs: number;
  /** The last `lookedAt` that this process wrote, and how far the database's clock was from the monotonic one then. */
  heard: { readonly lookedAt: number; readonly offset: ClockOffset } | null;
  failures: number;
  trouble: string | null;
  /** The last change of it that this process wrote; see `Looks.changes`. */
  change: number;
}

/**
 * The looks at the running rollouts, on a monotonic clock. A successful tick says nothing about each rollout: one may
 * fail to be looked at or committed while the others are fine, and everything may stand still without any error.
 */
export class Looks {
  private readonly seen = new Map<string, Seen>();
  private readonly failuresOf = new Map<string, number>();
  /** How many changes this process has written. */
  changes = 0;
  private readonly monotonic: () => number;
  private readonly time: Pick<DatabaseTime, 'offset'>;
  private readonly overdueMs: number;

  constructor(monotonic: () => number, time: Pick<DatabaseTime, 'offset'>, overdueMs: number) {
    this.monotonic = monotonic;
    this.time = time;
    this.overdueMs = overdueMs;
  }

  /**
   * The running rollouts, as the database has them at `at`; all others that were known have ended. What was started or changed while they
   * were read stays as it was written: of that they say nothing.
   *
   * @param since `changes` before they were read
   */
  keep(active: readonly RolloutRecord[], unreadable: readonly UnreadableRollout[], at: number, since: number): void {
    const ids = new Set([...active.map(({ rollout }) => rollout.id), ...unreadable.map(({ id }) => id)]);
    for (const [id, { change }] of this.seen) if (!ids.has(id) && change <= since) this.seen.delete(id);
    for (const record of active) {
      const { id, route } = record.rollout;
      const known = this.seen.get(id);
      if (known) known.record = known.change <= since ? record : known.record;
      else this.add(id, route, record, Math.max(0, at - record.evidence.lookedAt));
    }
    for (const { id, route, reason } of unreadable) {
      const known = this.seen.get(id) ?? this.add(id, route, null, 0);
      this.count(known, reason);
    }
  }

  /** A rollout was started, or changed by an operator. */
  changed(record: RolloutRecord): void {
    const { id, route } = record.rollout;
    const known = this.seen.get(id);
    const changed = known ?? this.add(id, route, record, 0);
    changed.record = record;
    changed.change = ++this.changes;
    const { lookedAt } = record.evidence;
    const offset = this.time.offset();
    if (changed.heard?.lookedAt !== lookedAt) changed.heard = offset && { lookedAt, offset };
  }

  /** A look was committed. */
  committed(record: RolloutRecord): void {
    this.changed(record);
    const known = this.seen.get(record.rollout.id);
    if (!known) return;
    known.lookedAtMs = this.monotonic();
  }

  /** The look was committed, and its orders were carried out. */
  well(id: string): void {
    const known = this.seen.get(id);
    if (!known) return;
    known.failures = 0;
    known.trouble = null;
  }

  /** The number of failures since the last successful look. */
  failed(id: string, error: unknown): number {
    const known = this.seen.get(id);
    if (!known) return 0;
    this.count(known, messageOf(error));
    return known.failures;
  }

  /** No rollout could be looked at. */
  allFailed(error: unknown): void {
    for (const known of this.seen.values()) this.count(known, messageOf(error));
  }

  /** Another process leads. */
  clear(): void {
    this.seen.clear();
  }

  standing(id: string): LookAge | null {
    const known = this.seen.get(id);
    if (!known) return null;
    const { failures, trouble } = known;
    return { agoMs: this.agoMs(known), overdueMs: this.overdueMs, failures, trouble };
  }

  /**
   * By how much the database's clock was set since the look that wrote `lookedAt`, in ms. If another process made that
   * look, all we can tell is that the clock was set back at least to now.
   */
  stepMs({ rollout, evidence }: RolloutRecord, at: number): number {
    const { lookedAt } = evidence;
    const heard = this.seen.get(rollout.id)?.heard;
    const now = this.time.offset();
    if (heard?.lookedAt !== lookedAt || now === null) return at < lookedAt - LEAST_STEP_MS ? at - lookedAt : 0;
    const stepMs = now.ms - heard.offset.ms;
    // A slow answer says less about when it was given.
    const leastMs = LEAST_STEP_MS + now.unsureMs + heard.offset.unsureMs;
    return Math.abs(stepMs) < leastMs ? 0 : Math.round(stepMs);
  }

  /** The running rollouts, as they were last read or written. */
  known(): readonly RolloutRecord[] {
    return [...this.seen.values()].flatMap(({ record }) => (record ? [record] : []));
  }

  find(id: string): RolloutRecord | null {
    return this.seen.get(id)?.record ?? null;
  }

  /** One sentence for each rollout that is not looked at as it should be, starting with its route. */
  troubles(): readonly string[] {
    return [...this.seen.values()].flatMap((known) => {
      const agoMs = this.agoMs(known);
      if (known.failures === 0 && agoMs <= this.overdueMs) return [];
      return [sentence(known, agoMs)];
    });
  }

  /** By route: the age of the last look, and the failed looks since this process began. */
  figures(): readonly {
    readonly id: string;
    readonly route: string;
    readonly agoMs: number;
    readonly failures: number;
  }[] {
    return [...this.seen].map(([id, known]) => ({
      id,
      route: known.route,
      agoMs: this.agoMs(known),
      failures: this.failuresOf.get(known.route) ?? 0,
    }));
  }

  private add(id: string, route: string, record: RolloutRecord | null, agoMs: number): Seen {
    const lookedAtMs = this.monotonic() - agoMs;
    const added: Seen = { record, route, lookedAtMs, heard: null, failures: 0, trouble: null, change: 0 };
    this.seen.set(id, added);
    return added;
  }

  private count(known: Seen, trouble: string): void {
    known.failures += 1;
    // It becomes the end of a longer sentence.
    known.trouble = trouble.replace(/\.$/, '');
    this.failuresOf.set(known.route, (this.failuresOf.get(known.route) ?? 0) + 1);
  }

  private agoMs({ lookedAtMs }: Seen): number {
    return Math.max(0, this.monotonic() - lookedAtMs);
  }
}

function sentence({ route, record, failures, trouble }: Seen, agoMs: number): string {
  if (record === null) return `${route}: ${trouble}`;
  const { version } = record.rollout.canary;
  return `${route}: the rollout of ${version} was last looked at ${lookAgeInWords({ agoMs, failures, trouble })}`;
}
