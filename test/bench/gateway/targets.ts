import { type Ratio, type Results, type Spread, spreadOf } from './results.ts';

interface Limits {
  readonly wanted: 'at-least' | 'at-most';
  readonly limit: number;
  readonly stretch: number | null;
  readonly unit: 'x' | 'KB' | 'MB';
}

/** A row of the budget of docs/data-path.md. */
interface Target {
  readonly what: string;
  readonly limits: Limits;
  readonly measure: (results: Results, bestPeer: string | null) => Spread | Ratio | null;
}

export interface JudgedTarget {
  readonly what: string;
  readonly target: string;
  readonly measured: Spread | Ratio | null;
  readonly unit: 'x' | 'KB' | 'MB';
  /** In words, with how far off it is. */
  readonly outcome: string;
}

const FAST = 'serin-fast-rollout';
const REFERENCE = 'serin-reference-rollout';
const UNSLICED = 'serin-fast-rollout-unsliced';
/** With the same log and the same headers. */
const NGINX = 'nginx-log';

const TARGETS: readonly Target[] = [
  {
    what: '1 KB GET against nginx with the same log and headers',
    limits: { wanted: 'at-least', limit: 0.8, stretch: 0.9, unit: 'x' },
    measure: (results) => results.ratio('get-1k', 'perCpuSecond', FAST, NGINX),
  },
  {
    what: '1 KB GET against the best Node peer',
    limits: { wanted: 'at-least', limit: 3, stretch: 3.5, unit: 'x' },
    measure: (results, peer) => (peer === null ? null : results.ratio('get-1k', 'perCpuSecond', FAST, peer)),
  },
  {
    what: '1 KB GET on the reference path against the best Node peer',
    limits: { wanted: 'at-least', limit: 1.8, stretch: 2.2, unit: 'x' },
    measure: (results, peer) => (peer === null ? null : results.ratio('get-1k', 'perCpuSecond', REFERENCE, peer)),
  },
  {
    what: 'POST of 10 KB against nginx',
    limits: { wanted: 'at-least', limit: 0.8, stretch: 0.9, unit: 'x' },
    measure: (results) => results.ratio('post-10k', 'perCpuSecond', FAST, NGINX),
  },
  {
    what: 'CPU per request against nginx, 64 KB bodies',
    limits: { wanted: 'at-most', limit: 0.9, stretch: null, unit: 'x' },
    measure: (results) => results.ratio('get-64k', 'cpuUs', FAST, NGINX),
  },
  {
    what: 'CPU per request against nginx, 1 MB bodies',
    limits: { wanted: 'at-most', limit: 1.05, stretch: null, unit: 'x' },
    measure: (results) => results.ratio('get-1m', 'cpuUs', FAST, NGINX),
  },
  {
    what: 'added p50 at 3,000 requests/s against what nginx adds',
    limits: { wanted: 'at-most', limit: 2, stretch: null, unit: 'x' },
    measure: (results) => results.addedLatencyRatio(FAST, NGINX),
  },
  {
    what: 'memory per idle connection',
    limits: { wanted: 'at-most', limit: 5, stretch: null, unit: 'KB' },
    measure: (results) => memoryOf(results, 'idle-connections', 1_024),
  },
  {
    what: 'memory per slow reader of 100 MB',
    limits: { wanted: 'at-most', limit: 4, stretch: null, unit: 'MB' },
    measure: (results) => memoryOf(results, 'slow-readers', 1_048_576),
  },
  {
    what: 'CPU per request with a rollout running against none',
    limits: { wanted: 'at-most', limit: 1.1, stretch: null, unit: 'x' },
    measure: (results) => results.ratio('get-1k', 'cpuUs', FAST, 'serin-fast-idle'),
  },
  {
    what: 'CPU per request with slices on against off',
    limits: { wanted: 'at-most', limit: 1.05, stretch: null, unit: 'x' },
    measure: (results) => results.ratio('get-1k', 'cpuUs', FAST, UNSLICED),
  },
  {
    what: 'CPU per request with answers timed to their end and two numbers of their heads, against nothing read',
    limits: { wanted: 'at-most', limit: 1.03, stretch: null, unit: 'x' },
    measure: (results) => results.ratio('json-1k', 'cpuUs', `${FAST}-ends`, FAST),
  },
  {
    what: 'CPU per request with JSON of 1 KB asked of a sample of 10 %, against nothing read',
    limits: { wanted: 'at-most', limit: 1.08, stretch: null, unit: 'x' },
    measure: (results) => results.ratio('json-1k', 'cpuUs', `${FAST}-bodies`, FAST),
  },
  {
    what: 'CPU per request with the shape of JSON of 1 KB read of a sample of 10 %, against nothing read',
    limits: { wanted: 'at-most', limit: 1.1, stretch: null, unit: 'x' },
    measure: (results) => results.ratio('json-1k', 'cpuUs', `${FAST}-shapes`, `${FAST}-drawn`),
  },
];

function memoryOf(results: Results, scenario: 'idle-connections' | 'slow-readers', unit: number): Spread | null {
  const series = results.series(scenario, 'gateway-fast', 'bytesEach');
  return series && spreadOf(series.map((bytes) => bytes && bytes / unit));
}

export function judge(results: Results, bestPeer: string | null): readonly JudgedTarget[] {
  return TARGETS.map(({ what, limits, measure }) => {
    const { wanted, limit, unit } = limits;
    const measured = measure(results, bestPeer);
    return {
      what,
      target: `${wanted === 'at-least' ? '>=' : '<='} ${limit}${unitOf(unit)}`,
      measured,
      unit,
      outcome: measured === null ? 'not measured' : outcome(limits, measured.median),
    };
  });
}

export function unitOf(unit: JudgedTarget['unit']): string {
  return unit === 'x' ? 'x' : ` ${unit}`;
}

function outcome({ wanted, limit, stretch }: Limits, median: number): string {
  const reaches = (goal: number) => (wanted === 'at-least' ? median >= goal : median <= goal);
  if (!reaches(limit)) return `missed by ${Math.abs((median / limit - 1) * 100).toFixed(0)} %`;
  return stretch !== null && reaches(stretch) ? 'hit, and the stretch' : 'hit';
}
