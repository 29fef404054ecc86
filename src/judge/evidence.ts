import { isRecord } from '../policy/is-record.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import { type Block, GROUPS, type SeriesPoint, type SeriesValue } from '../stats/block.ts';
import { fitsForm, formOf, type LatencyForm } from '../stats/latency/latency-form.ts';
import { faultOfCarried } from './contract/answer-fault.ts';
import { faultOfForms, faultOfGrid, faultOfLatency } from './contract/latency-fault.ts';
import { faultOfLogs } from './contract/log-fault.ts';
import { faultOfPairs } from './contract/pair-fault.ts';
import { faultOfSlices } from './contract/slice-fault.ts';
import { faultOfStatuses } from './contract/status-fault.ts';
import {
  faultOfAddresses,
  faultOfAnswers,
  faultOfAssignment,
  faultOfKeys,
  faultOfWorstUnit,
} from './contract/traffic-fault.ts';
import type { LookInput, StepContext } from './input.ts';
import { isCount, LARGEST, show } from './shape.ts';

/** The usable part of what the source returned, and why the rest is unusable: null when all of it is usable. */
export interface UsableBlocks {
  readonly blocks: readonly Block[];
  readonly blind: string | null;
}

const COUNTS = ['requests', 'errors', 'clientErrors'] as const;
/** A block is one look's, at most what replays hold in one. */
const LONGEST_BLOCK_MS = 86_400_000;
const MOST_PODS = 1_000;

type GridOfBlock = Parameters<typeof faultOfLatency>[2];

/**
 * Splits a look's blocks into usable evidence and a reason for blindness. It trusts no input: a block that violates
 * the contract is dropped, and so is one whose latencies have a different form than the earlier ones. If a version that
 * should have had traffic reported nothing, the rest of the block is still used.
 *
 * @param known the form of the latencies so far; null before the first
 */
export function readEvidence(input: LookInput, known: LatencyForm | null = null): UsableBlocks {
  if (!Array.isArray(input.blocks)) {
    return { blocks: [], blind: input.unusable ?? 'the metrics source gave nothing usable' };
  }
  const blocks: Block[] = [];
  let blind = input.unusable;
  let form = known;
  for (const block of input.blocks as readonly unknown[]) {
    const fault = faultOfBlock(block);
    if (fault !== null) {
      blind ??= `a block of measurements is unusable: ${fault}`;
      continue;
    }
    const usable = withSeries(block as Block);
    if (form !== null && !fitsForm(usable, form)) {
      blind ??= 'latencies are measured in other buckets than before, so that they cannot be compared with the past';
      continue;
    }
    form ??= formOf(usable);
    blind ??= absence(usable, input.step);
    blocks.push(usable);
  }
  return { blocks, blind };
}

// Anything but a finite number becomes null: it is missing, and never 0.
function withSeries(block: Block): Block {
  if (block.series === undefined) return block;
  const points = Object.entries<unknown>(block.series).map(([name, point]) => [name, readPoint(point)]);
  return { ...block, series: Object.fromEntries(points) };
}

function readPoint(point: unknown): SeriesPoint {
  const { stable, canary }: { stable?: unknown; canary?: unknown } = Object(point);
  return { stable: readValue(stable), canary: readValue(canary) };
}

function readValue(value: unknown): SeriesValue {
  if (!Array.isArray(value)) return numberOf(value);
  const pods = (value as readonly unknown[]).slice(0, MOST_PODS + 1).map(numberOf);
  const known = pods.filter((pod) => pod !== null);
  return pods.length > 0 && pods.length <= MOST_PODS && known.length === pods.length ? known : null;
}

// Zero has a single sign here, as in JSON.
function numberOf(value: unknown): number | null {
  if (typeof value !== 'number' || !(Math.abs(value) <= LARGEST)) return null;
  return value === 0 ? 0 : value;
}

function absence(block: Block, step: StepContext): string | null {
  if (step.kind !== 'weight' && step.kind !== 'bake') return null;
  if (block.canary === null && block.canaryBps > 0) return 'the canary reported nothing';
  if (block.stable === null && block.canaryBps < WHOLE_BPS) return 'the stable reported nothing';
  return null;
}

/** Why a block breaks the contract of sources; null if it does not. */
export function faultOfBlock(block: unknown): string | null {
  if (!isRecord(block)) return 'it is no record';
  for (const key of ['startedAt', 'durationMs'] as const) {
    if (!Number.isFinite(block[key])) return `${key} is ${show(block[key])}, not a time`;
  }
  if (Number(block['durationMs']) < 0) return 'durationMs is negative';
  if (Number(block['durationMs']) > LONGEST_BLOCK_MS) return 'durationMs is longer than a day';
  if (!isCount(block['splitEpoch'])) return `splitEpoch is ${show(block['splitEpoch'])}, not a count`;
  if (!isCount(block['canaryBps']) || block['canaryBps'] > WHOLE_BPS) {
    return `canaryBps is ${show(block['canaryBps'])}, not basis points`;
  }
  const grid = block['grid'] === undefined ? 'gateway-grid' : 'own-grid';
  return (
    faultOfAssignment(block['assignment'], 'assignment') ??
    faultOfKeys(block['keys']) ??
    faultOfWorstUnit(block['worstUnit']) ??
    faultOfGrid(block['grid']) ??
    (block['stable'] === null ? null : faultOfTally(block['stable'], 'stable', grid)) ??
    (block['canary'] === null ? null : faultOfTally(block['canary'], 'canary', grid)) ??
    faultOfPair(block['forced'], 'forced', grid) ??
    faultOfPair(block['ruled'], 'ruled', grid) ??
    faultOfYoung(block['young'], grid) ??
    faultOfForms(block as unknown as Block) ??
    faultOfSeries(block['series']) ??
    faultOfProbes(block['probes']) ??
    faultOfLogs(block['logs'], 'logs') ??
    faultOfPairs(block['pairs']) ??
    faultOfPairOfCounts(block['routed'], 'routed') ??
    faultOfPairOfCounts(block['drawn'], 'drawn') ??
    faultOfSlices(block['slices'], block as unknown as Block)
  );
}

function faultOfPair(pair: unknown, name: string, grid: GridOfBlock): string | null {
  if (!isRecord(pair)) return `${name} is ${show(pair)}, not a pair of tallies`;
  return faultOfTally(pair['stable'], `${name}.stable`, grid) ?? faultOfTally(pair['canary'], `${name}.canary`, grid);
}

function faultOfYoung(young: unknown, grid: GridOfBlock): string | null {
  if (young === undefined) return null;
  if (!isRecord(young) || (young['stable'] === undefined && young['canary'] === undefined)) {
    return `young is ${show(young)}, not the answers of young addresses by version`;
  }
  for (const version of ['stable', 'canary'] as const) {
    const answers = young[version];
    if (answers === undefined) continue;
    const fault = faultOfAddresses(answers, `young.${version}`);
    if (fault !== null) return fault;
    const tallyFault = faultOfTally(Object(answers).tally, `young.${version}.tally`, grid);
    if (tallyFault !== null) return tallyFault;
  }
  return null;
}

function faultOfSeries(series: unknown): string | null {
  return series === undefined || isRecord(series) ? null : `series is ${show(series)}, not points by name`;
}

function faultOfProbes(probes: unknown): string | null {
  if (probes === undefined) return null;
  if (!Array.isArray(probes)) return `probes is ${show(probes)}, not a list of pairs`;
  const isTime = (ms: unknown) => ms === null || (typeof ms === 'number' && ms > 0 && ms <= LARGEST);
  const isPair = (pair: unknown) => isRecord(pair) && isTime(pair['stable']) && isTime(pair['canary']);
  const index = (probes as readonly unknown[]).findIndex((pair) => !isPair(pair));
  return index < 0 ? null : `probes[${index}] is ${show(probes[index])}, not a pair of times`;
}

function faultOfPairOfCounts(pair: unknown, name: string): string | null {
  if (pair === undefined) return null;
  if (!isRecord(pair)) return `${name} is ${show(pair)}, not a pair of counts`;
  for (const key of ['stable', 'canary'] as const) {
    if (!isCount(pair[key])) return `${name}.${key} is ${show(pair[key])}, not a count`;
  }
  return null;
}

function faultOfTally(tally: unknown, name: string, grid: GridOfBlock): string | null {
  if (!isRecord(tally)) return `${name} is ${show(tally)}, not a tally`;
  for (const key of COUNTS) {
    if (!isCount(tally[key])) return `${name}.${key} is ${show(tally[key])}, not a count`;
  }
  if (Number(tally['errors']) + Number(tally['clientErrors']) > Number(tally['requests'])) {
    return `${name} has more errors than requests`;
  }
  const unanswered = tally['unanswered'];
  if (unanswered !== undefined && !isCount(unanswered)) return `${name}.unanswered is ${show(unanswered)}, not a count`;
  const empty = tally['empty'];
  if (empty !== undefined && !(isCount(empty) && empty <= Number(tally['requests']))) {
    return `${name}.empty is ${show(empty)}, not a count of its requests`;
  }
  const { latencyOf } = tally;
  if (latencyOf !== undefined && latencyOf !== 'all-answers') {
    return `${name}.latencyOf is ${show(latencyOf)}, not all-answers`;
  }
  const groups = tally['groups'];
  if (groups !== undefined && !(isRecord(groups) && isGrouped(groups['requests']) && isGrouped(groups['errors']))) {
    return `${name}.groups are not ${GROUPS} counts of requests and of errors`;
  }
  return (
    faultOfStatuses(tally, name) ??
    faultOfAnswers(tally['answers'], `${name}.answers`) ??
    faultOfCarried(tally, name) ??
    faultOfLatency(tally, name, grid)
  );
}

function isGrouped(value: unknown): boolean {
  return Array.isArray(value) && value.length === GROUPS && value.every(isCount);
}
