import type { Classification } from './reference-kayenta.ts';

/** Series of Kayenta's own tests with what it makes of them; ranks do not depend on the order of the values. */
export interface TieOut {
  readonly confidence: number;
  readonly control: readonly number[];
  readonly experiment: readonly number[];
  /** R's interval: within 1e-4, R's own tolerance, of where the statistic jumps. */
  readonly interval: readonly [lower: number, upper: number];
}

/** `MannWhitneySuite.scala`, "tie out with R version" and "... again". */
export const TIE_OUTS: readonly TieOut[] = [
  {
    confidence: 0.95,
    control: repeated([
      [1.5, 2],
      [2, 16],
      [2.5, 18],
      [3, 16],
      [3.5, 10],
      [4, 8],
      [4.5, 4],
      [5, 6],
      [5.5, 2],
      [6, 5],
      [8, 1],
      [15.5, 1],
      [54.5, 1],
    ]),
    experiment: repeated([
      [1.5, 9],
      [2, 16],
      [2.5, 22],
      [3, 17],
      [3.5, 9],
      [4, 5],
      [4.5, 1],
      [5, 3],
      [5.5, 1],
      [6, 2],
      [6.5, 2],
      [7, 1],
      [7.5, 1],
      [16.5, 1],
    ]),
    interval: [-0.500002521696696, -3.486287505871302e-5],
  },
  {
    confidence: 0.98,
    control: repeated([
      [0, 1],
      [0.5, 7],
      [1, 32],
      [1.5, 70],
      [2, 33],
      [2.5, 22],
      [3, 6],
      [3.5, 2],
      [4, 3],
      [4.5, 1],
      [5.5, 1],
      [7, 1],
      [7.5, 1],
    ]),
    experiment: repeated([
      [0.5, 20],
      [1, 41],
      [1.5, 67],
      [2, 37],
      [2.5, 3],
      [3, 2],
      [3.5, 3],
      [4, 1],
      [5, 1],
      [5.5, 3],
      [8.5, 1],
      [19, 1],
    ]),
    interval: [-0.4999173250549087, -6.912685789769486e-6],
  },
];

const NEAR_TEN: readonly number[] = [
  4.923, 6.954, 7.798, 7.838, 8.154, 8.271, 8.377, 8.435, 8.921, 8.936, 9.022, 9.275, 9.324, 9.379, 9.748, 9.777,
  10.086, 10.562, 10.587, 10.623, 10.701, 11.054, 11.11, 11.251, 11.421, 11.598, 11.624, 11.91, 12.521, 13.498,
];
const ALSO_NEAR_TEN: readonly number[] = [
  6.187, 6.211, 6.946, 7.002, 7.069, 7.301, 8.102, 8.346, 8.384, 8.498, 8.609, 9.604, 9.794, 9.913, 9.962, 10.115,
  10.16, 10.216, 10.361, 10.372, 10.756, 10.908, 10.946, 11.145, 11.74, 12.113, 12.346, 12.823, 13.272, 14.207,
];
const NEAR_TWENTY: readonly number[] = [
  15.86, 16.44, 16.977, 17.157, 17.779, 17.806, 18.537, 18.655, 19.106, 19.392, 19.51, 19.553, 19.708, 20.068, 20.556,
  20.878, 20.962, 20.978, 21.0, 21.56, 21.659, 21.771, 21.786, 21.81, 21.979, 22.12, 22.627, 22.927, 23.423, 24.056,
];
const ALSO_NEAR_TWENTY: readonly number[] = [
  15.919, 16.105, 16.971, 17.456, 17.554, 17.871, 17.905, 18.234, 18.308, 18.4, 18.854, 18.983, 18.995, 19.062, 19.083,
  19.388, 19.468, 20.051, 20.479, 20.612, 20.758, 20.973, 21.531, 21.767, 22.802, 23.058, 23.469, 24.228, 24.382,
  25.879,
];

/** `ClassifierSuite.scala`, confidence .95 and tolerance .10; the values rounded to three digits. */
export const CLASSIFIED: readonly {
  readonly experiment: readonly number[];
  readonly control: readonly number[];
  readonly expected: Classification;
}[] = [
  { experiment: NEAR_TEN, control: ALSO_NEAR_TEN, expected: 'pass' },
  { experiment: NEAR_TWENTY, control: ALSO_NEAR_TEN, expected: 'high' },
  { experiment: NEAR_TEN, control: ALSO_NEAR_TWENTY, expected: 'low' },
];

function repeated(counts: readonly (readonly [value: number, count: number])[]): readonly number[] {
  return counts.flatMap(([value, count]) => Array.from({ length: count }, () => value));
}
