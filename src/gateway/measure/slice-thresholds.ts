import { CELL, CELLS, MOST_SLICES } from '../../stats/slice.ts';
import { answersAt, type BlockSlices, FIRST_ANSWERS } from './slice-tally.ts';

/** The share of a slice's answers above its threshold. */
const SLOW_SHARE = 0.05;
/** How far one answer moves the logarithm of a threshold: much at first, little in the end. */
const FIRST_STEP = 0.2;
const LAST_STEP = 0.02;
const SETTLING = 4;
/** Answers above a threshold per unit of its logarithm, at the most: one block must not move it past the quantile. */
const STEEPEST = 1.5;

/**
 * For each slice the latency above which its answers are slow: its own p95, by stochastic approximation from the stable's
 * answers (Robbins, Monro, *A stochastic approximation method*, Annals of Mathematical Statistics 22(3), 1951), without a
 * histogram for each. A block is counted with the thresholds that were known when it began (docs/statistics.md
 * section 3.19).
 */
export class SliceThresholds {
  private readonly ms = new Float64Array(MOST_SLICES);
  private readonly answers = new Float64Array(MOST_SLICES);
  /** Before the first threshold: the slowest answer so far. */
  private readonly slowest = new Float64Array(MOST_SLICES);

  /** A block has closed; `stable` are its counts by row. */
  learn({ rows, ownSlowMs, stable: tally }: BlockSlices, stable: Uint32Array): void {
    for (let row = 0; row * CELLS < stable.length; row += 1) {
      const dimension = rows.names[row]?.dimension;
      if (dimension !== 'endpoint' && dimension !== 'consumer') continue;
      const answers = answersAt(stable, row);
      if (answers === 0) continue;
      this.answers[row] = (this.answers[row] ?? 0) + answers;
      if ((ownSlowMs[row] ?? 0) > 0) this.move(row, answers, stable[row * CELLS + CELL.slow] ?? 0);
      else this.begin(row, tally.slowestOf(row));
    }
  }

  /** By row, for the blocks that begin from now on. */
  read(): Float64Array {
    return this.ms.slice();
  }

  private begin(row: number, slowest: number): void {
    this.slowest[row] = Math.max(this.slowest[row] ?? 0, slowest);
    if ((this.answers[row] ?? 0) >= FIRST_ANSWERS && this.ms[row] === 0) this.ms[row] = this.slowest[row] ?? 0;
  }

  private move(row: number, answers: number, slow: number): void {
    const step = Math.min(FIRST_STEP, Math.max(LAST_STEP, SETTLING / (this.answers[row] ?? 1)));
    const moved = (step * (slow - SLOW_SHARE * answers)) / (1 + step * STEEPEST * answers);
    this.ms[row] = (this.ms[row] ?? 0) * Math.exp(moved);
  }
}
