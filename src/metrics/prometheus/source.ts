import { WHOLE_BPS } from '../../split/assign.ts';
import type { Block } from '../../stats/block.ts';
import type { MeasuredRoute } from '../declared-source.ts';
import type { Matcher } from '../matchers.ts';
import { whySetBack } from '../set-back.ts';
import type { Collected, CollectRequest, MetricsSource } from '../source.ts';
import { checkMetrics } from './check-metrics.ts';
import type { PrometheusClient } from './client.ts';
import { LONGEST_BLOCK_MS, readCursor, settledAt, spanOf, writeCursor } from './cursor.ts';
import { schemaGrid } from './native-histogram.ts';
import { readVersion, type VersionReading } from './read-version.ts';
import { routedBy } from './routed.ts';
import { selectorOf, vectorSelector } from './selector.ts';
import type { Span } from './steps.ts';
import { Unreadable } from './unreadable.ts';

export interface PrometheusSourceOptions extends MeasuredRoute {
  readonly client: PrometheusClient;
  /** Of the scrapes. */
  readonly intervalMs: number;
  /** Wall clock, epoch ms. */
  readonly now?: () => number;
}

/**
 * One route judged on Prometheus. Each collection reads raw samples of both versions up to one time, and makes one block of
 * what is new since the cursor; a block waits until both versions have a new sample. It keeps no state: the same cursor
 * gives the same evidence again.
 */
export function prometheusSource(options: PrometheusSourceOptions): MetricsSource {
  const { client, intervalMs, now = Date.now } = options;
  return {
    name: client.name,
    async collect(request, signal) {
      const to = settledAt(now(), intervalMs);
      const cursor = readCursor(request.after);
      const setBack = whySetBack(Math.max(cursor.at ?? 0, request.split.since ?? 0), now());
      if (setBack !== null) return { kind: 'unusable', reason: setBack };
      const span = spanOf(cursor, request.split, to, intervalMs);
      if (span === null) return { kind: 'blocks', blocks: [], cursor: request.after };
      try {
        return await blockOf(options, request, span, await readBoth(options, request, span, signal));
      } catch (error) {
        if (error instanceof Unreadable) return { kind: 'unusable', reason: error.message };
        throw error;
      }
    },
    check: (request, signal) =>
      checkMetrics({ client, metrics: options.metrics, intervalMs, at: now() }, request, signal),
  };
}

/** Null for a version that gets no traffic under the ordered split. */
interface Readings {
  readonly stable: VersionReading | null;
  readonly canary: VersionReading | null;
}

async function readBoth(
  { client, intervalMs, metrics, splitSeen }: PrometheusSourceOptions,
  { split, versions, measure }: CollectRequest,
  span: Span,
  signal: AbortSignal,
): Promise<Readings> {
  const selectors = {
    stable: selectorOf(metrics, 'stable', versions.stable.version),
    canary: selectorOf(metrics, 'canary', versions.canary.version),
  };
  const of = { stable: vectorSelector('', selectors.stable), canary: vectorSelector('', selectors.canary) };
  if (of.stable === of.canary) throw new Unreadable(`stable and canary are both ${of.stable} in ${client.name}`);
  const { errorStatuses } = measure;
  const read = (selector: readonly Matcher[]) =>
    readVersion({ client, metrics, selector, span, errorStatuses, intervalMs }, signal);
  const [seenStable, canary] = await Promise.all([
    split.canaryBps < WHOLE_BPS || !splitSeen ? read(selectors.stable) : null,
    split.canaryBps > 0 ? read(selectors.canary) : null,
  ]);
  // An external router may not have taken the stable out yet.
  const isOver = split.canaryBps === WHOLE_BPS && seenStable?.currency.kind === 'silent';
  const stable = isOver ? null : seenStable;
  const shared = canary && stable?.keys.find((key) => canary.keys.includes(key));
  if (shared) throw new Unreadable(`${client.name} counts the same series for both versions: ${shared}`);
  return { stable, canary };
}

async function blockOf(
  options: PrometheusSourceOptions,
  request: CollectRequest,
  span: Span & { readonly skippedMs: number },
  { stable, canary }: Readings,
): Promise<Collected> {
  const { client, intervalMs, gateway, splitSeen } = options;
  const { versions, split, route, after, slowAfterMs } = request;
  const told = (who: string, reading: VersionReading | null) =>
    complaint(client.name, who, reading, span.to, intervalMs);
  const silentStable = stable?.currency.kind === 'silent';
  const silentCanary = canary?.currency.kind === 'silent';
  const complaints = [
    told(`stable ${versions.stable.version}`, stable),
    told(`canary ${versions.canary.version}`, canary),
    span.skippedMs > 0 ? `${client.name}: at most ${LONGEST_BLOCK_MS / 60_000} min are merged into one block` : null,
  ].filter((one) => one !== null);
  // A canary that reports nothing while the gateway sends it requests is evidence; otherwise it is merely absent.
  if (silentStable || (silentCanary && (stable === null || gateway === null))) {
    throw new Unreadable(complaints.join('; '));
  }
  const missing = complaints.length === 0 ? {} : { missing: complaints.join('; ') };
  const heard = [stable, silentCanary ? null : canary].filter((reading) => reading !== null);
  if (heard.some(({ currency }) => (currency.newest ?? 0) <= span.from)) {
    return { kind: 'blocks', blocks: [], cursor: after, ...missing };
  }
  const counted = (await gateway?.(route, readCursor(after).gateway, slowAfterMs)) ?? null;
  const tallies = { stable: stable?.tally ?? null, canary: silentCanary ? null : (canary?.tally ?? null) };
  const { nativeSchema, names } = options.metrics;
  const block: Block = {
    startedAt: span.from,
    durationMs: span.to - span.from,
    splitEpoch: split.epoch,
    canaryBps: splitSeen ? split.canaryBps : measuredBps(tallies),
    ...tallies,
    ...routedBy(counted?.blocks ?? null, split.epoch),
    ...(nativeSchema === null ? {} : { grid: schemaGrid(nativeSchema, names.latency.unitMs) }),
  };
  return { kind: 'blocks', blocks: [block], cursor: writeCursor(span.to, counted?.cursor ?? null), ...missing };
}

function complaint(
  source: string,
  who: string,
  reading: VersionReading | null,
  at: number,
  intervalMs: number,
): string | null {
  if (reading === null) return null;
  const { currency, latencyMissing } = reading;
  switch (currency.kind) {
    case 'silent':
      return currency.newest === null
        ? `${source} has no sample of the ${who}`
        : `the newest sample of the ${who} in ${source} is ${seconds(at - currency.newest)} old, more than two scrapes of ${seconds(intervalMs)}`;
    case 'partial':
      return `${currency.missing} of ${currency.of} replicas of the ${who} are missing in ${source}`;
    case 'current':
      return latencyMissing === null ? null : `no latencies of the ${who}: ${latencyMissing}`;
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

function measuredBps({ stable, canary }: Pick<Block, 'stable' | 'canary'>): number {
  const requests = { stable: stable?.requests ?? 0, canary: canary?.requests ?? 0 };
  if (requests.canary === 0) return 0;
  if (requests.stable === 0) return WHOLE_BPS;
  const share = Math.round((WHOLE_BPS * requests.canary) / (requests.canary + requests.stable));
  return Math.min(WHOLE_BPS - 1, Math.max(1, share));
}
