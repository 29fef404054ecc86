import type { BodyQueue } from '../../../src/gateway/measure/reading/body-queue.ts';
import type { StepContext } from '../../../src/judge/input.ts';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import type { Verdict } from '../../../src/judge/verdict.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import { readsOf } from '../../../src/rollout/answer-reads.ts';
import type { SplitOrder } from '../../../src/split/order.ts';
import { orderTo } from '../../support/gateway.ts';
import type { Random } from '../../support/random.ts';
import type { Version } from './toy-orders.ts';
import { type Onlooker, VirtualRoute } from './virtual-route.ts';

export interface RolloutPlan {
  readonly policy: Policy;
  readonly canary: Version;
  readonly random: Random;
  readonly bodies: BodyQueue;
  readonly onlookers?: readonly Onlooker[];
  readonly requestsPerBlock: number;
  /** Blocks at weight 0 before the first step, and in each step. */
  readonly blocks: { readonly before: number; readonly step: number };
}

export interface RolloutEnd {
  /** The first verdict that blames the canary, or that holds it for harm; null for none. */
  readonly alarm: Verdict | null;
  /** Until then, or in all. */
  readonly requests: { readonly stable: number; readonly canary: number };
  readonly last: Verdict | null;
  /** Since the first block. */
  readonly seconds: number;
}

/** Two versions through every step of a policy in virtual time, judged after every block. */
export async function virtualRollout(plan: RolloutPlan): Promise<RolloutEnd> {
  const { policy, canary, random, bodies, onlookers = [], requestsPerBlock } = plan;
  const { block: blockMs } = policy.spec.judge;
  const reads = readsOf(policy.spec.checks);
  const orderAt = (epoch: number, canaryBps: number): SplitOrder =>
    orderTo('http://v1', 'http://v2', {
      epoch,
      rolloutId: 'virtual',
      canaryBps,
      measure: { blockMs, errorStatuses: ['5xx'], ...reads },
    });
  const route = new VirtualRoute(orderAt(1, 0), { stable: {}, canary }, random, bodies, onlookers);
  const requests = { stable: 0, canary: 0 };
  let state = openJudgement(policy);
  let last: Verdict | null = null;
  let at = 0;
  let blocksSeen = 0;

  const during = async (step: StepContext, count: number): Promise<Verdict | null> => {
    for (let block = 0; block < count; block++) {
      const blocks = await route.block(requestsPerBlock);
      blocksSeen += 1;
      for (const { stable, canary: other } of blocks) {
        requests.stable += stable?.requests ?? 0;
        requests.canary += other?.requests ?? 0;
      }
      at = Math.max(at, ...blocks.map(({ startedAt, durationMs }) => startedAt + durationMs));
      const seen = look(policy, state, { at, blocks, unusable: null, step, skippedChecks: [] });
      state = seen.state;
      last = seen.verdict;
      if (isAlarm(last)) return last;
    }
    return null;
  };

  const steps = policy.spec.steps.flatMap((step) => ('weight' in step ? [step.weight] : []));
  const internal: StepContext = { kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 };
  let alarm = await during(internal, plan.blocks.before);
  for (const [index, canaryBps] of steps.entries()) {
    if (alarm) break;
    route.follow(orderAt(index + 2, canaryBps));
    const position = index === steps.length - 1 ? 'last' : index === 0 ? 'first' : 'middle';
    alarm = await during({ kind: 'weight', index, position, splitEpoch: index + 2, appliedAt: at }, plan.blocks.step);
  }
  return { alarm, requests, last, seconds: (blocksSeen * blockMs) / 1_000 };
}

function isAlarm({ name, hold }: Verdict): boolean {
  return name === 'harmful' || name === 'suspect' || name === 'shared-fault' || hold !== undefined;
}
