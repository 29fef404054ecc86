import { randomInt, randomUUID } from 'node:crypto';
import type { Upstream } from '../split/order.ts';
import type { ProbePair } from '../stats/block.ts';
import type { Collected, CollectRequest, MetricsSource } from './source.ts';
import { formatTakenCursor, parseTakenCursor, type TakenCursor } from './taken-cursor.ts';

export type ProbeMethod = 'GET' | 'HEAD' | 'OPTIONS';

/** What is sent to both versions: a safe method (RFC 9110 section 9.2.1), and a path below each upstream's own. */
export interface ProbeRequest {
  readonly method: ProbeMethod;
  readonly path: string;
}

export interface ProbingOptions {
  /** By route; one without any is not probed. */
  readonly requests: ReadonlyMap<string, readonly ProbeRequest[]>;
  /** Ms to the head of a well answer of an upstream; null for any other outcome. Never throws, and keeps a time-out of its own. */
  readonly send: (upstream: Upstream, request: ProbeRequest) => Promise<number | null>;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
  /** 0 or 1: which version is first. */
  readonly coin?: () => number;
}

/** The probes of one route under one split. */
interface Probing {
  readonly epoch: number;
  /** Pairs that no committed cursor has passed, in order. */
  done: readonly { readonly seq: number; readonly pair: ProbePair }[];
  sent: number;
  sentAt: number;
  isBusy: boolean;
}

/** More pairs than this wait for no block. */
const MOST_WAITING = 50;

/**
 * A source whose blocks also carry the pairs of probes that ended since the last one. Each look sends one pair when it is due and the
 * one before has ended, in an order that chance decides, one version after the other. Nothing looks once a rollout has ended, and
 * nothing is sent then. A pair belongs to the split that it was sent under; those of another split are dropped.
 *
 * Each pair is taken once: it waits until a committed cursor says so, and a look that is repeated gets it again. Where another process
 * wrote the cursor, nothing says which of our pairs were taken before: they are dropped.
 */
export function withProbes(inner: MetricsSource, options: ProbingOptions): MetricsSource {
  const boot = randomUUID();
  let lastSeq = 0;
  const nextSeq = () => {
    lastSeq += 1;
    return lastSeq;
  };
  const byRoute = new Map<string, Probing>();
  return {
    ...inner,
    async collect(request, signal) {
      const { blocks: after, taken } = parseTakenCursor('probes/1', request.after);
      const collected = await inner.collect({ ...request, after }, signal);
      const { route, split, probesEveryMs } = request;
      if (probesEveryMs === undefined || split.since === null) {
        byRoute.delete(route);
        return collected;
      }
      const before = byRoute.get(route);
      const probing =
        before?.epoch === split.epoch
          ? before
          : { epoch: split.epoch, done: [], sent: 0, sentAt: Number.NEGATIVE_INFINITY, isBusy: false };
      byRoute.set(route, probing);
      probing.done = probing.done.filter(({ seq }) => taken === null || (taken.boot === boot && seq > taken.seq));
      const carried = attach(collected, probing, { boot, seq: taken?.boot === boot ? taken.seq : 0 });
      sendWhenDue(probing, request, probesEveryMs, options, nextSeq);
      return carried;
    },
  };
}

function attach(collected: Collected, { epoch, done }: Probing, before: NonNullable<TakenCursor['taken']>): Collected {
  if (collected.kind !== 'blocks') return collected;
  const last = collected.blocks.findLastIndex(({ splitEpoch }) => splitEpoch === epoch);
  const taken = last < 0 ? [] : done;
  const reached = { ...before, seq: taken.at(-1)?.seq ?? before.seq };
  const cursor = formatTakenCursor('probes/1', { blocks: collected.cursor, taken: reached });
  if (taken.length === 0) return { ...collected, cursor };
  const probes = taken.map(({ pair }) => pair);
  return {
    ...collected,
    blocks: collected.blocks.map((block, index) => (index === last ? { ...block, probes } : block)),
    cursor,
  };
}

function sendWhenDue(
  probing: Probing,
  { route, versions }: Pick<CollectRequest, 'route' | 'versions'>,
  everyMs: number,
  { requests, send, now, coin = () => randomInt(2) }: ProbingOptions,
  nextSeq: () => number,
): void {
  const ofRoute = requests.get(route) ?? [];
  const request = ofRoute[probing.sent % Math.max(1, ofRoute.length)];
  if (request === undefined || probing.isBusy || probing.done.length >= MOST_WAITING) return;
  if (now() - probing.sentAt < everyMs) return;
  probing.isBusy = true;
  probing.sent += 1;
  probing.sentAt = now();
  const seq = nextSeq();
  void pairOf(versions, request, send, coin()).then((pair) => {
    probing.done = [...probing.done, { seq, pair }];
    probing.isBusy = false;
  });
}

async function pairOf(
  { stable, canary }: CollectRequest['versions'],
  request: ProbeRequest,
  send: ProbingOptions['send'],
  first: number,
): Promise<ProbePair> {
  if (first === 0) {
    const ours = await send(canary, request);
    return { stable: await send(stable, request), canary: ours };
  }
  const theirs = await send(stable, request);
  return { stable: theirs, canary: await send(canary, request) };
}
