import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from '../bench/gateway/contenders/contender.ts';
import type { Ground } from '../bench/gateway/ground.ts';
import type { Load, LoadOutcome, LoadTarget, TrafficOutcome } from '../bench/gateway/load.ts';
import { residentBytes } from '../bench/gateway/process-usage.ts';
import type { SoakOutcome } from './outcome.ts';

interface EnduranceOptions {
  readonly minutes: number;
  readonly say: (line: string) => void;
}

const SHARE_OF_CAPACITY = 0.7;
const MOST_GROWTH = 0.05;
const REQUEST = { method: 'GET', path: '/bytes/1024', bodyBytes: 0 } as const;
/** A fifth of the time, and never more than two minutes: heaps and code settle. */
const WARM_UP_SHARE = 0.2;
const WARM_UP_MOST_MS = 120_000;
const CAPACITY_RUNS = 5;
const CAPACITY: Load = { kind: 'closed', request: REQUEST, connections: 64, warmUpMs: 1_500, windowMs: 2_000 };

/** A steady load below capacity: no wrong answer, no broken connection, and memory that stays where it was. */
export async function endurance(
  ground: Ground,
  contender: Contender,
  { minutes, say }: EnduranceOptions,
): Promise<SoakOutcome> {
  const target = await ground.start(contender);
  const perSecond = Math.floor((await capacity(ground, target)) * SHARE_OF_CAPACITY);
  const totalMs = minutes * 60_000;
  const warmUpMs = Math.min(WARM_UP_MOST_MS, totalMs * WARM_UP_SHARE);
  say(`  ${perSecond} requests/s for ${minutes} min`);
  const windowMs = totalMs - warmUpMs;
  const resident: number[] = [];
  const isOver = new AbortController();
  const watching = watch(target.pid, { warmUpMs, everyMs: windowMs / 50, signal: isOver.signal, resident });
  const load: Load = { kind: 'open', request: REQUEST, connections: 128, perSecond, warmUpMs, windowMs };
  const outcome = trafficOf(await ground.run(load, target));
  isOver.abort();
  await watching;
  await target.verify?.();
  await ground.stage.children.stopById(target.pid);

  const tenth = Math.ceil(resident.length / 10);
  const first = median(resident.slice(0, tenth));
  const last = median(resident.slice(-tenth));
  const growth = last / first - 1;
  const rate = (outcome.requests / outcome.elapsedMs) * 1_000;
  return {
    part: 'endurance',
    promises: [
      {
        what: `errors in ${outcome.answered} answers`,
        wanted: 'none',
        found: String(outcome.errors),
        isMet: outcome.errors === 0,
      },
      {
        what: 'rate that was held',
        wanted: `${perSecond} requests/s, within 5 %`,
        found: rate.toFixed(0),
        isMet: Math.abs(rate / perSecond - 1) < 0.05,
      },
      {
        what: 'memory growth after the warm-up',
        wanted: `less than ${MOST_GROWTH * 100} %`,
        found: `${(growth * 100).toFixed(1)} %, from ${(first / 1e6).toFixed(0)} to ${(last / 1e6).toFixed(0)} MB`,
        isMet: growth < MOST_GROWTH,
      },
    ],
    figures: { perSecond, answered: outcome.answered, errors: outcome.errors, growth, p99Ms: outcome.p99Ms },
  };
}

/** Requests/s, the median of several runs behind one that gets it warm: a shared machine has its moments. */
async function capacity(ground: Ground, target: LoadTarget): Promise<number> {
  trafficOf(await ground.run(CAPACITY, target));
  const rates: number[] = [];
  for (let run = 0; run < CAPACITY_RUNS; run++) {
    const { requests, elapsedMs } = trafficOf(await ground.run(CAPACITY, target));
    rates.push((requests / elapsedMs) * 1_000);
  }
  return median(rates);
}

interface Watch {
  readonly warmUpMs: number;
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly resident: number[];
}

async function watch(pid: number, { warmUpMs, everyMs, signal, resident }: Watch): Promise<void> {
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);
  await pause(warmUpMs);
  while (!signal.aborted) {
    resident.push(residentBytes(pid));
    await pause(everyMs);
  }
}

export function trafficOf(outcome: LoadOutcome): TrafficOutcome {
  if (outcome.kind === 'traffic') return outcome;
  throw new Error(outcome.kind === 'failed' ? outcome.why : 'the generator measured something else');
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
