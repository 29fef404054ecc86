import { WHOLE_BPS } from '../../split/assign.ts';
import { capabilitiesOf } from '../../split/capabilities.ts';
import type { ConsumerRule, ListedRule, SplitOrder, Track } from '../../split/order.ts';
import type { RolloutRecord } from '../record.ts';
import { drawnPerSecond } from '../so-far/drawn-traffic.ts';
import { orderFor, weightInForce } from '../split-order.ts';
import type { Rollout } from '../state.ts';
import { trackOfRule } from './rule-track.ts';

/** What a change of a rollout does to the requests of its route. */
export interface MovedTraffic {
  /** The canary's share of the requests that are drawn, which is in force now. */
  readonly fromBps: number;
  readonly toBps: number;
  /** How long the gateway takes over it, in ms; 0 where it is at once. */
  readonly rampMs: number;
  /** Requests a second that get the other version then; null where that was not measured lately. */
  readonly requestsPerSecond: number | null;
  /** Listed consumers whose requests all get the other version then. */
  readonly consumers: readonly { readonly name: string; readonly to: Track }[];
  /** The other version, where a rule keeps the clients that no list names at one now and they all get the other then; else null. */
  readonly unlistedTo: Track | null;
  /** How long tunnels and event streams may still be open to the canary, in ms; null where it keeps what it has. */
  readonly drainMs: number | null;
}

/** @param at database time, epoch ms */
export function movedTraffic(
  { rollout: before, evidence }: RolloutRecord,
  after: Rollout,
  listed: readonly ListedRule[],
  at: number,
): MovedTraffic {
  const [from, to] = [orderFor(before), orderFor(after)];
  const isFinal = after.stage.kind === 'finalised';
  const toBps = isFinal ? WHOLE_BPS : to.canaryBps;
  // A ramp that is under way goes on, whatever is done within the stage.
  const isLeft =
    to.canary !== null && to.canaryBps === from.canaryBps && (to.ramp === undefined) === (from.ramp === undefined);
  const fromBps = isLeft ? toBps : weightInForce(before, at);
  const getsThen = (rule: ConsumerRule) => (isFinal ? 'canary' : trackOfRule(to, rule));
  const moves = (rule: ConsumerRule): Track | null => {
    const [now, then] = [trackOfRule(from, rule), getsThen(rule)];
    return now === null || then === null || now === then ? null : then;
  };
  const ruled = ({ consumerDefault }: SplitOrder) => consumerDefault === 'stable';
  // Where most clients are ruled now, how many they are is not known, for only what is drawn is counted.
  const areCounted = ruled(from) === ruled(to) || toBps === 0 || isFinal;
  const perSecond =
    capabilitiesOf(before).serinMoves && areCounted ? drawnPerSecond({ rollout: before, evidence }, at) : null;
  const drains = capabilitiesOf(before).gatewayCarries && from.canary !== null && to.canary === null && !isFinal;
  return {
    fromBps,
    toBps,
    rampMs: to.ramp === undefined || toBps <= fromBps ? 0 : Math.max(0, to.ramp.since + to.ramp.ms - at),
    requestsPerSecond: fromBps === toBps ? 0 : perSecond && (perSecond * Math.abs(toBps - fromBps)) / WHOLE_BPS,
    consumers: listed.flatMap(({ name, rule }) => {
      const track = rule === 'by-weight' ? null : moves(rule);
      return track === null ? [] : [{ name, to: track }];
    }),
    unlistedTo: ruled(from) ? moves('stable') : null,
    drainMs: drains ? to.drainMs : null,
  };
}
