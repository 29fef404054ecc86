import type { TrailRow } from '../../src/rollout/so-far/trail.ts';

/** The row of one ordinary look, with `parts` of it replaced. */
export function trailRowOf(parts: Partial<TrailRow> = {}): TrailRow {
  return {
    at: 1_767_225_605_000,
    everyMs: 5_000,
    bps: 1_000,
    logHarm: -0.555,
    logParityWeakest: 1.181,
    canary: { n: 284, x: 0, timed: 284, p50: 19.5, p95: 62.724, p99: 115.889 },
    stable: { n: 2_679, x: 7, timed: 2_672, p50: 20.693, p95: 56.811, p99: 81.141 },
    checks: { p50: -0.69, p95: -0.59, p99: -0.607, errors: -0.629, dominance: -0.69, clientErrors: -0.69 },
    ...parts,
  };
}
