import { EndpointNames } from '../../src/gateway/measure/endpoints/endpoint-names.ts';
import { SliceHistory } from '../../src/gateway/measure/slice-history.ts';
import { openSlices } from '../../src/gateway/measure/slice-tally.ts';
import type { Track } from '../../src/split/order.ts';
import type { Block, Tally } from '../../src/stats/block.ts';
import { bucketOf } from '../../src/stats/latency/log-histogram.ts';
import { orderTo } from './gateway.ts';
import { normal, poisson, type Random } from './random.ts';
import { NO_TALLY } from './simulated-traffic.ts';

/** One endpoint or consumer, and the part of the traffic that it has; the parts of each kind sum to 1. */
export interface MixedPart {
  readonly name: string;
  readonly part: number;
}

/** What happens to one request: chances of a failure and of a 4xx, and its median latency in ms. */
export interface MixedOutcome {
  readonly errors: number;
  readonly clientErrors: number;
  readonly medianMs: number;
}

export interface MixedTraffic {
  readonly requestsPerSecond: number;
  readonly canaryBps: number;
  readonly endpoints: readonly MixedPart[];
  readonly consumers: readonly MixedPart[];
  /** Addresses of each version, which serve by chance. */
  readonly addresses?: Readonly<Record<Track, readonly string[]>>;
  outcome(track: Track, endpoint: string, consumer: string, address: string): MixedOutcome;
}

const BLOCK_MS = 5_000;
const SIGMA = 0.6;

/** Blocks of 5 s of single requests, each drawn by itself, with their slices counted as the recorder counts them. */
export function mixedBlocks(random: Random, traffic: MixedTraffic, splitEpoch = 1): () => Block {
  const { canaryBps, addresses = { stable: ['10.0.0.1'], canary: ['10.0.1.1'] } } = traffic;
  const names = new EndpointNames([]);
  // The recorder has known them since before the rollout.
  const known = traffic.endpoints.map(({ name }) => ({ hash: names.hashOf(0, name), name: names.nameOf(0, name) }));
  const history = new SliceHistory(names, () => known);
  const order = orderTo('http://v1', 'http://v2', { canaryBps, epoch: splitEpoch });
  const pickEndpoint = picker(traffic.endpoints);
  const pickConsumer = picker(traffic.consumers);
  let startedAt = 0;
  return () => {
    const slicing = history.of(order, 'per-request');
    const slices = slicing && openSlices(slicing);
    const tallies = { stable: openTally(), canary: openTally() };
    for (let left = poisson(random, (traffic.requestsPerSecond * BLOCK_MS) / 1_000); left > 0; left -= 1) {
      const endpoint = pickEndpoint(random);
      const consumer = pickConsumer(random);
      const track: Track = random() * 10_000 < canaryBps ? 'canary' : 'stable';
      const address = addresses[track][Math.floor(random() * addresses[track].length)] ?? '';
      const { errors, clientErrors, medianMs } = traffic.outcome(track, endpoint, consumer, address);
      const drawn = random();
      const kind = drawn < errors ? 'error' : drawn < errors + clientErrors ? 'client-error' : 'other';
      const status = { error: 503, 'client-error': 401, other: 200 }[kind];
      const ms = kind === 'error' ? null : medianMs * Math.exp(SIGMA * normal(random));
      tallies[track].add(kind, ms);
      slices?.[track].count({ method: 0, path: endpoint, consumer, upstream: address, status }, kind, ms);
    }
    const block = {
      startedAt,
      durationMs: BLOCK_MS,
      splitEpoch,
      canaryBps,
      assignment: 'per-request' as const,
      stable: tallies.stable.read(),
      canary: tallies.canary.read(),
      forced: { stable: NO_TALLY, canary: NO_TALLY },
      ruled: { stable: NO_TALLY, canary: NO_TALLY },
    };
    startedAt += BLOCK_MS;
    const kept = history.keep({ ...block, slices }, BLOCK_MS, block.stable.latency);
    history.learn();
    return kept === null ? block : { ...block, slices: kept };
  };
}

/** Paths of endpoints and names of consumers whose parts fall as 1/k, as real ones do, with one of exactly `part`. */
export function unevenParts(prefix: string, count: number, one?: MixedPart): readonly MixedPart[] {
  const weights = Array.from({ length: count }, (_, index) => 1 / (index + 1));
  const whole = weights.reduce((sum, weight) => sum + weight, 0) / (1 - (one?.part ?? 0));
  const rest = weights.map((weight, index) => ({ name: `${prefix}${letters(index)}`, part: weight / whole }));
  return one === undefined ? rest : [...rest, one];
}

function letters(index: number): string {
  return String.fromCharCode(97 + Math.floor(index / 26), 97 + (index % 26));
}

function picker(parts: readonly MixedPart[]): (random: Random) => string {
  return (random) => {
    let left = random();
    for (const { name, part } of parts) {
      left -= part;
      if (left < 0) return name;
    }
    return parts[0]?.name ?? '';
  };
}

function openTally() {
  let requests = 0;
  let errors = 0;
  let clientErrors = 0;
  const latency: Record<number, number> = {};
  return {
    add(kind: 'error' | 'client-error' | 'other', ms: number | null) {
      requests += 1;
      if (kind === 'error') errors += 1;
      if (kind === 'client-error') clientErrors += 1;
      if (ms === null) return;
      const bucket = bucketOf(ms);
      latency[bucket] = (latency[bucket] ?? 0) + 1;
    },
    read: (): Tally => ({ requests, errors, clientErrors, latency }),
  };
}
