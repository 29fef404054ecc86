import { coldStarts, crash, joiningPods, neverCold, worseForGood } from './cold-rows.ts';
import { contentDecides } from './content-rows.ts';
import { forcedAnswers, leavers, refusals, shares } from './contract-rows.ts';
import { catastrophes, errorRegressions, latencyRegressions, lateOnset } from './detection-rows.ts';
import type { Bench, Row } from './experiment.ts';
import { keysAlike, keysOnMargin, keysToParity, keysWorse, unevenKeysToParity } from './key-rows.ts';
import { answerKinds } from './kind-rows.ts';
import { boundaryWhenQuiet, coarseSteps, harmWhenQuiet, parityWhenQuiet } from './little-traffic-rows.ts';
import { logFaults, logsAlike, logsOnMargin } from './log-rows.ts';
import { clumps, commonBursts, errorsAlike, latencyAlike, movingSplit, onBoundary, versionNoise } from './null-rows.ts';
import { answersAlike, answersDiffer, answersOnMargin } from './pair-rows.ts';
import { falsePromotions, timeToParity } from './parity-rows.ts';
import { planHolds } from './plan-rows.ts';
import { probesDecide } from './probe-rows.ts';
import { alikeOnPrometheus, detectionOnPrometheus, parityOnPrometheus } from './prometheus-rows.ts';
import { quietServices } from './quiet-rows.ts';
import type { Report } from './report.ts';
import { endToEnd, restarts } from './rollout-rows.ts';
import { seriesAlike, seriesParity, seriesPower } from './series-rows.ts';
import { shapesOfUsers } from './shape-key-rows.ts';
import { shapesAlike, shapesDiffer, shapesOnMargin } from './shape-rows.ts';
import { brokenStable, guardsBeside, interferenceOrOutage, sharedSlowness } from './shared-rows.ts';
import { harmInTheMix, mixWithoutHarm, slowMachine } from './slice-rows.ts';
import { valuesDecide } from './value-rows.ts';
import { publicVectors } from './vector-row.ts';

/** Every row but J17, in order. `begun` hears of each before it is run. */
export function runProtocol(bench: Bench, begun: (name: string) => void = () => undefined): Report {
  const parts: readonly (readonly [string, () => Row | readonly Row[]])[] = [
    ['J1', () => errorsAlike(bench)],
    ['J2', () => latencyAlike(bench)],
    ['J3', () => onBoundary(bench)],
    ['J4', () => errorRegressions(bench)],
    ['J5', () => latencyRegressions(bench)],
    ['J6', () => catastrophes(bench)],
    ['J7', () => commonBursts(bench)],
    ['J8', () => clumps(bench)],
    ['J9', () => versionNoise(bench)],
    ['J10', () => falsePromotions(bench)],
    ['J11, J14', () => timeToParity(bench)],
    ['J12', () => lateOnset(bench)],
    ['J13', () => movingSplit(bench)],
    ['J15', () => endToEnd(bench)],
    ['J16', () => restarts(bench)],
    ['J18', () => publicVectors()],
    ['J19', () => alikeOnPrometheus(bench)],
    ['J20', () => detectionOnPrometheus(bench)],
    ['J21', () => parityOnPrometheus(bench)],
    ['J22', () => seriesAlike(bench)],
    ['J23', () => seriesPower(bench)],
    ['J24', () => seriesParity(bench)],
    ['J25', () => parityWhenQuiet(bench)],
    ['J26', () => boundaryWhenQuiet(bench)],
    ['J27', () => harmWhenQuiet(bench)],
    ['J28', () => coarseSteps(bench)],
    ['J29', () => refusals(bench)],
    ['J30', () => leavers(bench)],
    ['J31', () => shares(bench)],
    ['J32', () => forcedAnswers(bench)],
    ['J33', () => coldStarts(bench)],
    ['J34', () => neverCold(bench)],
    ['J35', () => crash(bench)],
    ['J36', () => worseForGood(bench)],
    ['J37', () => guardsBeside(bench)],
    ['J38', () => sharedSlowness(bench)],
    ['J39', () => interferenceOrOutage(bench)],
    ['J40', () => brokenStable(bench)],
    ['J41', () => keysAlike(bench)],
    ['J42', () => keysToParity(bench)],
    ['J43', () => keysWorse(bench)],
    ['J44', () => keysOnMargin(bench)],
    ['J45', () => harmInTheMix(bench)],
    ['J46', () => mixWithoutHarm(bench)],
    ['J47', () => slowMachine(bench)],
    ['J48', () => quietServices(bench)],
    ['J49', () => probesDecide(bench)],
    ['J50', () => planHolds(bench)],
    ['J51', () => answerKinds(bench)],
    ['J52', () => unevenKeysToParity(bench)],
    ['J53', () => joiningPods(bench)],
    ['J54', () => valuesDecide(bench)],
    ['J55', () => contentDecides(bench)],
    ['J56', () => shapesAlike(bench)],
    ['J57', () => shapesDiffer(bench)],
    ['J58', () => shapesOnMargin(bench)],
    ['J59', () => shapesOfUsers(bench)],
    ['J60', () => logsAlike(bench)],
    ['J61', () => logFaults(bench)],
    ['J62', () => logsOnMargin(bench)],
    ['J65', () => answersAlike(bench)],
    ['J66', () => answersDiffer(bench)],
    ['J67', () => answersOnMargin(bench)],
  ];
  const rows = parts.flatMap(([name, run]) => {
    begun(name);
    return run();
  });
  return { ...bench, rows: rows.toSorted((left, right) => Number(left.id.slice(1)) - Number(right.id.slice(1))) };
}
