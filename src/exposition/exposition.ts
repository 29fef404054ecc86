import { Counter, Gauge, Registry } from 'prom-client';
import type { MeasurePort, TrafficTotals } from '../gateway/gateway.ts';
import type { Log } from '../problem/log.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { type ConfigurationFigures, configurationMetrics } from './configuration-metrics.ts';
import { type ControllerFigures, controllerMetrics } from './controller-metrics.ts';
import { durationMetrics } from './duration-metrics.ts';
import type { InternalErrors } from './internal-errors.ts';
import { type LogFigures, logMetrics } from './log-metrics.ts';
import { mirrorMetrics } from './mirror-metrics.ts';
import { rolloutCounters, type TallyMoves } from './rollout-counters.ts';
import { rolloutCounts, rolloutMetrics } from './rollout-metrics.ts';
import { tokenMetrics } from './token-metrics.ts';

/** The messages of a channel. */
export interface ChannelFigures {
  readonly channel: string;
  readonly waiting: number;
  readonly delivered: number;
  readonly rejected: number;
  readonly failed: number;
}

/** Values from the database; each rejects while it is unavailable. */
export interface StoredFigures {
  /** The newest first, as many as there may be routes. */
  readonly rollouts: () => Promise<readonly RolloutRecord[]>;
  readonly tally: TallyMoves;
  readonly channels: () => Promise<readonly ChannelFigures[]>;
}

export interface Exposed {
  readonly gateway: Pick<MeasurePort, 'totals' | 'durations' | 'mirrored' | 'tokens'>;
  /** Upper edges of the gateway's buckets, in seconds. */
  readonly durationBuckets: readonly number[];
  readonly controller: () => ControllerFigures;
  readonly stored: StoredFigures;
  /** Rejects when an answer does not arrive in time for the scrape. */
  readonly soon: <T>(work: Promise<T>) => Promise<T>;
  readonly internalErrors: Pick<InternalErrors, 'read'>;
  /** Null if none is declared. */
  readonly accessLog: { dropped(): number } | null;
  readonly logs: () => LogFigures;
  /** How many read the events of the control API now. */
  readonly eventStreams: () => number;
  readonly configuration: () => ConfigurationFigures;
  readonly log: Log;
  /** Names of the configured channels. */
  readonly channels: () => readonly string[];
}

/**
 * The Prometheus text of this process: read from its tallies and its store at each scrape, nothing is stored twice. When the
 * database is away, only its own metrics are missing.
 */
export function exposition(exposed: Exposed): () => Promise<string> {
  const { gateway, durationBuckets, controller, stored, soon, internalErrors, accessLog, logs, log, channels } =
    exposed;
  const { eventStreams } = exposed;
  const counters = rolloutCounters(stored);
  const read = async (routes: readonly string[]) => ({
    rollouts: await stored.rollouts(),
    counts: await counters(routes),
    outbox: await stored.channels(),
  });
  return async () => {
    const registry = new Registry();
    const [totals, durations, mirrored, tokens] = await Promise.all([
      gateway.totals(),
      gateway.durations(),
      gateway.mirrored(),
      gateway.tokens(),
    ]);
    traffic(registry, totals);
    mirrorMetrics(registry, mirrored);
    tokenMetrics(registry, tokens);
    controllerMetrics(registry, controller());
    unforeseen(registry, internalErrors.read());
    logMetrics(registry, logs());
    readersOfEvents(registry, eventStreams());
    configurationMetrics(registry, exposed.configuration());
    if (accessLog) accessLogDropped(registry, accessLog.dropped());
    const found = await soon(read([...new Set(totals.map(({ route }) => route))])).catch((error: unknown) => {
      log({ what: 'metricsIncomplete', level: 'warn', error });
      return null;
    });
    databaseUp(registry, found === null ? 0 : 1);
    if (found !== null) {
      rolloutMetrics(registry, found.rollouts);
      rolloutCounts(registry, found.counts);
      notifications(registry, found.outbox, channels());
    }
    return `${await registry.metrics()}\n${durationMetrics(durations, durationBuckets)}`;
  };
}

function traffic(registry: Registry, totals: readonly TrafficTotals[]): void {
  const requests = new Counter({
    name: 'serin_gateway_requests_total',
    help: 'Proxied requests by route, version and outcome',
    labelNames: ['http_route', 'serin_track', 'serin_version', 'outcome'],
    registers: [registry],
  });
  const answers = new Counter({
    name: 'serin_gateway_answers_total',
    help: 'Answers below 400 by what their heads say they are: json, event-stream, tunnel (another protocol), other',
    labelNames: ['http_route', 'serin_track', 'serin_version', 'kind'],
    registers: [registry],
  });
  for (const { route, track, version, outcomes, kinds } of totals) {
    const of = { http_route: route, serin_track: track, serin_version: version };
    for (const [outcome, count] of Object.entries(outcomes)) requests.inc({ ...of, outcome }, count);
    for (const [kind, count] of Object.entries(kinds)) answers.inc({ ...of, kind }, count);
  }
}

function notifications(registry: Registry, counted: readonly ChannelFigures[], configured: readonly string[]): void {
  const sent = new Counter({
    name: 'serin_notifications_total',
    help: 'Messages delivered and rejected, and attempts that failed, by channel',
    labelNames: ['channel', 'outcome'],
    registers: [registry],
  });
  const waiting = new Gauge({
    name: 'serin_notifications_waiting',
    help: 'Messages in the outbox that their channel has not taken yet',
    labelNames: ['channel'],
    registers: [registry],
  });
  const silent = configured.filter((name) => !counted.some(({ channel }) => channel === name));
  const none = silent.map((channel) => ({ channel, waiting: 0, delivered: 0, rejected: 0, failed: 0 }));
  for (const { channel, waiting: queued, ...outcomes } of [...counted, ...none]) {
    waiting.set({ channel }, queued);
    for (const [outcome, count] of Object.entries(outcomes)) sent.inc({ channel, outcome }, count);
  }
}

function databaseUp(registry: Registry, up: 0 | 1): void {
  const answers = new Gauge({
    name: 'serin_database_up',
    help: '1 while the database answers; while it is 0, the metrics read from it are missing',
    registers: [registry],
  });
  answers.set(up);
}

function readersOfEvents(registry: Registry, open: number): void {
  const streams = new Gauge({
    name: 'serin_event_streams',
    help: 'Open streams of events of the control API; at most 100',
    registers: [registry],
  });
  streams.set(open);
}

function accessLogDropped(registry: Registry, lines: number): void {
  const dropped = new Counter({
    name: 'serin_access_log_dropped_total',
    help: 'Lines of the access log that were dropped while its file could not be written',
    registers: [registry],
  });
  dropped.inc(lines);
}

function unforeseen(registry: Registry, counts: ReadonlyMap<string, number>): void {
  const errors = new Counter({
    name: 'serin_internal_errors_total',
    help: 'Internal errors of Serin, by where they were contained; each is logged with its stack',
    labelNames: ['where'],
    registers: [registry],
  });
  for (const [where, count] of counts) errors.inc({ where }, count);
}
