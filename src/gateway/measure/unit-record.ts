import { WHOLE_BPS } from '../../split/assign.ts';
import type { SplitOrder } from '../../split/order.ts';
import { UNITS } from '../../split/unit-draw.ts';
import type { Block, LatencyCounts } from '../../stats/block.ts';
import { type KnownUnits, knownUnits } from '../../stats/units/known-units.ts';
import { decodeLedger, encodeLedger } from '../../stats/units/ledger-bytes.ts';
import { UNIT_CELL, UNIT_CELLS, type UnitBlock, type UnitDraws } from '../../stats/units/unit-block.ts';
import { type UnitCounts, UnitLedger } from '../../stats/units/unit-ledger.ts';
import { UnitEdgesLearner } from './unit-edges.ts';
import { UnitTally } from './unit-tally.ts';

/** A block that has closed. */
interface TalliedBlock extends Pick<UnitBlock, 'startedAt' | 'splitEpoch' | 'canaryBps'> {
  readonly units: UnitTally | null;
}

/**
 * What a sticky route remembers of its units, with or without a rollout: 1.1 MB, however many keys there are, and 0.4 MB more
 * while a canary warms up. Each block is added once, when it closes.
 */
export class UnitRecord {
  private readonly learner: UnitEdgesLearner;
  private ledger = new UnitLedger();
  private isEmpty = true;
  private warmUpMs = 0;
  /** Errors by unit since the canary serves everybody. */
  private alone: { readonly splitEpoch: number; readonly errors: Float32Array } | null = null;

  constructor(order: SplitOrder) {
    this.learner = new UnitEdgesLearner(order);
    this.warmUpMs = order.measure.warmUpMs ?? 0;
  }

  follow(order: SplitOrder): void {
    this.warmUpMs = order.measure.warmUpMs ?? 0;
    this.learner.follow(order);
  }

  /** For a new block. */
  open(): UnitTally {
    return new UnitTally(this.learner.present);
  }

  keep({ startedAt, splitEpoch, canaryBps, units }: TalliedBlock, durationMs: number, stable: LatencyCounts): void {
    // A restart begins with an instant of the stable alone, which would end the period that was stored.
    if (units !== null && !units.isEmpty) {
      this.ledger.record(units.read({ startedAt, durationMs, splitEpoch, canaryBps }), this.warmUpMs);
      this.isEmpty = false;
    }
    this.learner.learn(durationMs, stable);
  }

  /**
   * Where the canary serves everybody, what the unit with the most errors since then did in the block; null before the
   * first error. To be asked once for each block.
   */
  worstOf({ units, startedAt, splitEpoch, canaryBps }: TalliedBlock): Pick<Block, 'worstUnit'> | null {
    if (canaryBps < WHOLE_BPS) this.alone = null;
    if (canaryBps < WHOLE_BPS || units === null || units.isEmpty) return null;
    if (this.alone?.splitEpoch !== splitEpoch) this.alone = { splitEpoch, errors: new Float32Array(UNITS) };
    const { errors } = this.alone;
    const counted = units.read({ startedAt, durationMs: 0, splitEpoch, canaryBps });
    const inBlock = (row: number, cell: number) => counted.cells[row * UNIT_CELLS + cell] ?? 0;
    for (const [row, unit] of counted.units.entries()) {
      errors[unit] = (errors[unit] ?? 0) + inBlock(row, UNIT_CELL.errors);
    }
    const most = errors.reduce((highest, count) => Math.max(highest, count), 0);
    if (most === 0) return null;
    const row = counted.units.indexOf(errors.indexOf(most));
    const [requests, failed] = row < 0 ? [0, 0] : [inBlock(row, UNIT_CELL.requests), inBlock(row, UNIT_CELL.errors)];
    return { worstUnit: { requests, errors: failed } };
  }

  counts(draws: UnitDraws): UnitCounts | null {
    return this.ledger.counts(draws);
  }

  known(): KnownUnits | null {
    return knownUnits(this.ledger);
  }

  /** To be stored. */
  bytes(): Uint8Array {
    return encodeLedger(this.ledger);
  }

  /** Goes on with what was stored, unless something was recorded since; bytes of another version are as none. */
  restore(bytes: Uint8Array): void {
    if (this.isEmpty) this.ledger = decodeLedger(bytes) ?? this.ledger;
  }
}
