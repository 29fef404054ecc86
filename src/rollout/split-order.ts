import { dominanceLimit } from '../parity/latency/bucket-margins.ts';
import type { Checks } from '../policy/schema.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import type { LatencyAllowances, SplitOrder, Upstream } from '../split/order.ts';
import { rampedWeight } from '../split/ramp.ts';
import { readsOf } from './answer-reads.ts';
import { currentStep } from './plan.ts';
import { isEnded, type Rollout } from './state.ts';

/** The order for the router, given the rollout's present state. */
export function orderFor(rollout: Rollout): SplitOrder {
  const { spec } = rollout.policy;
  const base = {
    route: rollout.route,
    epoch: rollout.splitEpoch,
    rolloutId: rollout.id,
    stable: rollout.stable,
    canary: rollout.canary,
    canaryBps: rollout.canaryBps,
    ...(rollout.draw === 'by-unit' ? { attempt: rollout.attempt } : {}),
    ...(rollout.heavyLast ? { lastUnits: rollout.heavyLast.units } : {}),
    consumerDefault: null,
    forceAllowed: true,
    drainMs: spec.rollback.drain,
    brakeAfter: spec.brake.failures,
    failover: spec.failover,
    measure: {
      blockMs: spec.judge.block,
      errorStatuses: spec.checks.errors.statuses,
      margins: marginsOf(spec.checks),
      warmUpMs: spec.judge.warmUp,
      ...earlyCloseOf(spec.checks),
      ...readsOf(spec.checks),
    },
  } satisfies SplitOrder;
  switch (rollout.stage.kind) {
    case 'step':
      return {
        ...base,
        ...weightOf(rollout),
        consumerDefault: consumerDefaultOf(rollout),
        ...deprecationOf(spec.consumers),
      };
    case 'bake':
      return { ...base, ...weightOf(rollout) };
    case 'internal':
    case 'promoted':
      return base;
    case 'finalised':
      return { ...base, stable: rollout.canary, canary: null, canaryBps: 0, forceAllowed: false };
    case 'preflight':
    case 'rolled-back':
    case 'aborted':
    case 'superseded':
      return { ...base, canary: null, canaryBps: 0, forceAllowed: false };
  }
}

function marginsOf(checks: Checks): LatencyAllowances {
  const { p50, p95, p99 } = checks.latency;
  return {
    rollback: { p50: p50.rollback, p95: p95.rollback, p99: p99.rollback },
    parity: { p50: p50.parity, p95: p95.parity, p99: p99.parity },
    dominance: dominanceLimit(checks),
  };
}

function deprecationOf({ deprecation }: Rollout['policy']['spec']['consumers']): Pick<SplitOrder, 'deprecation'> {
  if (deprecation === undefined) return {};
  const { since, sunset = null, link = null } = deprecation;
  return { deprecation: { since, sunset, link } };
}

function earlyCloseOf({ errors }: Checks): Pick<SplitOrder['measure'], 'webSocketEarlyCloseMs'> {
  return errors.webSocketEarlyClose === undefined ? {} : { webSocketEarlyCloseMs: errors.webSocketEarlyClose };
}

/** The weight that is in force at a time (epoch ms): that of the order, which a ramp may not have brought about yet. */
export function weightInForce(rollout: Rollout, at: number): number {
  return rampedTo(orderFor(rollout), at);
}

function rampedTo(order: Pick<SplitOrder, 'canaryBps' | 'ramp'>, at: number): number {
  return rampedWeight(order, at - (order.ramp?.since ?? at)).canaryBps;
}

/** The share of the canary that the gateway has by now, unless it took it back; null where there is none that Serin knows. */
export function shareInForce(rollout: Rollout, at: number): number | null {
  if (isEnded(rollout) || !capabilitiesOf(rollout).gatewayCarries) return null;
  return weightInForce(rollout, at);
}

/** Harm that holds ends a ramp where it is: what was found to be harmful gets no more traffic. */
function weightOf(rollout: Rollout): Pick<SplitOrder, 'ramp'> | Pick<SplitOrder, 'canaryBps'> {
  const { harmHeldAt, increase } = rollout;
  const ramped = rampOf(rollout);
  const isStopped = harmHeldAt !== undefined && increase !== null && increase.at <= harmHeldAt;
  return isStopped ? { canaryBps: rampedTo({ ...rollout, ...ramped }, harmHeldAt) } : ramped;
}

/** How the last increase comes into force, as long as the weight is the one that it led to. */
function rampOf(rollout: Rollout): Pick<SplitOrder, 'ramp'> {
  const { increase, canaryBps, policy } = rollout;
  if (increase === null || increase.fromBps >= canaryBps || !capabilitiesOf(rollout).gatewayCarries) return {};
  const ms = policy.spec.ramp ?? policy.spec.judge.warmUp / 2;
  return ms === 0 ? {} : { ramp: { fromBps: increase.fromBps, since: increase.at, ms } };
}

/** In a consumer step the list decides: a consumer that is not listed stays on the stable. */
function consumerDefaultOf(rollout: Rollout): 'by-weight' | 'stable' {
  const step = currentStep(rollout);
  return step && 'consumers' in step ? 'stable' : rollout.policy.spec.consumers.default;
}

/** A route without a rollout. */
export function steadyOrder(route: string, stable: Upstream, epoch: number): SplitOrder {
  return {
    route,
    epoch,
    rolloutId: null,
    stable,
    canary: null,
    canaryBps: 0,
    consumerDefault: null,
    forceAllowed: false,
    drainMs: 30_000,
    brakeAfter: null,
    failover: 'none',
    measure: { blockMs: 5_000, errorStatuses: ['5xx'] },
  };
}
