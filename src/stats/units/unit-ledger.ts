import { WHOLE_BPS } from '../../split/assign.ts';
import { UNITS } from '../../split/unit-draw.ts';
import { decayOver } from '../evidence/decay.ts';
import { UNIT_CELLS, type UnitBlock, type UnitDraws } from './unit-block.ts';
import { UNIT_LOOKS_MS } from './unit-looks.ts';
import { METRIC_CELLS, UNIT_METRICS, type UnitMetric, type UnitPasts } from './unit-metric.ts';

/** One weight, or an hour of the stable alone: what each unit did, all blocks together. */
export interface UnitPeriod {
  readonly canaryBps: number;
  /** Start of the first block and end of the last, epoch ms. */
  readonly since: number;
  readonly until: number;
  /** By unit, `UNIT_CELLS` for each of `UNITS`: counts to 16.7 million exactly, above that within 6e-8 of them. */
  readonly cells: Float32Array;
  /** By unit: 1 where the canary served it, 0 where the stable did or nobody. */
  readonly onCanary: Uint8Array;
}

/** A period in which both versions serve, and what was known before it. */
export interface UnitCounts extends Omit<UnitPeriod, 'cells'> {
  readonly cells: Float32Array | Float64Array;
  readonly draws: UnitDraws;
  readonly past: UnitPasts;
}

/** The past of all units, as it is kept. */
export type LedgerPast = Readonly<Record<UnitMetric, MetricPast>>;

interface MetricPast {
  readonly events: Float32Array;
  readonly expected: Float32Array;
  /** Empty for the mean score, for which no parity is claimed. */
  readonly surplus: Float32Array;
  totals: number;
  squares: number;
}

const HOUR_MS = 3_600_000;
const HALF_LIFE_MS = 24 * HOUR_MS;
/** Shorter periods teach nothing: a weight that rises bit by bit makes them. */
const SHORTEST_PERIOD_MS = 60_000;
const LONGEST_STEP_MS = Math.max(...UNIT_LOOKS_MS);

/**
 * What a sticky route remembers of its units (docs/statistics.md section 3.18): the stable's past, with a half-life of a
 * day, and the counts of the present period. Only closed periods become past, so that what a step is held against was
 * known before it began. Outside of rollouts a period is an hour, so that what day and night do to everybody cancels.
 */
export class UnitLedger {
  readonly past: LedgerPast;
  private open: UnitPeriod | null;
  private closedAt: number | null;
  /** A weight that rises bit by bit does so under one split. */
  private split: { readonly epoch: number; readonly since: number } | null = null;
  /** What is counted apart while the canary warms up, and forgotten then. */
  private warmUp: UnitPeriod | null = null;

  constructor(past: LedgerPast = emptyPast(), open: UnitPeriod | null = null, closedAt: number | null = null) {
    this.past = past;
    this.open = open;
    this.closedAt = closedAt;
  }

  get period(): UnitPeriod | null {
    return this.open;
  }

  /** End of the last period that became past, epoch ms; null before the first. */
  get pastUntil(): number | null {
    return this.closedAt;
  }

  /**
   * Adds a closed block, oldest first. Another weight begins another period, but for nothing at all within a split: that is a trial of
   * the stable, whose answers say nothing of the step.
   *
   * @param warmUpMs how long the blocks of a new split are counted apart: a canary is slower while it is cold
   */
  record(block: UnitBlock, warmUpMs = 0): void {
    const isTrial = block.canaryBps === 0 && block.splitEpoch === this.split?.epoch && (this.open?.canaryBps ?? 0) > 0;
    if (isTrial) return;
    if (this.open !== null && !continues(this.open, block)) this.close(this.open);
    if (block.canaryBps >= WHOLE_BPS) return;
    if (this.split?.epoch !== block.splitEpoch) this.split = { epoch: block.splitEpoch, since: block.startedAt };
    const countedFrom = block.canaryBps > 0 ? this.split.since + warmUpMs : 0;
    const open = this.open ?? periodFrom(block, Math.max(block.startedAt, countedFrom));
    if (block.startedAt < open.since) {
      const known = this.warmUp?.canaryBps === block.canaryBps ? this.warmUp : periodFrom(block, block.startedAt);
      this.open = open;
      this.warmUp = added(known, block);
      return;
    }
    this.warmUp = null;
    this.open = added(open, block);
  }

  /**
   * What the units did under the present weight, or in the warm-up before they are counted for good; null while the stable serves
   * alone. The arrays go on counting.
   */
  counts(draws: UnitDraws): UnitCounts | null {
    const period = this.warmUp ?? this.open;
    if (period === null || period.canaryBps <= 0) return null;
    return { ...period, draws, past: this.past };
  }
  private close(period: UnitPeriod): void {
    this.open = null;
    this.warmUp = null;
    const length = period.until - period.since;
    // A step beyond its last look is begun anew, against the same past: only some of its units were the stable's.
    if (length < SHORTEST_PERIOD_MS || (period.canaryBps > 0 && length >= LONGEST_STEP_MS)) return;
    const kept = decayOver(Math.max(0, period.until - (this.closedAt ?? period.until)), HALF_LIFE_MS);
    for (const metric of UNIT_METRICS) fold(this.past, metric, period, kept);
    this.closedAt = period.until;
  }
}

export function emptyPast(): LedgerPast {
  const none = (surplus = UNITS): MetricPast => ({
    events: new Float32Array(UNITS),
    expected: new Float32Array(UNITS),
    surplus: new Float32Array(surplus),
    totals: 0,
    squares: 0,
  });
  return { errors: none(), clientErrors: none(), p50: none(), p95: none(), p99: none(), shift: none(0) };
}

/** Adds a period of the stable to what is known of a metric. */
function fold(past: LedgerPast, metric: UnitMetric, { cells, onCanary }: UnitPeriod, kept: number): void {
  const { trials, outcome } = METRIC_CELLS[metric];
  const of = past[metric];
  const { events, expected, surplus } = of;
  let all = 0;
  let answers = 0;
  let known = 0;
  for (let unit = 0; unit < UNITS; unit += 1) {
    if (onCanary[unit] === 1) continue;
    all += cells[unit * UNIT_CELLS + outcome] ?? 0;
    answers += cells[unit * UNIT_CELLS + trials] ?? 0;
    known += expected[unit] ?? 0;
  }
  // Of the first period nothing was expected, so that it says nothing of how steady the units are.
  if (surplus.length > 0 && known > 0) {
    of.totals = of.totals * kept + all;
    of.squares = of.squares * kept + all * all;
  }
  const mean = answers === 0 ? 0 : all / answers;
  for (let unit = 0; unit < UNITS; unit += 1) {
    const counted = onCanary[unit] === 1 ? 0 : (cells[unit * UNIT_CELLS + trials] ?? 0);
    const seen = counted === 0 ? 0 : (cells[unit * UNIT_CELLS + outcome] ?? 0);
    const usual = counted * mean;
    if (surplus.length > 0) {
      const more = surplusOf({ seen, usual, mean }, events[unit] ?? 0, expected[unit] ?? 0);
      surplus[unit] = (surplus[unit] ?? 0) * kept + more;
    }
    events[unit] = (events[unit] ?? 0) * kept + (metric === 'shift' ? seen - usual : seen);
    expected[unit] = (expected[unit] ?? 0) * kept + (metric === 'shift' ? counted : usual);
  }
}

// Zero on average while the unit's ratio to the population stays what it was: what chance explains is taken off, also of its past.
function surplusOf(
  { seen, usual, mean }: { readonly seen: number; readonly usual: number; readonly mean: number },
  events: number,
  expected: number,
): number {
  if (usual <= 0 || expected <= 0) return 0;
  const ratio = events / expected;
  const predicted = usual * ratio;
  const chance = predicted * (1 - Math.min(1, ratio * mean)) * (1 + usual / expected);
  return (seen - predicted) ** 2 - chance;
}

function continues(open: UnitPeriod, { startedAt, canaryBps }: UnitBlock): boolean {
  if (canaryBps !== open.canaryBps) return false;
  return startedAt - open.since < (canaryBps > 0 ? LONGEST_STEP_MS : HOUR_MS);
}

function periodFrom({ canaryBps }: UnitBlock, since: number): UnitPeriod {
  const cells = new Float32Array(UNITS * UNIT_CELLS);
  return { canaryBps, since, until: since, cells, onCanary: new Uint8Array(UNITS) };
}

/** The period with one more block; its arrays count on. */
function added(period: UnitPeriod, block: UnitBlock): UnitPeriod {
  const { cells, onCanary } = period;
  for (let row = 0; row < block.units.length; row += 1) {
    const unit = block.units[row] ?? 0;
    if (unit >= UNITS) continue;
    if (block.onCanary[row] === 1) onCanary[unit] = 1;
    for (let cell = 0; cell < UNIT_CELLS; cell += 1) {
      const at = unit * UNIT_CELLS + cell;
      cells[at] = (cells[at] ?? 0) + (block.cells[row * UNIT_CELLS + cell] ?? 0);
    }
  }
  return { ...period, until: Math.max(period.until, block.startedAt + block.durationMs) };
}
