import { median } from 'simple-statistics';
import type { Policy } from '../../../src/policy/schema.ts';
import { planRollout } from '../../../src/simulate/plan.ts';
import { type ExpectedTraffic, logNormalThrough, shareSlowerThan } from '../../../src/simulate/traffic.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { type Bench, type Cell, courseOf, type Row, randomOf, streams } from './experiment.ts';
import { type Finish, race } from './race.ts';
import { shapeOf } from './shape.ts';

const P50_MS = 40;
/** A stream that takes so many times what was foretold counts as one that never ends. */
const LONGEST = 8;
const WITHIN = [0.5, 2] as const;

interface Foretold {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly weight: number;
  /** p99 over p50. */
  readonly spread: number;
  readonly errorRate: number;
  readonly block: string;
  /** So many times the streams of another setting: chance decides, and the times spread widely. */
  readonly many?: number;
  /** A regression by its place in a plan, and by what it multiplies; null for an equal canary until parity. */
  readonly worse: { readonly at: number; readonly errors: number; readonly latency: number } | null;
}

const EQUAL = null;
const WORSE = {
  errors5x: { at: 1, errors: 5, latency: 1 },
  errors20x: { at: 2, errors: 20, latency: 1 },
  slower10: { at: 3, errors: 1, latency: 1.1 },
  slower25: { at: 4, errors: 1, latency: 1.25 },
  slower2x: { at: 5, errors: 1, latency: 2 },
};
const BUSY = { requestsPerSecond: 100, weight: 0.1, errorRate: 0.001, block: '20s' };
const QUIET = { requestsPerSecond: 0.2, weight: 0.5, errorRate: 0.001, block: '5m', spread: 7.5 };

const CASES: readonly Foretold[] = [
  { ...BUSY, name: 'errors 5x', spread: 7.5, worse: WORSE.errors5x },
  { ...BUSY, name: 'latency +10 %', spread: 7.5, worse: WORSE.slower10 },
  { ...BUSY, name: 'latency +25 %', spread: 7.5, worse: WORSE.slower25 },
  { ...BUSY, name: 'latency +10 %, p99 20 times p50', spread: 20, block: '1m', worse: WORSE.slower10, many: 4 },
  { ...BUSY, name: 'latency +25 %, p99 20 times p50', spread: 20, worse: WORSE.slower25 },
  { ...BUSY, name: 'parity, p99 20 times p50', spread: 20, worse: EQUAL },
  { ...QUIET, name: 'latency +25 % at 0.2 requests/s', worse: WORSE.slower25 },
  { ...QUIET, name: 'latency 2x at 0.2 requests/s', block: '1m', worse: WORSE.slower2x },
  { ...QUIET, name: 'errors 20x of 1 % at 0.2 requests/s', block: '1m', errorRate: 0.01, worse: WORSE.errors20x },
  { ...QUIET, name: 'parity at 0.2 requests/s', block: '1m', worse: EQUAL },
];

/** J50: the times of `serin plan` against simulated rollouts. */
export function planHolds(bench: Bench): Row {
  const cases = bench.size === 'tiny' ? CASES.filter(({ spread, weight }) => spread < 20 && weight < 0.5) : CASES;
  const cells = cases.map((one, index) => cellOf(bench, one, index));
  const figures = cells.flatMap(({ figure }) => figure ?? []);
  const [low, high] = WITHIN;
  return {
    id: 'J50',
    scenario: 'the forecasts of serin plan without a warm-up: heavy tails and little traffic',
    measures: 'median time over what the plan says',
    target: `${low} to ${high}`,
    measured: `${Math.min(...figures).toFixed(2)} to ${Math.max(...figures).toFixed(2)}`,
    passed: figures.length === cells.length && figures.every((figure) => figure >= low && figure <= high),
    cells,
  };
}

function cellOf(bench: Bench, one: Foretold, index: number): Cell {
  const policy = judgePolicy({
    steps: [{ weight: `${100 * one.weight}%`, dwell: '1m' }],
    judge: { block: one.block, warmUp: '0s', minStep: '1s' },
  });
  const latency = logNormalThrough(P50_MS, P50_MS * one.spread);
  const traffic = { ...one, clientErrorRate: 0, latency };
  const foretoldMs = foretold(policy, traffic, one);
  const count = (one.many ?? 1) * streams(bench, { tiny: 1, quick: 10, full: 100 });
  const setting = `${one.name}: foretold ${(foretoldMs / 60_000).toPrecision(3)} min`;
  if (!Number.isFinite(foretoldMs)) return { setting, streams: 0, figure: null };
  const finishes = Array.from({ length: count }, (_, i) => run(bench, policy, traffic, one, { index, i, foretoldMs }));
  const times = finishes.map(({ end, ms }) => (end === 'time-out' ? LONGEST * foretoldMs : ms));
  const figure = median(times) / foretoldMs;
  return { setting, streams: count, figure: Number(figure.toPrecision(3)) };
}

function foretold(policy: Policy, traffic: ExpectedTraffic, { worse }: Foretold): number {
  const [step] = planRollout(policy, traffic).steps;
  if (worse === null) return step?.evidenceMs ?? Number.POSITIVE_INFINITY;
  const outcome = step?.regressions[worse.at]?.outcome;
  return outcome !== undefined && 'ms' in outcome ? outcome.ms : Number.POSITIVE_INFINITY;
}

function run(
  bench: Bench,
  policy: Policy,
  { requestsPerSecond, errorRate, latency }: ExpectedTraffic,
  { weight, worse }: Foretold,
  { index, i, foretoldMs }: { readonly index: number; readonly i: number; readonly foretoldMs: number },
): Finish {
  const blockMs = policy.spec.judge.block;
  const factors = worse ?? { errors: 1, latency: 1 };
  const stable = shapeOf((ms) => shareSlowerThan(latency, ms));
  const canary = factors.latency === 1 ? stable : shapeOf((ms) => shareSlowerThan(latency, ms / factors.latency));
  const course = courseOf(
    policy,
    {
      blockMs,
      requestsPerSecond,
      weight,
      errors: (ms) => [errorRate, ms < 0 ? errorRate : errorRate * factors.errors],
      latency: { canary: () => canary, stable, drift: 'none' },
      traffic: 'even',
    },
    Math.ceil((LONGEST * foretoldMs) / blockMs),
    { until: worse === null ? 'parity' : 'harm', position: 'last' },
  );
  return race(randomOf(bench, 50, index, i), course);
}
