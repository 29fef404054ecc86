import { type Look, look } from '../judge/judge.ts';
import { whereWorse } from '../judge/where.ts';
import type { Collected, CollectRequest } from '../metrics/source.ts';
import { onSteppedClock } from '../rollout/clock-step.ts';
import type { Evidence } from '../rollout/evidence.ts';
import { type Observation, observe } from '../rollout/observe.ts';
import { stepContext } from '../rollout/plan.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { orderFor } from '../rollout/split-order.ts';
import type { Rollout } from '../rollout/state.ts';
import type { Block, Tally } from '../stats/block.ts';
import type { ControllerPorts } from './ports.ts';

const NOTHING: Tally = { requests: 0, errors: 0, clientErrors: 0, latency: {} };

/** When a look is made. */
export interface LookTime {
  /** Database time, epoch ms. */
  readonly at: number;
  /** By how much the database's clock was set since the look before, in ms. */
  readonly stepMs: number;
}

/** One look: what the source has since the last one, judged. Nothing here changes anything; it may be thrown away. */
export async function gather(
  ports: Pick<ControllerPorts, 'source' | 'router' | 'tickMs'>,
  { rollout, evidence }: RolloutRecord,
  { at, stepMs }: LookTime,
  signal: AbortSignal,
): Promise<Evidence> {
  const { route } = rollout;
  const served = await ports.router.observe(route, signal);
  const applied = served !== null && served.epoch === rollout.splitEpoch;
  const collected = await ports.source.collect(requestFor(rollout, evidence, applied ? served.since : null), signal);
  const blocks = collected.kind === 'blocks' ? collected.blocks.map((block) => ownBlock(block, rollout)) : null;
  const seen: Observation = {
    at,
    tickMs: ports.tickMs,
    stepMs,
    look: locate(
      ports.source,
      rollout,
      judge({ rollout, evidence: onSteppedClock(evidence, stepMs) }, blocks, missingFrom(collected), at),
    ),
    blocks,
    cursor: collected.kind === 'blocks' ? collected.cursor : evidence.cursor,
    applied,
  };
  return observe(rollout, evidence, seen);
}

function requestFor(rollout: Rollout, evidence: Evidence, since: number | null): CollectRequest {
  const { route, stable, canary } = rollout;
  const { epoch, canaryBps, measure } = orderFor(rollout);
  return {
    route,
    after: evidence.cursor,
    slowAfterMs: evidence.slowAfterMs,
    versions: { stable, canary },
    split: { epoch, canaryBps, since },
    measure,
    queries: rollout.policy.spec.checks.queries,
  };
}

function missingFrom(collected: Collected): string | null {
  return collected.kind === 'unusable' ? collected.reason : (collected.missing ?? null);
}

/**
 * Adds to a verdict of harm where the canary is worse. The slices are the source's memory and no part of the judge's
 * state, which is written at every look: what they say is written with the verdict alone.
 */
function locate(source: ControllerPorts['source'], rollout: Rollout, seen: Look | null): Look | null {
  if (seen === null || (seen.verdict.name !== 'suspect' && seen.verdict.name !== 'harmful')) return seen;
  const blocks = source.slices?.(rollout.route).filter(({ splitEpoch }) => splitEpoch >= rollout.firstEpoch);
  const { relative, absolute } = rollout.policy.spec.checks.errors.rollback;
  const since = seen.state.harm.since.span?.from ?? 0;
  const margin = { rho: 1 + relative, a: absolute };
  const where = whereWorse(seen.verdict, { blocks: blocks ?? [], margin, since });
  if (where === null) return seen;
  const reason = where.worse === 0 ? seen.verdict.reason : `${seen.verdict.reason}; ${where.says}`;
  return { ...seen, verdict: { ...seen.verdict, reason, where } };
}

/** What was measured before this rollout tells of the stable only: its canary was another one, or none. */
function ownBlock(block: Block, rollout: Rollout): Block {
  if (block.splitEpoch >= rollout.firstEpoch) return block;
  return {
    ...block,
    canary: NOTHING,
    forced: { stable: NOTHING, canary: NOTHING },
    ruled: { stable: NOTHING, canary: NOTHING },
  };
}

function judge(
  record: RolloutRecord,
  blocks: readonly Block[] | null,
  unusable: string | null,
  at: number,
): Look | null {
  const { rollout, evidence } = record;
  const step = stepContext(rollout, evidence.appliedAt);
  if (!step) return null;
  return look(rollout.policy, evidence.judge, { at, blocks, unusable, step, skippedChecks: rollout.skippedChecks });
}
