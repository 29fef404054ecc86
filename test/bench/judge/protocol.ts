import { catastrophes, errorRegressions, latencyRegressions, lateOnset } from './detection-rows.ts';
import type { Bench, Row } from './experiment.ts';
import { clumps, commonBursts, errorsAlike, latencyAlike, movingSplit, onBoundary, versionNoise } from './null-rows.ts';
import { falsePromotions, timeToParity } from './parity-rows.ts';
import { alikeOnPrometheus, detectionOnPrometheus, parityOnPrometheus } from './prometheus-rows.ts';
import type { Report } from './report.ts';
import { endToEnd, restarts } from './rollout-rows.ts';
import { seriesAlike, seriesParity, seriesPower } from './series-rows.ts';
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
  ];
  const rows = parts.flatMap(([name, run]) => {
    begun(name);
    return run();
  });
  return { ...bench, rows: rows.toSorted((left, right) => Number(left.id.slice(1)) - Number(right.id.slice(1))) };
}
