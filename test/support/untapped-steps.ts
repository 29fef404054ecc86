import type { StepName } from './tapped-steps.ts';

/** What contains. */
export const CONTAINMENT: ReadonlySet<StepName> = new Set([
  'src/gateway/upstream/call.ts Call.crashed',
  'src/gateway/upstream/upstream-connection.ts UpstreamConnection.contain',
  'src/gateway/upstream/upstream-connection.ts UpstreamConnection.onFault',
  'src/gateway/serve/exchange.ts Exchange.onFault',
  'src/gateway/serve/node-side.ts NodeSide.contain',
  'src/gateway/serve/plain/plain-connection.ts PlainConnection.contain',
  'src/gateway/serve/plain/plain-connection.ts PlainConnection.fault',
  'src/gateway/http/faults.ts Faults.attempt',
  'src/gateway/http/faults.ts Faults.report',
  'src/gateway/upstream/request-writer.ts RequestWriter.contain',
  'src/gateway/serve/upload.ts Upload.contain',
  'src/gateway/measure/reading/readers.ts OpenReading.attempt',
  'src/gateway/mirror/mirrored-call.ts MirroredCall.onFault',
  'src/gateway/route/jwt/consumer-tokens.ts ConsumerTokens.contained',
  'src/gateway/route/jwt/key-source.ts KeySource.contained',
]);

/** What gives a place back: one that throws before it does keeps it. Everything else must hold for them too. */
export const RELEASES: ReadonlySet<StepName> = new Set([
  'src/gateway/upstream/pool.ts Pool.forget',
  'src/gateway/measure/open-block.ts OpenBlock.remove',
  'src/gateway/serve/connection-limits.ts ConnectionLimits.release',
  'src/gateway/http/share.ts Share.left',
  'src/gateway/http/share.ts Share.uploadEnded',
  'src/gateway/http/share.ts Share.heldBackEnded',
  'src/gateway/measure/turn.ts AnswerTaking.end',
  'src/gateway/serve/upload-watch.ts UploadWatch.delete',
  'src/gateway/measure/reading/body-queue.ts BodyQueue.release',
  'src/gateway/mirror/restraint.ts Restraint.left',
]);

/** Called when something was thrown. */
const AFTER_A_THROW: readonly StepName[] = [
  'src/gateway/measure/json-lines.ts JsonLines.drop',
  'src/gateway/serve/pipeline.ts Pipeline.isAnswering',
  'src/gateway/serve/plain/request-body.ts RequestBody.onFault',
  'src/gateway/serve/upload.ts Upload.onFault',
  'src/gateway/measure/recorder.ts RouteRecorder.withdraw',
  'src/gateway/upstream/request-writer.ts RequestWriter.fail',
  'src/gateway/measure/reading/body-queue.ts BodyQueue.dropSmall',
  'src/gateway/mirror/sent-again.ts SentAgain.breakOff',
  'src/gateway/mirror/mirrored-call.ts MirroredCall.onFault',
  'src/gateway/route/jwt/consumer-tokens.ts ConsumerTokens.giveUp',
];

/** By who starts a gateway, ends it, declares its routes, changes its split or asks what it has counted: a throw is theirs to catch. */
const BY_THE_OWNER: readonly StepName[] = [
  'src/gateway/route/route-table.ts RouteTable.replace',
  'src/gateway/measure/endpoints/endpoint-names.ts EndpointNames.declare',
  ...['admit', 'redeclare', 'open', 'declareAnew', 'leave', 'mirrorOf'].map(
    (name): StepName => `src/gateway/route/follower.ts Follower.${name}`,
  ),
  'src/gateway/route/peer.ts Peers.trust',
  ...['start', 'renew', 'stop', 'totals'].map(
    (name): StepName => `src/gateway/route/jwt/consumer-tokens.ts ConsumerTokens.${name}`,
  ),
  ...['start', 'renew', 'stop', 'size'].map(
    (name): StepName => `src/gateway/route/jwt/key-source.ts KeySource.${name}`,
  ),
  'src/gateway/route/jwt/key-set.ts KeySet.size',
  ...['listed', 'take'].map((name): StepName => `src/gateway/measure/consumers/consumer-book.ts ConsumerBook.${name}`),
  'src/gateway/measure/consumers/consumer-tally.ts VersionCounts.read',
  'src/gateway/route/follower.ts Follower.takeConsumerDays',
  'src/gateway/measure/address-ages.ts AddressAges.youngAt',
  'src/gateway/measure/closed-blocks.ts ClosedBlocks.add',
  'src/gateway/measure/closed-blocks.ts ClosedBlocks.after',
  'src/gateway/measure/closed-blocks.ts ClosedBlocks.cursor',
  'src/gateway/measure/closed-blocks.ts ClosedBlocks.drop',
  'src/gateway/measure/closed-blocks.ts ClosedBlocks.forget',
  'src/gateway/measure/closed-blocks.ts ClosedBlocks.forgetOldest',
  'src/gateway/measure/closed-blocks.ts ClosedBlocks.forgetSlices',
  'src/gateway/measure/closed-blocks.ts ClosedBlocks.passedBy',
  'src/gateway/measure/brake/brake.ts Brake.follow',
  'src/gateway/measure/brake/few-keys-trial.ts FewKeysTrial.begin',
  'src/gateway/measure/answer-history.ts AnswerHistory.ranked',
  'src/gateway/measure/answer-history.ts AnswerHistory.tell',
  'src/gateway/measure/answer-history.ts AnswerHistory.withForced',
  'src/gateway/serve/connection-limits.ts ConnectionLimits.guard',
  'src/gateway/route/consumers.ts ConsumerRules.replace',
  'src/gateway/measure/durations.ts Durations.read',
  'src/gateway/serve/plain/front.ts Front.destroy',
  'src/gateway/serve/plain/front.ts Front.drain',
  'src/gateway/serve/plain/front.ts Front.standBefore',
  'src/gateway/route/follower.ts Follower.appliedSplit',
  'src/gateway/route/follower.ts Follower.compile',
  'src/gateway/route/follower.ts Follower.drain',
  'src/gateway/route/follower.ts Follower.find',
  'src/gateway/route/follower.ts Follower.setConsumers',
  'src/gateway/route/follower.ts Follower.setSplit',
  'src/gateway/upstream/own-listeners.ts OwnListeners.add',
  'src/gateway/route/route-table.ts RouteTable.nameOf',
  'src/gateway/measure/open-block.ts OpenBlock.close',
  'src/gateway/measure/open-block.ts OpenBlock.isEmpty',
  'src/gateway/measure/open-block.ts OpenBlock.mayClose',
  'src/gateway/measure/open-block.ts OpenBlock.read',
  'src/gateway/measure/ticket.ts Ticket.latencySoFar',
  'src/gateway/serve/pipeline.ts Pipeline.sayLast',
  'src/gateway/upstream/pool.ts Pool.destroy',
  'src/gateway/route/destinations.ts Pools.clientOf',
  'src/gateway/route/destinations.ts Pools.destination',
  'src/gateway/route/destinations.ts Pools.destroy',
  'src/gateway/http/recent.ts Recent.clear',
  'src/gateway/route/follower.ts Follower.toStable',
  'src/gateway/measure/recorder.ts RouteRecorder.peek',
  'src/gateway/measure/recorder.ts RouteRecorder.closeDue',
  'src/gateway/measure/recorder.ts RouteRecorder.cursor',
  'src/gateway/measure/recorder.ts RouteRecorder.knownBy',
  'src/gateway/http/share.ts Share.isIdle',
  'src/gateway/http/share.ts Shares.forget',
  'src/gateway/measure/recorder.ts RouteRecorder.collect',
  'src/gateway/measure/recorder.ts RouteRecorder.countOverdue',
  'src/gateway/measure/recorder.ts RouteRecorder.durations',
  'src/gateway/measure/recorder.ts RouteRecorder.forget',
  'src/gateway/measure/recorder.ts RouteRecorder.slices',
  'src/gateway/measure/recorder.ts RouteRecorder.totals',
  'src/gateway/measure/slice-history.ts SliceHistory.keep',
  'src/gateway/measure/slice-history.ts SliceHistory.learn',
  'src/gateway/measure/slice-history.ts SliceHistory.read',
  'src/gateway/measure/slice-rows.ts SliceRows.admit',
  'src/gateway/measure/slice-rows.ts SliceRows.other',
  'src/gateway/measure/slice-tally.ts SliceTally.addLatency',
  'src/gateway/measure/slice-tally.ts SliceTally.addAnswer',
  'src/gateway/measure/slice-tally.ts SliceTally.addFirst',
  'src/gateway/measure/slice-tally.ts SliceTally.read',
  'src/gateway/measure/slice-tally.ts SliceTally.slowestOf',
  'src/gateway/measure/slice-thresholds.ts SliceThresholds.begin',
  'src/gateway/measure/slice-thresholds.ts SliceThresholds.learn',
  'src/gateway/measure/slice-thresholds.ts SliceThresholds.move',
  'src/gateway/measure/slice-thresholds.ts SliceThresholds.read',
  'src/gateway/measure/key-shares.ts KeyShares.missAll',
  'src/gateway/measure/lane-tally.ts LaneTally.isEmpty',
  'src/gateway/measure/lane-tally.ts LaneTally.read',
  'src/gateway/measure/lane-tally.ts LaneTally.countOpen',
  'src/gateway/measure/recorder.ts RouteRecorder.tend',
  'src/gateway/measure/unit-record.ts UnitRecord.known',
  'src/gateway/measure/unit-record.ts UnitRecord.bytes',
  'src/gateway/measure/unit-record.ts UnitRecord.counts',
  'src/gateway/measure/unit-record.ts UnitRecord.follow',
  'src/gateway/measure/unit-record.ts UnitRecord.keep',
  'src/gateway/measure/unit-record.ts UnitRecord.restore',
  'src/gateway/measure/unit-record.ts UnitRecord.worstOf',
  'src/gateway/measure/unit-edges.ts UnitEdgesLearner.follow',
  'src/gateway/measure/unit-edges.ts UnitEdgesLearner.isCompared',
  'src/gateway/measure/unit-edges.ts UnitEdgesLearner.learn',
  'src/gateway/measure/unit-edges.ts UnitEdgesLearner.read',
  'src/gateway/measure/unit-tally.ts UnitTally.addAnswer',
  'src/gateway/measure/unit-tally.ts UnitTally.addLatency',
  'src/gateway/measure/unit-tally.ts UnitTally.grow',
  'src/gateway/measure/unit-tally.ts UnitTally.isEmpty',
  'src/gateway/measure/unit-tally.ts UnitTally.read',
  'src/gateway/measure/totals.ts RouteTotals.read',
  'src/gateway/serve/upload-watch.ts UploadWatch.stop',
  'src/gateway/measure/totals.ts RouteTotals.readDurations',
  'src/gateway/measure/route-reading.ts RouteReading.follow',
  'src/gateway/measure/route-reading.ts RouteReading.look',
  'src/gateway/measure/route-reading.ts RouteReading.post',
  'src/gateway/measure/reading/postable-answers.ts PostableAnswers.post',
  'src/gateway/measure/reading/readers.ts OpenReading.look',
  'src/gateway/measure/reading/answer-tally.ts AnswerTally.read',
  'src/gateway/measure/reading/body-queue.ts BodyQueue.lost',
  'src/gateway/measure/reading/body-queue.ts BodyQueue.stop',
  'src/gateway/measure/reading/body-thread.ts BodyThread.stop',
  'src/gateway/measure/endpoints/path-template.ts GivenTemplates.wordOf',
  'src/gateway/measure/route-reading.ts RouteReading.followShapes',
  'src/gateway/measure/route-reading.ts RouteReading.sightings',
  'src/gateway/measure/shapes/shape-reader.ts ShapeReading.sightings',
  'src/gateway/measure/shapes/held-shapes.ts HeldShapes',
  'src/gateway/measure/reading/shape/route-shapes.ts RouteShapes.sightings',
  'src/gateway/measure/reading/shape/place-facts.ts PlaceFacts.sightingOf',
  'src/gateway/measure/reading/shape/fact-seen.ts FactSeen.read',
  'src/gateway/measure/reading/shape/shape-tally.ts ShapeTally.read',
  'src/gateway/measure/pairs/pair-tally.ts PairTally.read',
  'src/gateway/measure/pairs/route-pairs.ts RoutePairs.follow',
  'src/gateway/measure/pairs/route-pairs.ts RoutePairs.sightings',
  'src/gateway/mirror/mirror-totals.ts MirrorTotals.read',
  'src/gateway/mirror/route-mirror.ts RouteMirror.breakOff',
  'src/gateway/mirror/route-mirror.ts RouteMirror.follow',
  'src/gateway/mirror/route-mirror.ts RouteMirror.newRestraint',
  'src/gateway/mirror/route-mirror.ts RouteMirror.read',
  'src/gateway/mirror/route-mirror.ts RouteMirror.stop',
];

/** In the thread that reads bodies: what is thrown there ends it. */
const IN_THE_THREAD: readonly StepName[] = ['src/gateway/measure/reading/shape/packed-facts.ts FactPacker'];

/** Called once in thousands of times by a step that is made to throw itself, at midnight, or where a place has more facts than are counted. */
const SELDOM: readonly StepName[] = [
  ...['turn', 'keep', 'beginDay'].map(
    (name): StepName => `src/gateway/measure/consumers/consumer-book.ts ConsumerBook.${name}`,
  ),
  'src/gateway/measure/reading/shape/counted-paths.ts CountedPaths.halve',
  'src/gateway/measure/reading/shape/counted-paths.ts CountedPaths.isIn',
  'src/gateway/measure/reading/shape/counted-paths.ts CountedPaths.least',
  'src/gateway/measure/reading/shape/fact-room.ts FactRoom.noteUncounted',
  'src/gateway/measure/reading/shape/fact-room.ts FactRoom.takeFromLargest',
  ...['admit', 'drop', 'findLeast', 'giveUp', 'isCommon', 'makeRoom', 'shareOf', 'withoutRoom'].map(
    (name): StepName => `src/gateway/measure/reading/shape/place-facts.ts PlaceFacts.${name}`,
  ),
  'src/gateway/measure/endpoints/frequency-sketch.ts FrequencySketch.halve',
  'src/gateway/measure/endpoints/known-endpoints.ts KnownEndpoints.age',
];

/** Where the sockets' buffers or the time decide whether they are called. */
const BY_CHANCE: readonly StepName[] = [
  'src/gateway/measure/consumers/consumer-tally.ts LateTally.settle',
  'src/gateway/serve/node-side.ts NodeSide.holdBack',
  'src/gateway/serve/plain/plain-side.ts PlainSide.holdBack',
  'src/gateway/upstream/inlet.ts Inlet.leave',
  'src/gateway/measure/open-block.ts OpenBlock.isEmpty',
  'src/gateway/http/share.ts Share.heldBackBegan',
  'src/gateway/http/share.ts Share.heldBackEnded',
  'src/gateway/measure/lane-tally.ts LaneTally.isEmpty',
  'src/gateway/mirror/copied-body.ts CopiedBody.isStarved',
];

/** The functions on the way of every request; others are called by these, or by the owner. */
const ON_THE_WAY: readonly StepName[] = [
  'src/gateway/upstream/answer-head.ts readAnswerHead',
  'src/gateway/route/choose.ts choose',
  'src/gateway/upstream/pool.ts isReplayable',
  'src/gateway/http/refuse.ts refuseSocket',
  'src/gateway/upstream/request-writer.ts writeWhole',
  'src/gateway/http/target.ts readTarget',
  'src/gateway/serve/upgrade.ts tunnel',
  'src/split/assign.ts stickyHash',
];
const ON_THE_WAY_OF: Readonly<Record<'on' | 'off', readonly StepName[]>> = {
  on: ['src/gateway/route/failover.ts failoverOf', 'src/gateway/serve/plain/plain-route.ts routePlain'],
  off: [
    'src/gateway/serve/admit.ts admit',
    'src/gateway/serve/forward.ts forward',
    'src/gateway/serve/forward.ts route',
    'src/gateway/http/headers.ts answerHeaders',
    'src/gateway/route/request-head.ts requestHeaders',
    'src/gateway/serve/upload.ts bodyFraming',
  ],
};

const isMethod = (step: StepName): boolean => /\.ts [^ ]+\./.test(step);

/** Whether a step that a scenario has reached is reached again when it is played again: not where time or the owner decides. */
export function isOnTheWay(step: StepName): boolean {
  return ![...BY_CHANCE, ...BY_THE_OWNER].includes(step);
}

/** Whether some scenario of the path has to call a step. */
export function isWithinReach(step: StepName, path: 'on' | 'off'): boolean {
  if (
    [...CONTAINMENT, ...AFTER_A_THROW, ...BY_THE_OWNER, ...IN_THE_THREAD, ...SELDOM, ...BY_CHANCE].some((place) =>
      step.startsWith(place),
    )
  )
    return false;
  if (path === 'off' && step.startsWith('src/gateway/serve/plain/')) return false;
  return isMethod(step) || ON_THE_WAY.includes(step) || ON_THE_WAY_OF[path].includes(step);
}
