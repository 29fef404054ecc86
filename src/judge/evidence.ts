import { type Block, GROUPS } from '../stats/block.ts';
import { countBuckets, HIGHEST_BUCKET, LOWEST_BUCKET, otherKeys } from '../stats/log-histogram.ts';
import type { LookInput, StepContext } from './input.ts';

/** What can be used of what the source gave, and why the rest cannot: null when all of it can. */
export interface Evidence {
  readonly blocks: readonly Block[];
  readonly blind: string | null;
}

const COUNTS = ['requests', 'errors', 'clientErrors'] as const;
const FULL_BPS = 10_000;

/**
 * Sorts a look's blocks into usable evidence and a reason for blindness. It trusts no shape: a block that is not what
 * the contract says is left out, and one in which a version that should have had traffic reported nothing is used for
 * what it has.
 */
export function readEvidence(input: LookInput): Evidence {
  if (!Array.isArray(input.blocks)) {
    return { blocks: [], blind: input.unusable ?? 'the metrics source gave nothing usable' };
  }
  const blocks: Block[] = [];
  let blind = input.unusable;
  for (const block of input.blocks as readonly unknown[]) {
    const fault = faultOf(block);
    if (fault !== null) {
      blind ??= `a block of measurements is unusable: ${fault}`;
      continue;
    }
    const usable = block as Block;
    blind ??= absence(usable, input.step);
    blocks.push(usable);
  }
  return { blocks, blind };
}

function absence(block: Block, step: StepContext): string | null {
  if (step.kind !== 'weight' && step.kind !== 'bake') return null;
  if (block.canary === null && block.canaryBps > 0) return 'the canary reported nothing';
  if (block.stable === null && block.canaryBps < FULL_BPS) return 'the stable reported nothing';
  return null;
}

function faultOf(block: unknown): string | null {
  if (!isRecord(block)) return 'it is no record';
  for (const key of ['startedAt', 'durationMs'] as const) {
    if (!Number.isFinite(block[key])) return `${key} is ${show(block[key])}, not a time`;
  }
  if (Number(block['durationMs']) < 0) return 'durationMs is negative';
  if (!isCount(block['splitEpoch'])) return `splitEpoch is ${show(block['splitEpoch'])}, not a count`;
  if (!isCount(block['canaryBps']) || block['canaryBps'] > FULL_BPS) {
    return `canaryBps is ${show(block['canaryBps'])}, not basis points`;
  }
  return (
    (block['stable'] === null ? null : faultOfTally(block['stable'], 'stable')) ??
    (block['canary'] === null ? null : faultOfTally(block['canary'], 'canary')) ??
    faultOfPair(block['forced'], 'forced') ??
    faultOfPair(block['ruled'], 'ruled')
  );
}

function faultOfPair(pair: unknown, name: string): string | null {
  if (!isRecord(pair)) return `${name} is ${show(pair)}, not a pair of tallies`;
  return faultOfTally(pair['stable'], `${name}.stable`) ?? faultOfTally(pair['canary'], `${name}.canary`);
}

function faultOfTally(tally: unknown, name: string): string | null {
  if (!isRecord(tally)) return `${name} is ${show(tally)}, not a tally`;
  for (const key of COUNTS) {
    if (!isCount(tally[key])) return `${name}.${key} is ${show(tally[key])}, not a count`;
  }
  if (Number(tally['errors']) + Number(tally['clientErrors']) > Number(tally['requests'])) {
    return `${name} has more errors than requests`;
  }
  const unanswered = tally['unanswered'];
  if (unanswered !== undefined && !isCount(unanswered)) return `${name}.unanswered is ${show(unanswered)}, not a count`;
  const groups = tally['groups'];
  if (groups !== undefined && !(isRecord(groups) && isGrouped(groups['requests']) && isGrouped(groups['errors']))) {
    return `${name}.groups are not ${GROUPS} counts of requests and of errors`;
  }
  const latency = tally['latency'];
  if (!isRecord(latency)) return `${name}.latency is ${show(latency)}, not a histogram`;
  return faultOfLatency(latency, name);
}

// Buckets from 0 on are read as indices; whatever other keys there are is read as text.
function faultOfLatency(latency: Readonly<Record<string, unknown>>, name: string): string | null {
  const buckets = countBuckets(latency);
  let indices = 0;
  for (let bucket = 0; bucket <= HIGHEST_BUCKET && indices < buckets; bucket += 1) {
    const count = latency[bucket];
    if (count === undefined) continue;
    if (!isCount(count)) return `${name}.latency[${bucket}] is ${show(count)}, not a count`;
    indices += 1;
  }
  if (indices === buckets) return null;
  for (const bucket of otherKeys(latency, indices)) {
    if (!isBucketBelowZero(bucket)) return `${name}.latency has the bucket ${show(bucket)}`;
    if (!isCount(latency[bucket])) return `${name}.latency[${bucket}] is ${show(latency[bucket])}, not a count`;
  }
  return null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isGrouped(value: unknown): boolean {
  return Array.isArray(value) && value.length === GROUPS && value.every(isCount);
}

function isBucketBelowZero(key: string): boolean {
  const bucket = Number(key);
  return String(bucket) === key && Number.isInteger(bucket) && bucket < 0 && bucket >= LOWEST_BUCKET;
}

function show(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? 'an object' : String(value);
  return text.slice(0, 40);
}
