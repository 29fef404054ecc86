import type { Block } from '../../stats/block.ts';
import type { BlockCounts } from '../../stats/evidence/e-value.ts';
import { addSpan, type ExcessSums, NO_EXCESS } from '../../stats/rates/excess.ts';

/** How requests got the canary. */
export interface CanaryLanes {
  readonly weight: number;
  readonly forced: number;
  readonly ruled: number;
}

/** What a rollout has cost so far: of fixed size, however long it takes. */
export interface CostSoFar {
  /** Requests of clients that the canary has answered or failed: drawn, forced and ruled ones. */
  readonly canaryRequests: number;
  /** The same by lane; missing from a rollout that began before they were told apart. */
  readonly lanes?: CanaryLanes;
  /** Of the stages that are over. */
  readonly past: ExcessSums;
  /** Of the present stage, in which one rate is assumed: drawn requests while both versions served. */
  readonly stage: BlockCounts;
}

const NOTHING: BlockCounts = { nc: 0, xc: 0, ns: 0, xs: 0 };

export const NO_COST: CostSoFar = {
  canaryRequests: 0,
  lanes: { weight: 0, forced: 0, ruled: 0 },
  past: NO_EXCESS,
  stage: NOTHING,
};

/** With blocks of the rollout itself: those from before it are another canary's. */
export function addCost(before: CostSoFar, own: readonly Block[]): CostSoFar {
  return own.reduce(addBlock, before);
}

/** What is known when a stage ends: the next one has a rate of its own. */
export function closeStage(cost: CostSoFar): CostSoFar {
  return { ...cost, past: addSpan(cost.past, cost.stage), stage: NOTHING };
}

/** Over all stages. */
export function excessSums({ past, stage }: CostSoFar): ExcessSums {
  return addSpan(past, stage);
}

function addBlock(cost: CostSoFar, { canary, stable, forced, ruled }: Block): CostSoFar {
  const drawn = canary?.requests ?? 0;
  const sum = {
    ...cost,
    canaryRequests: cost.canaryRequests + drawn + forced.canary.requests + ruled.canary.requests,
    ...(cost.lanes && {
      lanes: {
        weight: cost.lanes.weight + drawn,
        forced: cost.lanes.forced + forced.canary.requests,
        ruled: cost.lanes.ruled + ruled.canary.requests,
      },
    }),
  };
  if (canary === null || stable === null || canary.requests === 0 || stable.requests === 0) {
    return sum;
  }
  const { nc, xc, ns, xs } = cost.stage;
  const stage = {
    nc: nc + canary.requests,
    xc: xc + canary.errors,
    ns: ns + stable.requests,
    xs: xs + stable.errors,
  };
  return { ...sum, stage };
}
