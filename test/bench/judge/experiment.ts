import type { Policy, PolicyDocument } from '../../../src/policy/schema.ts';
import { formatDuration } from '../../../src/policy/units.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { type Random, seededRandom } from '../../support/random.ts';
import type { Course, Finish } from './race.ts';
import type { Baseline, RivalName } from './rivals.ts';
import { baseQuantile } from './shape.ts';
import type { Scenario } from './traffic.ts';

/** `tiny` is the form that runs with the tests: every row, too few streams to conclude from. */
export type Size = 'tiny' | 'quick' | 'full';

/** One setting of a row, with the rivals' figures on the same streams beside the product's. */
export interface Cell {
  readonly setting: string;
  readonly streams: number;
  readonly figure: number | null;
  readonly note?: string;
  readonly rivals?: Readonly<Partial<Record<RivalName, number>>>;
}

/** A row of the protocol (docs/statistics.md section 6). */
export interface Row {
  readonly id: string;
  readonly scenario: string;
  /** What the figures are. */
  readonly measures: string;
  readonly target: string;
  readonly measured: string;
  readonly passed: boolean;
  /** What the rivals' figures are, where there are any. */
  readonly rivalsMeasure?: string;
  readonly cells: readonly Cell[];
}

/** @example rowNumber({ id: 'J17' }) // 17 */
export function rowNumber({ id }: Pick<Row, 'id'>): number {
  return Number(id.slice(1));
}

export interface Bench {
  readonly seed: number;
  readonly size: Size;
}

const STREAM_PRIME = 7_919;
const ROW_PRIME = 15_485_863;

export function streams({ size }: Bench, counts: Readonly<Record<Size, number>>): number {
  return counts[size];
}

/** The source of chance of the i-th stream of a cell. */
export function randomOf({ seed }: Bench, row: number, cell: number, i: number): Random {
  return seededRandom((seed + row * ROW_PRIME + cell * 104_729 + i * STREAM_PRIME) | 0);
}

/** The default policy with a block of this length, and with parts of the judge's settings replaced. */
export function policyOf(blockMs: number, judge: NonNullable<PolicyDocument['spec']['judge']> = {}): Policy {
  return judgePolicy({
    steps: [
      { weight: '1%', dwell: '1m' },
      { weight: '10%', dwell: '1m' },
      { weight: '50%', dwell: '1m' },
    ],
    judge: { block: formatDuration(blockMs), ...judge },
  });
}

export const BASE_P99_MS = baseQuantile(0.99);

/** A course with what most rows have in common. */
export function courseOf(policy: Policy, scenario: Scenario, blocks: number, parts: Partial<Course> = {}): Course {
  const baseline: Baseline = { errorRate: scenario.errors(0)[0], p99Ms: BASE_P99_MS };
  return {
    policy,
    scenario,
    blocks,
    blocksPerLook: 1,
    position: 'first',
    skipped: [],
    rivals: [],
    baseline,
    until: 'harm',
    ...parts,
  };
}

/** The share of the streams in which each rival rolled back. */
export function rivalShares(finishes: readonly Finish[]): Readonly<Partial<Record<RivalName, number>>> {
  const raced = finishes.filter(({ rivals }) => Object.keys(rivals).length > 0);
  const names = Object.keys(raced[0]?.rivals ?? {}) as RivalName[];
  return Object.fromEntries(
    names.map((name) => [name, raced.filter(({ rivals }) => rivals[name] !== null).length / raced.length]),
  );
}

export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
