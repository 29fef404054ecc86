import { readFileSync } from 'node:fs';
import { median } from 'simple-statistics';
import { readPolicy } from '../../../src/policy/read.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import { type Bench, type Cell, courseOf, type Row, randomOf, streams } from './experiment.ts';
import { race } from './race.ts';
import { scaledTail, shapeOf } from './shape.ts';

const FILE = new URL('../../../policies/quiet.yaml', import.meta.url);
const BLOCK_MS = 60_000;
const EQUAL = 0.001;

interface Quiet {
  readonly name: string;
  readonly perSecond: number;
  readonly weight: number;
  readonly errors: number;
  readonly slower: number;
  readonly until: 'harm' | 'parity';
  /** A stream that takes longer counts as never. */
  readonly longestMin: number;
  readonly targetMin: number;
}

const ONE_A_MINUTE = { perSecond: 1 / 60, slower: 1, until: 'harm', longestMin: 3_000 } as const;
const ONE_IN_FIVE = { perSecond: 0.2, slower: 1, until: 'harm', longestMin: 600 } as const;
const CASES: readonly Quiet[] = [
  { ...ONE_IN_FIVE, name: 'parity at 50 %', weight: 0.5, errors: EQUAL, until: 'parity', targetMin: 60 },
  { ...ONE_IN_FIVE, name: 'every request fails, 25 %', weight: 0.25, errors: 1, targetMin: 10 },
  { ...ONE_IN_FIVE, name: 'one in five fails, 25 %', weight: 0.25, errors: 0.2, targetMin: 40 },
  { ...ONE_IN_FIVE, name: 'latency 2x, 50 %', weight: 0.5, errors: EQUAL, slower: 2, targetMin: 40 },
  { ...ONE_A_MINUTE, name: 'parity at 50 %', weight: 0.5, errors: EQUAL, until: 'parity', targetMin: 600 },
  { ...ONE_A_MINUTE, name: 'every request fails, 25 %', weight: 0.25, errors: 1, targetMin: 90 },
  { ...ONE_A_MINUTE, name: 'one in five fails, 25 %', weight: 0.25, errors: 0.2, targetMin: 480 },
];

/** J48: policies/quiet.yaml with blocks of a minute and without its warm-up. */
export function quietServices(bench: Bench): Row {
  const policy = quietPolicy();
  const cases = bench.size === 'tiny' ? CASES.slice(1, 3) : CASES;
  const cells = cases.map((one, index) => cellOf(bench, policy, one, index));
  return {
    id: 'J48',
    scenario: 'policies/quiet.yaml without its warm-up, blocks of a minute, at one request a minute and one in 5 s',
    measures: 'median time over the target',
    target: '<= 1 each',
    measured: `at most ${Math.max(...cells.map(({ figure }) => figure ?? Number.POSITIVE_INFINITY)).toPrecision(2)}`,
    passed: cells.every(({ figure }) => figure !== null && figure <= 1),
    cells,
  };
}

function cellOf(bench: Bench, policy: Policy, one: Quiet, index: number): Cell {
  const { name, perSecond, weight, errors, slower, until, longestMin, targetMin } = one;
  const count = streams(bench, { tiny: 1, quick: 12, full: 100 });
  const stable = shapeOf(scaledTail('all', 1));
  const canary = slower === 1 ? stable : shapeOf(scaledTail('all', slower));
  const scenario = {
    blockMs: BLOCK_MS,
    requestsPerSecond: perSecond,
    weight,
    errors: (ms: number): readonly [number, number] => [EQUAL, ms < 0 ? EQUAL : errors],
    latency: { canary: () => canary, stable, drift: 'none' },
    traffic: 'even',
  } as const;
  const course = courseOf(policy, scenario, longestMin, { until, position: 'last' });
  const times = Array.from({ length: count }, (_, i) => {
    const { end, ms } = race(randomOf(bench, 48, index, i), course);
    return end === 'time-out' ? longestMin : ms / 60_000;
  });
  const setting = `${name}, ${perSecond < 0.1 ? 'one a minute' : '0.2 requests/s'}: target ${targetMin} min`;
  return { setting, streams: count, figure: Number((median(times) / targetMin).toPrecision(3)) };
}

function quietPolicy(): Policy {
  const reading = readPolicy(readFileSync(FILE, 'utf8'), 'policies/quiet.yaml');
  if (!reading.ok) throw new Error('policies/quiet.yaml is not valid');
  const { spec, ...rest } = reading.policy;
  return { ...rest, spec: { ...spec, judge: { ...spec.judge, block: BLOCK_MS, warmUp: 0 } } };
}
