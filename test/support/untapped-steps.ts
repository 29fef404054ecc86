import type { StepName } from './tapped-steps.ts';

/** What contains. */
export const CONTAINMENT: ReadonlySet<StepName> = new Set([
  'src/gateway/call.ts Call.crashed',
  'src/gateway/connection.ts Connection.contain',
  'src/gateway/connection.ts Connection.onFault',
  'src/gateway/exchange.ts Exchange.onFault',
  'src/gateway/fast/client-connection.ts ClientConnection.contain',
  'src/gateway/fast/client-connection.ts ClientConnection.fault',
  'src/gateway/fast/plain-exchange.ts PlainExchange.onFault',
  'src/gateway/faults.ts Faults.attempt',
  'src/gateway/faults.ts Faults.report',
  'src/gateway/request-writer.ts RequestWriter.contain',
  'src/gateway/upload.ts Upload.contain',
]);

/** What gives a place back: one that throws before it does keeps it. Everything else must hold for them too. */
export const RELEASES: ReadonlySet<StepName> = new Set([
  'src/gateway/pool.ts Pool.forget',
  'src/gateway/open-block.ts OpenBlock.remove',
  'src/gateway/connection-limits.ts ConnectionLimits.release',
  'src/gateway/share.ts Share.left',
  'src/gateway/share.ts Share.uploadEnded',
  'src/gateway/share.ts Share.heldBackEnded',
  'src/gateway/taking.ts AnswerTaking.end',
  'src/gateway/upload-watch.ts UploadWatch.delete',
]);

/** Called when something was thrown. */
const AFTER_A_THROW: readonly StepName[] = [
  'src/gateway/json-lines.ts JsonLines.drop',
  'src/gateway/pipeline.ts Pipeline.isAnswering',
  'src/gateway/fast/request-body.ts RequestBody.onFault',
  'src/gateway/upload.ts Upload.onFault',
  'src/gateway/recorder.ts RouteRecorder.withdraw',
  'src/gateway/request-writer.ts RequestWriter.fail',
];

/** By who starts a gateway, ends it, changes its split or asks what it has counted: a throw is theirs to catch. */
const BY_THE_OWNER: readonly StepName[] = [
  'src/gateway/brake.ts Brake.follow',
  'src/gateway/connection-limits.ts ConnectionLimits.guard',
  'src/gateway/consumers.ts ConsumerRules.replace',
  'src/gateway/durations.ts Durations.read',
  'src/gateway/fast/front.ts Front.destroy',
  'src/gateway/fast/front.ts Front.drain',
  'src/gateway/fast/front.ts Front.standBefore',
  'src/gateway/follow.ts Follower.appliedSplit',
  'src/gateway/follow.ts Follower.compile',
  'src/gateway/follow.ts Follower.drain',
  'src/gateway/follow.ts Follower.find',
  'src/gateway/follow.ts Follower.setConsumers',
  'src/gateway/follow.ts Follower.setSplit',
  'src/gateway/own-listeners.ts OwnListeners.add',
  'src/gateway/route-table.ts RouteTable.nameOf',
  'src/gateway/open-block.ts OpenBlock.close',
  'src/gateway/open-block.ts OpenBlock.isEmpty',
  'src/gateway/open-block.ts OpenBlock.mayClose',
  'src/gateway/open-block.ts OpenBlock.read',
  'src/gateway/open-block.ts Ticket.latencySoFar',
  'src/gateway/pipeline.ts Pipeline.sayLast',
  'src/gateway/pool.ts Pool.destroy',
  'src/gateway/pools.ts Pools.clientOf',
  'src/gateway/pools.ts Pools.destination',
  'src/gateway/pools.ts Pools.destroy',
  'src/gateway/recent.ts Recent.clear',
  'src/gateway/follow.ts Follower.toStable',
  'src/gateway/recorder.ts RouteRecorder.peek',
  'src/gateway/recorder.ts RouteRecorder.closeDue',
  'src/gateway/recorder.ts RouteRecorder.cursor',
  'src/gateway/recorder.ts RouteRecorder.knownBy',
  'src/gateway/share.ts Share.isIdle',
  'src/gateway/share.ts Shares.forget',
  'src/gateway/recorder.ts RouteRecorder.collect',
  'src/gateway/recorder.ts RouteRecorder.countOverdue',
  'src/gateway/recorder.ts RouteRecorder.durations',
  'src/gateway/recorder.ts RouteRecorder.forget',
  'src/gateway/recorder.ts RouteRecorder.slices',
  'src/gateway/recorder.ts RouteRecorder.totals',
  'src/gateway/slice-history.ts SliceHistory.keep',
  'src/gateway/slice-history.ts SliceHistory.learn',
  'src/gateway/slice-history.ts SliceHistory.read',
  'src/gateway/slice-rows.ts SliceRows.other',
  'src/gateway/slice-tally.ts SliceTally.addLatency',
  'src/gateway/slice-tally.ts SliceTally.read',
  'src/gateway/tally.ts LaneTally.isEmpty',
  'src/gateway/tally.ts LaneTally.read',
  'src/gateway/totals.ts RouteTotals.read',
  'src/gateway/upload-watch.ts UploadWatch.stop',
  'src/gateway/totals.ts RouteTotals.readDurations',
  'src/gateway/path-template.ts GivenTemplates.wordOf',
];

/** Where the sockets' buffers or the time decide whether they are called. */
export const BY_CHANCE: readonly StepName[] = [
  'src/gateway/exchange.ts Exchange.holdBack',
  'src/gateway/inlet.ts Inlet.leave',
  'src/gateway/open-block.ts OpenBlock.isEmpty',
  'src/gateway/share.ts Share.heldBackBegan',
  'src/gateway/share.ts Share.heldBackEnded',
  'src/gateway/tally.ts LaneTally.isEmpty',
];

/** The functions on the way of every request; others are called by these, or by the owner. */
const ON_THE_WAY: readonly StepName[] = [
  'src/gateway/answer-head.ts readAnswerHead',
  'src/gateway/choose.ts choose',
  'src/gateway/pool.ts isReplayable',
  'src/gateway/refuse.ts refuseSocket',
  'src/gateway/request-writer.ts writeWhole',
  'src/gateway/target.ts readTarget',
  'src/gateway/upgrade.ts tunnel',
  'src/split/assign.ts stickyHash',
];
const ON_THE_WAY_OF: Readonly<Record<'on' | 'off', readonly StepName[]>> = {
  on: ['src/gateway/failover.ts failoverOf', 'src/gateway/fast/plain-route.ts routePlain'],
  off: [
    'src/gateway/admit.ts admit',
    'src/gateway/forward.ts forward',
    'src/gateway/forward.ts route',
    'src/gateway/headers.ts answerHeaders',
    'src/gateway/headers.ts requestHeaders',
    'src/gateway/upload.ts bodyFraming',
  ],
};

const isMethod = (step: StepName): boolean => /\.ts [^ ]+\./.test(step);

/** Whether some scenario of the path has to call a step. */
export function isWithinReach(step: StepName, path: 'on' | 'off'): boolean {
  if ([...CONTAINMENT, ...AFTER_A_THROW, ...BY_THE_OWNER, ...BY_CHANCE].some((place) => step.startsWith(place)))
    return false;
  if (path === 'off' && step.startsWith('src/gateway/fast/')) return false;
  return isMethod(step) || ON_THE_WAY.includes(step) || ON_THE_WAY_OF[path].includes(step);
}
