import type { Guards } from '../policy/schema.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import type { Block, Tally } from '../stats/block.ts';
import { errorGuardLogE, slowGuardLogE } from '../stats/evidence/guard.ts';
import { logSum } from '../stats/evidence/log-sum.ts';
import { formOf, gridOf } from '../stats/latency/latency-form.ts';
import { histogramOn } from '../stats/latency/latency-grid.ts';
import { ODDS_WEIGHTS } from '../stats/latency/quantile.ts';
import { RATIO_WEIGHTS } from '../stats/rates/error-rate.ts';
import { formatCount, formatLatency, formatShare, formatSpan } from './figures.ts';
import { type Beyond, beyond, type Tolerance, tolerances } from './guards.ts';

const HISTORY_MS = 600_000;
const LOG_CERTAIN = Math.log(20);
/** A stable that fails more than this can be repaired by promoting the canary. */
const HALF = 0.5;

/**
 * What is wrong with a policy's guards for this route: the stable by itself breaks one, so that a canary like it would be
 * rolled back in the bake. Null when none is broken, or nothing is known.
 *
 * @param blocks what the stable did until now, oldest first; the last ten minutes count
 */
export function guardsBrokenByStable(guards: Guards, blocks: readonly Block[]): string | null {
  const until = blocks.reduce((latest, { startedAt, durationMs }) => Math.max(latest, startedAt + durationMs), 0);
  const recent = blocks.filter(({ startedAt, canaryBps }) => startedAt >= until - HISTORY_MS && canaryBps < WHOLE_BPS);
  const from = recent[0]?.startedAt ?? until;
  const broken = tolerances(guards)
    .filter(({ name }) => !guards.dryRun.includes(name))
    .flatMap((tolerance) => brokenBy(tolerance, recent));
  if (broken.length === 0) return null;
  const isFailing = broken.some(({ failed }) => failed > HALF);
  return (
    `the stable by itself breaks ${broken.map(({ says }) => says).join(' and ')} in the last ${formatSpan(until - from)}: in the steps a guard asks that ` +
    'the canary be worse than the stable, but the bake will roll back a canary that is like it; raise the limit, or repair the stable' +
    (isFailing ? '; a canary that is well can be promoted as the repair, without the bake (promote --repair)' : '')
  );
}

interface BrokenGuard {
  readonly says: string;
  /** The share of the stable's requests that failed; 0 for a guard of latency. */
  readonly failed: number;
}

function brokenBy(tolerance: Tolerance, blocks: readonly Block[]): readonly BrokenGuard[] {
  const { name, share: limit, slowerThanMs } = tolerance;
  const [answers, events] = blocks.reduce<Beyond>(
    ([n, x], block) => {
      const [more, slow] = block.stable === null ? [0, 0] : beyondIn(tolerance, block, block.stable);
      return [n + more, x + slow];
    },
    [0, 0],
  );
  if (answers === 0 || events <= answers * limit) return [];
  const logE =
    slowerThanMs === null
      ? logSum(errorGuardLogE(answers, events, limit, Number.MAX_VALUE), RATIO_WEIGHTS)
      : logSum(slowGuardLogE(answers, events, limit, Number.MAX_VALUE), ODDS_WEIGHTS);
  if (logE < LOG_CERTAIN) return [];
  const found = `${formatShare(events / answers)} of ${formatCount(answers)}`;
  if (slowerThanMs === null) {
    const says = `the guard ${name} (${formatShare(limit)}), with ${found} requests failed`;
    return [{ says, failed: events / answers }];
  }
  const allowed = `${formatLatency(slowerThanMs)}, at most ${formatShare(limit)} slower`;
  return [{ says: `the guard ${name} (${allowed}), with ${found} answers slower`, failed: 0 }];
}

function beyondIn(tolerance: Tolerance, block: Block, stable: Tally): Beyond {
  const form = formOf(block);
  return beyond(tolerance, stable, histogramOn(stable.latency, gridOf(form)), { form });
}
