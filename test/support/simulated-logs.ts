import type { LogCounts } from '../../src/stats/logs/log-counts.ts';
import { addLogs } from '../../src/stats/logs/log-sums.ts';
import type { Random } from './random.ts';
import { binomialCount, poissonCount } from './random-counts.ts';

/** What services of a version log beside what its requests do: its machines, jobs and starts. */
export interface Machines {
  readonly pods: number;
  /** Whether this version runs the batch job. */
  readonly hasBatch: boolean;
  /** Of the canary: its start, block of the stream; null for none. */
  readonly startedAt: number | null;
}

/** What is wrong with a version; nothing when omitted. */
export interface LogFault {
  /** Share of the requests that log a new error, and how many lines of it. */
  readonly newError?: { readonly share: number; readonly lines: number };
  /** Times the calls of the payment service for each request. */
  readonly payments?: number;
  /** Times the errors of the stable. */
  readonly errors?: number;
  readonly newCall?: number;
  readonly lostField?: true;
}

export const BLOCK_MS = 5_000;
const NO_LOG: LogCounts = {
  lines: 0,
  malformed: 0,
  levels: { error: 0, warn: 0, info: 0, debug: 0 },
  templates: {},
  fields: {},
  calls: {},
  other: { templates: 0, fields: 0, calls: 0 },
};

/** Lines of one template: those of requests have an id, jobs and machines have none. */
function lines(template: string, count: number, of: 'request' | 'machine', calls: LogCounts['calls'] = {}): LogCounts {
  if (count === 0 && Object.keys(calls).length === 0) return NO_LOG;
  const level = template.slice(0, template.indexOf(' '));
  return {
    ...NO_LOG,
    lines: count,
    levels: { ...NO_LOG.levels, [level]: count },
    templates: count === 0 ? {} : { [template]: count },
    fields: count === 0 ? {} : of === 'request' ? { service: count, request_id: count } : { service: count },
    calls,
  };
}

/** What both versions share: an incident hits requests of either. */
export interface Weather {
  /** Requests of all that an incident fails in this block, and the template that it logs. */
  readonly failing: number;
  readonly template: string;
}

const RARE = 40;

/** @param perBlock requests of both versions together */
export function weatherOf(random: Random, perBlock: number): Weather {
  // One in two minutes, of any size up to a tenth of the traffic, and one in four of them never seen before.
  if (random() > BLOCK_MS / 120_000) return { failing: 0, template: '' };
  const rare = Math.floor(random() * RARE);
  const template =
    random() < 0.25 ? `error net.Client: reset ${Math.floor(random() * 1e9)}` : `error net.Client: ${rare} reset <*>`;
  return { failing: Math.ceil(random() ** 3 * 0.1 * perBlock), template };
}

/** What a version logs in a block. */
export function logsOf(
  random: Random,
  at: number,
  requests: number,
  share: number,
  weather: Weather,
  { pods, hasBatch, startedAt }: Machines,
  fault: LogFault = {},
): LogCounts {
  const parts: LogCounts[] = [];
  const add = (...more: LogCounts[]) => void parts.push(...more);
  const clump = () => 1 + Math.floor(-Math.log(1 - random()) * 4);
  const payments = poissonCount(random, 0.8 * requests * (fault.payments ?? 1));
  const calls = { 'http payments.internal': payments, 'db postgresql': 2 * requests };
  add(lines('info http.Access: GET <*> <*>', requests, 'request', calls));
  add(lines('info orders.Service: order <*> read', 2 * binomialCount(random, requests, 0.6), 'request'));
  const declined = binomialCount(random, requests, 0.004 * (fault.errors ?? 1));
  for (let one = 0; one < declined; one += 1) add(lines('error pay.Charge: card <*> declined', clump(), 'request'));
  const slow = binomialCount(random, requests, 0.01);
  add(lines('warn db.Pool: waited <*> ms', slow * 2, 'request'));
  const failed = binomialCount(random, weather.failing, share);
  if (failed > 0) add(lines(weather.template, failed * 3, 'request'));
  // Something that nobody has seen before and nobody will again: one in five minutes of all traffic.
  if (random() < (share * BLOCK_MS) / 300_000) {
    add(lines(`${random() < 0.5 ? 'error' : 'warn'} misc.Odd: ${Math.floor(random() * 1e9)}`, clump(), 'request'));
  }
  for (let pod = 0; pod < pods; pod += 1) {
    const tick = at + pod * 37 + (startedAt === null ? 0 : 11);
    if (tick % 2 === 0) add(lines('info health.Probe: ok', 1, 'machine', { 'db health': 1 }));
    if (tick % 6 === 0) add(lines('error metrics.Push: <*> unreachable', 1, 'machine'));
    if (tick % 120 < 2) {
      add(lines('info cron.Cleanup: removed <*>', 200, 'machine', { 'db cleanup': 40 }));
      add(lines('warn cron.Cleanup: skipped <*>', 25, 'machine'));
    }
    if (random() < BLOCK_MS / 1_200_000) {
      add(lines('warn gc.Pause: <*> ms', clump(), 'machine'), lines('error gc.Watchdog: late <*>', clump(), 'machine'));
    }
  }
  if (hasBatch && at % 120 >= 40 && at % 120 < 46) {
    add(
      lines('info batch.Rows: row <*>', 500, 'machine', { 'db warehouse': 300 }),
      lines('warn batch.Rows: odd <*>', 60, 'machine'),
    );
    add(lines('error batch.Rows: <*> refused', 10, 'machine'));
  }
  if (startedAt !== null && at >= startedAt && at < startedAt + 12) {
    add(
      lines('warn boot.Config: <*> is deprecated', 8, 'machine'),
      lines('error boot.Cache: <*> not there', 3, 'machine'),
    );
  }
  const { newError, newCall = 0 } = fault;
  if (newError !== undefined) {
    const hit = binomialCount(random, requests, newError.share);
    if (hit > 0) add(lines('error cart.Total: <*> is null', hit * newError.lines, 'request'));
  }
  const added = poissonCount(random, newCall * requests);
  if (added > 0) add(lines('info x.X: x', 0, 'request', { 'http audit.internal': added }));
  const whole = parts.reduce(addLogs, NO_LOG);
  if (fault.lostField !== true) return whole;
  const { request_id: _, ...fields } = whole.fields;
  return { ...whole, fields };
}
