import { faultOfStatuses } from '../judge/contract/status-fault.ts';
import { isRecord } from '../policy/is-record.ts';
import { parsePercent } from '../policy/units.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import type { StatusCounts } from '../stats/answer-kind.ts';
import type { AnswerPairs } from '../stats/answers/answer-pairs.ts';
import {
  GROUPS,
  type GroupCounts,
  type LatencyGrid,
  MOST_NAMED_ADDRESSES,
  type SeriesPoint,
  type Tally,
  type YoungAnswers,
  type YoungVersions,
} from '../stats/block.ts';
import { nativeGrid } from '../stats/latency/latency-grid.ts';
import type { LogPair } from '../stats/logs/log-counts.ts';
import {
  countsAtSchema,
  type NativeCounts,
  readBuckets,
  readGatewayCounts,
  readLatencies,
  readNative,
} from './latency-forms.ts';
import { CARRIED_KEYS, readCarried } from './read-carried.ts';
import { readLogs } from './read-logs.ts';
import { readPairs } from './read-pairs.ts';
import { readSeriesPoints } from './read-series.ts';
import { type InputFields, readCount, readFields, readNumber, refuseInput } from './read-value.ts';

/** What was measured in one block: one line of the input of `serin judge`. */
export interface Measured {
  /** Start of the block, epoch ms. */
  readonly at: number;
  /** 0 for the internal phase, n for the policy's n-th step, number of steps + 1 for the bake. */
  readonly step: number;
  readonly canaryBps: number;
  /** Null when the version reported nothing. */
  readonly stable: Tally | null;
  readonly canary: Tally | null;
  /** The grid of both latencies; the gateway's own when omitted. */
  readonly grid?: LatencyGrid;
  /** What young addresses answered, which is in no other tally. */
  readonly young?: YoungVersions;
  /** Values of query checks whose interval ended in the block, by name. */
  readonly series?: Readonly<Record<string, SeriesPoint>>;
  /** Requests that both versions answered, to be compared; omitted where there were none. */
  readonly pairs?: AnswerPairs;
  /** What both versions logged; omitted where no logs are taken. */
  readonly logs?: LogPair;
}

/** One version as read: native counts get their grid from both versions together. */
interface ReadTally {
  readonly tally: Tally;
  readonly form: 'gateway' | 'buckets' | 'native' | null;
  readonly native: NativeCounts | null;
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
const LATENCY_FORMS = ['latency', 'latencyMs', 'buckets', 'native'] as const;
const TALLY_KEYS = [
  'requests',
  'errors',
  'clientErrors',
  'unanswered',
  'empty',
  'statuses',
  'groups',
  ...CARRIED_KEYS,
  ...LATENCY_FORMS,
];

/** The text of a line -> the block; throws a `Problem` that says in one sentence what is wrong. */
export function readBlock(text: string): Measured {
  const fields = readFields(parse(text), 'a block', [
    'at',
    'step',
    'weight',
    'stable',
    'canary',
    'young',
    'series',
    'logs',
    'pairs',
  ]);
  return {
    at: readTime(fields['at'], 'at'),
    step: readCount(fields['step'], 'step'),
    canaryBps: readWeight(fields['weight']),
    ...inOneForm(readTally(fields['stable'], 'stable'), readTally(fields['canary'], 'canary')),
    ...(fields['young'] === undefined ? {} : { young: readYoung(fields['young']) }),
    ...(fields['series'] === undefined ? {} : { series: readSeriesPoints(fields['series']) }),
    ...(fields['pairs'] === undefined ? {} : { pairs: readPairs(fields['pairs']) }),
    ...(fields['logs'] === undefined ? {} : { logs: readLogs(fields['logs']) }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuseInput('this is no JSON');
  }
}

function readTime(value: unknown, name: string): number {
  const at = typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isFinite(at)) {
    refuseInput(value === undefined ? `${name} is missing` : `${name} must be a time such as 2026-01-01T00:00:05Z`);
  }
  return at;
}

// A share as the policy writes it, 10%, or as a number, 0.1. The slack lets 0.07 through, which is 7.000000000000001
// hundredths.
function readWeight(value: unknown): number {
  const share = typeof value === 'string' ? parsePercent(value) : value;
  if (share === null) refuseInput('weight must be a share such as 10% or 0.1');
  const exact = readNumber(share, 'weight', 0, 1) * WHOLE_BPS;
  const bps = Math.round(exact);
  if (Math.abs(exact - bps) > 1e-6) refuseInput('weight has a resolution of 0.0001');
  return bps;
}

// Two native histograms are compared at their common resolution.
function inOneForm(stable: ReadTally | null, canary: ReadTally | null): Pick<Measured, 'stable' | 'canary' | 'grid'> {
  const read = [stable, canary].flatMap((one) => one ?? []);
  const [form, other] = read.flatMap((one) => one.form ?? []);
  if (form !== undefined && other !== undefined && form !== other) {
    refuseInput('the latencies of stable and canary must have the same form');
  }
  const schema = Math.min(...read.map(({ native }) => native?.schema ?? Number.POSITIVE_INFINITY));
  const onGrid = (one: ReadTally | null) =>
    one?.native ? { ...one.tally, latency: countsAtSchema(one.native, schema) } : (one?.tally ?? null);
  const both = { stable: onGrid(stable), canary: onGrid(canary) };
  return Number.isFinite(schema) ? { ...both, grid: nativeGrid(schema) } : both;
}

function readYoung(value: unknown): YoungVersions {
  const { stable, canary } = readFields(value, 'young', ['stable', 'canary']);
  if (stable === undefined && canary === undefined) refuseInput('young must have answers of stable or canary');
  return {
    ...(stable === undefined ? {} : { stable: readYoungAnswers(stable, 'young.stable') }),
    ...(canary === undefined ? {} : { canary: readYoungAnswers(canary, 'young.canary') }),
  };
}

// Their latencies are compared with nothing.
function readYoungAnswers(value: unknown, name: string): YoungAnswers {
  const { addresses, until, tally } = readFields(value, name, ['addresses', 'until', 'tally']);
  const isNamed = Array.isArray(addresses) && addresses.length > 0 && addresses.length <= MOST_NAMED_ADDRESSES;
  if (!isNamed || !addresses.every((address) => typeof address === 'string')) {
    return refuseInput(`${name}.addresses must be a list of 1 to ${MOST_NAMED_ADDRESSES} addresses`);
  }
  const read = readTally(tally, `${name}.tally`);
  if (read === null || read.form !== null) return refuseInput(`${name}.tally must be counts without latencies`);
  return { addresses, count: addresses.length, until: readTime(until, `${name}.until`), tally: read.tally };
}

function readTally(value: unknown, name: string): ReadTally | null {
  if (value === null) return null;
  if (value === undefined) refuseInput(`${name} is missing: null says that it reported nothing`);
  const fields = readFields(value, name, TALLY_KEYS);
  const requests = readCount(fields['requests'], `${name}.requests`);
  const errors = readCount(fields['errors'], `${name}.errors`);
  const clientErrors = readOptionalCount(fields['clientErrors'], `${name}.clientErrors`);
  if (errors + (clientErrors ?? 0) > requests) refuseInput(`${name} has more errors than requests`);
  const unanswered = readOptionalCount(fields['unanswered'], `${name}.unanswered`);
  const empty = readOptionalCount(fields['empty'], `${name}.empty`);
  if ((empty ?? 0) > requests) refuseInput(`${name} has more empty answers than requests`);
  const statuses = fields['statuses'] === undefined ? null : readStatuses(fields['statuses'], `${name}.statuses`);
  const groups = fields['groups'] === undefined ? null : readGroups(fields['groups'], `${name}.groups`);
  const counts = {
    requests,
    errors,
    clientErrors: clientErrors ?? 0,
    ...(unanswered === null ? {} : { unanswered }),
    ...(empty === null ? {} : { empty }),
    ...(statuses === null ? {} : { statuses }),
    ...(groups === null ? {} : { groups }),
    ...readCarried(fields, name),
  };
  const fault = faultOfStatuses(counts, name);
  if (fault !== null) refuseInput(fault);
  return readLatency(counts, fields, name);
}

function readStatuses(value: unknown, name: string): StatusCounts {
  if (!isRecord(value)) refuseInput(`${name} must be counts by status`);
  return Object.fromEntries(
    Object.entries(value).map(([status, count]) => [status, readCount(count, `${name}.${status}`)]),
  );
}

function readOptionalCount(value: unknown, name: string): number | null {
  return value === undefined ? null : readCount(value, name);
}

function readGroups(value: unknown, name: string): GroupCounts {
  const fields = readFields(value, name, ['requests', 'errors']);
  const requests = readGroup(fields['requests'], `${name}.requests`);
  const errors = readGroup(fields['errors'], `${name}.errors`);
  if (errors.some((count, group) => count > (requests[group] ?? 0)))
    refuseInput(`${name} has more errors than requests`);
  return { requests, errors };
}

function readGroup(value: unknown, name: string): readonly number[] {
  if (!Array.isArray(value) || value.length !== GROUPS) refuseInput(`${name} must be a list of ${GROUPS} counts`);
  return (value as readonly unknown[]).map((count, group) => readCount(count, `${name}[${group}]`));
}

function readLatency(counts: Omit<Tally, 'latency'>, fields: InputFields, name: string): ReadTally {
  const given = LATENCY_FORMS.filter((form) => fields[form] !== undefined);
  if (given.length > 1) refuseInput(`${name} has ${given.join(' and ')}: one of them is enough`);
  const [form] = given;
  if (form === undefined) return { tally: { ...counts, latency: {} }, form: null, native: null };
  const value = fields[form];
  switch (form) {
    case 'latency':
      return gateway(readGatewayCounts(value, `${name}.latency`));
    case 'latencyMs':
      return gateway(readLatencies(value, `${name}.latencyMs`));
    case 'buckets': {
      const slower = readBuckets(value, `${name}.buckets`);
      const tally = { ...counts, latency: {}, ...(slower === null ? {} : { slower }) };
      return { tally, form: 'buckets', native: null };
    }
    case 'native': {
      const native = readNative(value, `${name}.native`);
      return { tally: { ...counts, latency: {} }, form: 'native', native };
    }
  }

  function gateway(latency: Tally['latency']): ReadTally {
    return { tally: { ...counts, latency }, form: 'gateway', native: null };
  }
}
