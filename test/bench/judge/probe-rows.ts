import { median } from 'simple-statistics';
import { type JudgeState, look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import type { Block, Tally } from '../../../src/stats/block.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { normal } from '../../support/random.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';
import { type Bench, type Cell, percent, type Row, randomOf, streams } from './experiment.ts';

const BLOCK_MS = 60_000;
const STEP: StepContext = { kind: 'weight', index: 0, position: 'last', splitEpoch: 1, appliedAt: 0 };
/** Of one answer; the two of a pair differ by 15 %. */
const NOISE = 0.15 / Math.SQRT2;
const ROLLBACK = 1.041;
const SEEN = Math.log(20);
const QUIET: Tally = { ...NO_TALLY, requests: 2 };
const REPORTED = { dryRun: true } as const;
const POLICY = judgePolicy({
  checks: {
    errors: REPORTED,
    clientErrors: REPORTED,
    latency: { p50: REPORTED, p95: REPORTED, p99: REPORTED, dominance: REPORTED },
    probes: { every: '1m', rollback: '4.1%', parity: '10%' },
  },
  judge: { block: '1m', warmUp: '0s', minStep: '1s' },
});

interface Probed {
  readonly end: 'harmful' | 'at-parity' | 'time-out';
  readonly pairs: number;
  readonly largest: number;
}

/** J49: a pair of probes a minute and nothing else, the ratio of its times log-normal with a deviation of 15 %. */
export function probesDecide(bench: Bench): Row {
  const longest = bench.size === 'tiny' ? 40 : 200;
  const count = streams(bench, { tiny: 2, quick: 60, full: 1_000 });
  const runs = (cell: number, factor: number, until: 'harm' | 'parity') =>
    Array.from({ length: count }, (_, i) => run(randomOf(bench, 49, cell, i), factor, until, longest));
  const boundary = runs(0, ROLLBACK, 'harm');
  const equal = runs(1, 1, 'parity');
  const slower = runs(2, 1.5, 'harm');
  const seen = boundary.filter(({ largest }) => largest >= SEEN).length / count;
  const rolledBack = boundary.filter(({ end }) => end === 'harmful').length / count;
  const shown = median(equal.map(({ end, pairs }) => (end === 'at-parity' ? pairs : longest)));
  const found = median(slower.map(({ end, pairs }) => (end === 'harmful' ? pairs : longest)));
  const cells: readonly Cell[] = [
    { setting: 'on the rollback margin: E >= 20', streams: count, figure: seen },
    { setting: 'on the rollback margin: rolled back', streams: count, figure: rolledBack },
    { setting: 'equal: pairs until parity within 10 %', streams: count, figure: shown },
    { setting: 'half as slow again: pairs until rolled back', streams: count, figure: found },
  ];
  return {
    id: 'J49',
    scenario: 'probes alone, one pair a minute',
    measures: 'share of the streams, or the median of the pairs',
    target: 'E >= 20 in <= 5 %, rolled back <= 0.1 %; <= 45 pairs to parity, <= 40 to a rollback',
    measured: `${percent(seen)}, ${percent(rolledBack)}; ${shown} and ${found} pairs`,
    passed: seen <= 0.05 && rolledBack <= 0.001 && shown <= 45 && found <= 40,
    cells,
  };
}

function run(random: () => number, factor: number, until: 'harm' | 'parity', longest: number): Probed {
  let state: JudgeState = openJudgement(POLICY);
  let largest = 0;
  for (let pair = 0; pair < longest; pair += 1) {
    const stable = 40 * Math.exp(NOISE * normal(random));
    const canary = 40 * factor * Math.exp(NOISE * normal(random));
    const startedAt = pair * BLOCK_MS;
    const block: Block = {
      startedAt,
      durationMs: BLOCK_MS,
      splitEpoch: 1,
      canaryBps: 1_000,
      stable: QUIET,
      canary: QUIET,
      forced: { stable: NO_TALLY, canary: NO_TALLY },
      ruled: { stable: NO_TALLY, canary: NO_TALLY },
      probes: [{ stable, canary }],
    };
    const at = startedAt + BLOCK_MS;
    const seen = look(POLICY, state, { at, blocks: [block], unusable: null, step: STEP, skippedChecks: [] });
    state = seen.state;
    const finding = seen.verdict.findings.find(({ check }) => check === 'probes');
    largest = Math.max(largest, finding?.logHarm ?? 0);
    const { name } = seen.verdict;
    if (name === 'harmful' || (name === 'at-parity' && until === 'parity'))
      return { end: name, pairs: pair + 1, largest };
  }
  return { end: 'time-out', pairs: longest, largest };
}
