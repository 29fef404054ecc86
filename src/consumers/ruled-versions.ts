import { formatBps } from '../policy/units.ts';
import { trackOfRule } from '../rollout/acts/rule-track.ts';
import { weightOf } from '../rollout/plan.ts';
import { orderFor } from '../rollout/split-order.ts';
import { isEnded, type Rollout, stageName } from '../rollout/state.ts';
import type { ConsumerRule, SplitOrder, Upstream } from '../split/order.ts';

/** What is served on a route: the versions that a rule chooses from. */
export interface ServedRoute {
  readonly stable: Upstream;
  /** Null where none runs. */
  readonly rollout: Rollout | null;
}

/** What a consumer gets; `version` is null where each of its requests is drawn, or where the version has no name yet. */
export interface Got {
  readonly version: string | null;
  readonly says: string;
}

/** Nothing is rolled out, so that no policy says yet what who is not listed gets. */
export const POLICY_TO_COME: Got = { version: null, says: 'what the policy says' };

const CANARY_TO_COME: Got = { version: null, says: 'the next canary' };

/** @param rule null for a consumer that is not listed */
export function versionNow({ stable, rollout }: ServedRoute, rule: ConsumerRule | null): Got {
  return rollout === null || isEnded(rollout) ? named(stable.version) : gotBy(orderFor(rollout), rule);
}

/** What it gets as soon as rules count; null where they count already, and where they count no more. */
export function versionOnceRulesCount({ stable, rollout }: ServedRoute, rule: ConsumerRule | null): Got | null {
  if (rollout === null || isEnded(rollout)) {
    switch (rule) {
      case 'canary':
        return CANARY_TO_COME;
      case 'stable':
        return named(stable.version);
      case 'by-weight':
        return { version: null, says: 'by weight' };
      case null:
        return POLICY_TO_COME;
    }
  }
  if (rollout.stage.kind !== 'preflight' && rollout.stage.kind !== 'internal') return null;
  const first = { kind: 'step', index: 0 } as const;
  return gotBy(
    orderFor({ ...rollout, stage: first, canaryBps: weightOf(first, rollout.policy), increase: null }),
    rule,
  );
}

/** From when on the rules of consumers count on a route, in a sentence. */
export function whenRulesCount({ stable, rollout }: ServedRoute): string {
  if (rollout === null || isEnded(rollout)) {
    return `Nothing is rolled out: ${stable.version} serves everybody, and rules count from the first step of the next rollout on.`;
  }
  const stage = stageName(rollout.stage);
  const { canary } = rollout;
  switch (rollout.stage.kind) {
    case 'preflight':
    case 'internal':
      return `${canary.version} is in ${stage}: ${rollout.stable.version} serves everybody, and rules count from step-1 on.`;
    case 'step':
      return `${canary.version} is in ${stage}: rules count at once.`;
    default:
      return `${canary.version} is in ${stage} and serves everybody: no rule counts any more in this rollout.`;
  }
}

function gotBy(order: SplitOrder, rule: ConsumerRule | null): Got {
  const track = trackOfRule(order, rule ?? order.consumerDefault ?? 'by-weight');
  if (track === null) {
    return { version: null, says: `by weight, ${formatBps(order.canaryBps)} ${order.canary?.version ?? ''}`.trimEnd() };
  }
  return named((track === 'canary' ? order.canary : order.stable)?.version ?? order.stable.version);
}

function named(version: string): Got {
  return { version, says: version };
}
