import type { Policy, PolicyDocument } from '../../src/policy/schema.ts';
import type { Block, SeriesPoint } from '../../src/stats/block.ts';
import { blockOf, tallyOf } from './judge-blocks.ts';
import { judgePolicy } from './judge-policy.ts';

export type QueryDocument = NonNullable<NonNullable<PolicyDocument['spec']['checks']>['queries']>[string];
type Spec = PolicyDocument['spec'];

/** A policy with one query check, `cpu`, that takes a value every second. */
export function queryPolicy(
  cpu: Partial<QueryDocument> = {},
  checks: Spec['checks'] = {},
  spec: Partial<Spec> = {},
): Policy {
  return judgePolicy({
    ...spec,
    checks: {
      errors: { parity: { relative: '25%', absolute: '1pp' } },
      latency: {
        p50: { rollback: '4.1%', parity: '27%' },
        p95: { rollback: '6.2%', parity: '43%' },
        p99: { rollback: '10.5%', parity: '61%' },
      },
      queries: {
        cpu: { query: 'cpu{version="{{version}}"}', worse: 'higher', interval: '1s', comparable: true, ...cpu },
      },
      ...checks,
    },
    judge: { block: '1s', minStep: '3s', warmUp: '0s', ...spec.judge },
  });
}

/** A healthy block of a second with a point of the check. */
export function valued(startedAt: number, cpu: SeriesPoint, parts: Partial<Block> = {}): Block {
  return blockOf({ startedAt, stable: tallyOf(900), canary: tallyOf(100), series: { cpu }, ...parts });
}

/** Values that never repeat, alike for both versions or with the canary's `factor` times as high. */
export function pointAt(startedAt: number, factor = 1): SeriesPoint {
  const second = startedAt / 1_000;
  const noise = (from: number) => 0.4 + 0.002 * Math.sin(from * 12.9898);
  return { stable: noise(second), canary: factor * noise(second + 0.5) };
}
