import { coldStarts, crash, joiningPods, neverCold, worseForGood } from './cold-rows.ts';
import { contentDecides } from './content-rows.ts';
import { forcedAnswers, leavers, refusals, shares } from './contract-rows.ts';
import { catastrophes, errorRegressions, latencyRegressions, lateOnset } from './detection-rows.ts';
import { type Bench, type Row, rowNumber } from './experiment.ts';
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
import { endToEnd, restarts } from './rollout-rows.ts';
import { seriesAlike, seriesParity, seriesPower } from './series-rows.ts';
import { shapesOfUsers } from './shape-key-rows.ts';
import { shapesAlike, shapesDiffer, shapesOnMargin } from './shape-rows.ts';
import { brokenStable, guardsBeside, interferenceOrOutage, sharedSlowness } from './shared-rows.ts';
import { harmInTheMix, mixWithoutHarm, slowMachine } from './slice-rows.ts';
import { valuesDecide } from './value-rows.ts';
import { publicVectors } from './vector-row.ts';

type Part = readonly [ids: string, run: (bench: Bench) => Row | readonly Row[]];

/** Every row but J17, in order. Chance comes from the row itself: it does not matter which others are run. */
const PARTS: readonly Part[] = [
  ['J1', errorsAlike],
  ['J2', latencyAlike],
  ['J3', onBoundary],
  ['J4', errorRegressions],
  ['J5', latencyRegressions],
  ['J6', catastrophes],
  ['J7', commonBursts],
  ['J8', clumps],
  ['J9', versionNoise],
  ['J10', falsePromotions],
  ['J11, J14', timeToParity],
  ['J12', lateOnset],
  ['J13', movingSplit],
  ['J15', endToEnd],
  ['J16', restarts],
  ['J18', publicVectors],
  ['J19', alikeOnPrometheus],
  ['J20', detectionOnPrometheus],
  ['J21', parityOnPrometheus],
  ['J22', seriesAlike],
  ['J23', seriesPower],
  ['J24', seriesParity],
  ['J25', parityWhenQuiet],
  ['J26', boundaryWhenQuiet],
  ['J27', harmWhenQuiet],
  ['J28', coarseSteps],
  ['J29', refusals],
  ['J30', leavers],
  ['J31', shares],
  ['J32', forcedAnswers],
  ['J33', coldStarts],
  ['J34', neverCold],
  ['J35', crash],
  ['J36', worseForGood],
  ['J37', guardsBeside],
  ['J38', sharedSlowness],
  ['J39', interferenceOrOutage],
  ['J40', brokenStable],
  ['J41', keysAlike],
  ['J42', keysToParity],
  ['J43', keysWorse],
  ['J44', keysOnMargin],
  ['J45', harmInTheMix],
  ['J46', mixWithoutHarm],
  ['J47', slowMachine],
  ['J48', quietServices],
  ['J49', probesDecide],
  ['J50', planHolds],
  ['J51', answerKinds],
  ['J52', unevenKeysToParity],
  ['J53', joiningPods],
  ['J54', valuesDecide],
  ['J55', contentDecides],
  ['J56', shapesAlike],
  ['J57', shapesDiffer],
  ['J58', shapesOnMargin],
  ['J59', shapesOfUsers],
  ['J60', logsAlike],
  ['J61', logFaults],
  ['J62', logsOnMargin],
  ['J65', answersAlike],
  ['J66', answersDiffer],
  ['J67', answersOnMargin],
];

/** The rows that run as one: `J11, J14`. */
export const ROWS: readonly string[] = PARTS.map(([ids]) => ids);

/**
 * @param wanted ids of rows; all of them if omitted
 * @param begun hears of each part before it is run
 */
export function runProtocol(
  bench: Bench,
  wanted: readonly string[] = ROWS.flatMap(idsOf),
  begun: (name: string) => void = () => undefined,
): readonly Row[] {
  const rows = PARTS.filter(([ids]) => idsOf(ids).some((id) => wanted.includes(id))).flatMap(([ids, run]) => {
    begun(ids);
    return run(bench);
  });
  return rows.toSorted((left, right) => rowNumber(left) - rowNumber(right));
}

export function idsOf(part: string): readonly string[] {
  return part.split(', ');
}
