import { formatBps } from '../../policy/units.ts';
import { nextStage } from '../plan.ts';
import type { RolloutRecord } from '../record.ts';
import { isEnded, type Rollout, stageName } from '../state.ts';
import { movedTraffic } from './moved-traffic.ts';
import type { After, ChangeOutcome, Preview, ToldMessage } from './outcome.ts';
import { saysOf, saysOfRetry } from './says.ts';

/** Stands for the reason where none is given yet. */
export const REASON_TO_COME = '(the reason that you give)';

export function refusedPreview(version: number, reason: string): Preview {
  const nothing = { says: [], after: null, requestsPerSecond: null, consumers: [], drainMs: null, messages: [] };
  return { version, refused: reason, ...nothing };
}

export function previewOf(outcome: ChangeOutcome): Preview {
  const { before, after, deliveries, listed, at } = outcome;
  const traffic = movedTraffic(before, after, listed, at);
  const messages = deliveries.map(toldOf);
  return {
    version: before.rollout.version,
    refused: null,
    says: saysOf(outcome, traffic, messages),
    after: afterOf(after),
    requestsPerSecond: traffic.requestsPerSecond,
    consumers: traffic.consumers,
    drainMs: traffic.drainMs,
    messages,
  };
}

/** Of a retry while the same runs: nothing is started then. */
export function previewOfSame({ rollout }: RolloutRecord, running: Rollout): Preview {
  const { route, canary } = running;
  const says = [
    `${canary.version} runs on ${route} already, under the same policy: nothing is started, and nobody is told.`,
  ];
  const nothing = { requestsPerSecond: 0, consumers: [], drainMs: null, messages: [] };
  return { version: rollout.version, refused: null, says, after: afterOf(running), ...nothing };
}

/** Of a new attempt, as it would stand once the canary and the sources have answered. */
export function previewOfRetry(
  { rollout }: RolloutRecord,
  started: Rollout,
  deliveries: ChangeOutcome['deliveries'],
): Preview {
  const messages = deliveries.map(toldOf);
  return {
    version: rollout.version,
    refused: null,
    says: saysOfRetry(started, messages),
    after: afterOf(started),
    requestsPerSecond: 0,
    consumers: [],
    drainMs: null,
    messages,
  };
}

function toldOf({ channel, message: { kind, summary } }: ChangeOutcome['deliveries'][number]): ToldMessage {
  return { kind, channel, summary };
}

function afterOf(rollout: Rollout): After {
  const next = nextStage(rollout);
  return {
    version: rollout.version,
    attempt: rollout.attempt,
    stage: stageName(rollout.stage),
    nextStage: next && stageName(next),
    canaryBps: rollout.canaryBps,
    canaryWeight: formatBps(rollout.canaryBps),
    active: !isEnded(rollout),
    paused: rollout.paused !== null,
  };
}
