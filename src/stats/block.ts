import type { StatusCounts } from './answer-kind.ts';
import type { AnswerCounts } from './answers/answer-counts.ts';
import type { AnswerPairs } from './answers/answer-pairs.ts';
import type { LogPair } from './logs/log-counts.ts';
import type { SliceTable } from './slice.ts';

/** Counts of latencies by bucket index ceil(ln(ms) / ln 1.02): a sparse histogram, integers throughout. */
export type LatencyCounts = Readonly<Record<number, number>>;

/** One version's activity within one block. */
export interface Tally extends AnswerCounts {
  /** Requests whose outcome is known; of those that their clients left (499) only the ones whose head had come. */
  readonly requests: number;
  /** Responses with the policy's error statuses, and requests that got no complete response. */
  readonly errors: number;
  /** Responses with 400..499 that are not errors. */
  readonly clientErrors: number;
  /** 2xx responses without content, but to HEAD; omitted when there were none, or when the source cannot tell. */
  readonly empty?: number;
  /**
   * Responses that are neither errors, nor 400..499, nor 2xx with content, by status; omitted when there were none, or when the
   * source cannot tell.
   */
  readonly statuses?: StatusCounts;
  /** Latencies of responses that are neither errors nor 400..499, and of requests still open when the block closed. */
  readonly latency: LatencyCounts;
  /** Set where the source cannot leave out errors and 4xx: the latencies are of all answers. */
  readonly latencyOf?: 'all-answers';
  /**
   * Requests that their clients left with nothing of an answer sent to them, while it was the version's turn, and requests
   * that became overdue before response headers arrived: these are counted in `requests` when they end. Omitted when there
   * were none, or when the source cannot tell.
   */
  readonly unanswered?: number;
  /** Shadow groups of the stable, when the source knows the routing hash: its requests and errors by group. */
  readonly groups?: GroupCounts;
  /** Of forced requests to the canary: what they were answered, where the source knows endpoints. */
  readonly answers?: readonly ForcedAnswers[];
  /** Set when the source knows latencies only at fixed boundaries; `latency` is empty then. */
  readonly slower?: SlowerCounts;
}

/** Forced answers of one endpoint and status. */
export interface ForcedAnswers {
  /** `POST /orders/{id}`; `other` where it has no name of its own. */
  readonly endpoint: string;
  /** 0 without an answer. */
  readonly status: number;
  readonly requests: number;
  /** Set where they are 2xx without content. */
  readonly isEmpty?: true;
  /** What the stable has answered there, by `answerClass`; empty where that is unknown. */
  readonly past: readonly number[];
}

/** Answers above fixed boundaries (the `le` of a classic Prometheus histogram), boundaries rising. */
export interface SlowerCounts {
  /** Answers whose latency is known. */
  readonly answers: number;
  readonly above: readonly { readonly ms: number; readonly count: number }[];
}

/** Edges of latency buckets: bucket i holds latencies above unitMs * ratio^(i-1) and at most unitMs * ratio^i. */
export interface LatencyGrid {
  readonly ratio: number;
  readonly unitMs: number;
}

/** The result of a query for one interval: a value, one per comparable pod, or null for no result. */
export type SeriesValue = number | readonly number[] | null;

export interface SeriesPoint {
  readonly stable: SeriesValue;
  readonly canary: SeriesValue;
}

/** The same request of Serin's own to both versions: ms to the head of a well answer, above 0; null for any other outcome. */
export interface ProbePair {
  readonly stable: number | null;
  readonly canary: number | null;
}

/** Counts by shadow group: `GROUPS` equal parts of the hash that routes, or of the units of sticky keys, cut across the split. */
export interface GroupCounts {
  readonly requests: readonly number[];
  readonly errors: readonly number[];
}

export type KeyKind = 'header' | 'cookie' | 'consumer' | 'client-address';

/** The shares of the sticky keys of both versions' randomised requests, over at most 30 s up to the end of a block. */
export interface KeyReading {
  readonly requests: number;
  /** The sum of the squared shares, or a little more: 1 where one key has them all, 0 for ever more keys alike. */
  readonly squares: number;
  /** The key with the most requests, which are at least these; its name where it is no secret. */
  readonly heaviest: { readonly kind: KeyKind; readonly name: string | null; readonly requests: number } | null;
}

/** Of the young addresses of a version, at most these are named. */
export const MOST_NAMED_ADDRESSES = 20;

/** Addresses that joined a version within a step and are in a warm-up of their own. */
export interface YoungAddresses {
  /** At most `MOST_NAMED_ADDRESSES` of them. */
  readonly addresses: readonly string[];
  readonly count: number;
  /** When the last of them is no longer young, epoch ms by the gateway's clock. */
  readonly until: number;
}

/** What they answered to randomised requests, which is in no other tally of the block. */
export interface YoungAnswers extends YoungAddresses {
  readonly tally: Tally;
}

/** By version; a version without young addresses is omitted, and one of them has some. */
export interface YoungVersions {
  readonly stable?: YoungAnswers;
  readonly canary?: YoungAnswers;
}

/** Number of shadow groups (docs/statistics.md section 3.7). */
export const GROUPS = 20;

/** A block that begins this much before the last one ended is rounding, or a clock being slewed; more, and the clock was set back. */
export const CLOCK_SLACK_MS = 1_000;

/**
 * One look interval of one route, under exactly one split. The comparison of `stable` and `canary` is randomised;
 * `forced` (force header) and `ruled` (consumer list) are counted separately and never enter it.
 */
export interface Block {
  /** Wall-clock start in epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** Epoch of the split in force; a block never spans two. */
  readonly splitEpoch: number;
  readonly canaryBps: number;
  /**
   * How the randomised traffic was assigned: each request drawn with exactly this weight by the gateway's own chance, or
   * each sticky key. Omitted when the source cannot tell, as with the split of another router.
   */
  readonly assignment?: 'per-request' | 'by-key';
  /**
   * The randomised requests that began in the block, by version, whatever became of them; one that was sent again and
   * went where it had gone before is left out. Omitted when the source cannot tell, and when all went to one version by
   * order.
   */
  readonly drawn?: { readonly stable: number; readonly canary: number };
  /**
   * The addresses that were young when the block began, and what they answered. Omitted where none was, and where the source
   * cannot tell.
   */
  readonly young?: YoungVersions;
  /** How unequal the sticky keys are; omitted where each request is drawn by itself, or the source cannot tell. */
  readonly keys?: KeyReading;
  /**
   * Where the canary of a sticky route serves everybody: what the unit of keys with the most errors since then did in the block.
   * Omitted while nothing failed, and where the source cannot tell.
   */
  readonly worstUnit?: { readonly requests: number; readonly errors: number };
  /** Null when the version reported nothing, which is not the same as zero requests. */
  readonly stable: Tally | null;
  readonly canary: Tally | null;
  readonly forced: { readonly stable: Tally; readonly canary: Tally };
  readonly ruled: { readonly stable: Tally; readonly canary: Tally };
  /** The grid of every `latency` of the block; the gateway's own (ratio 1.02, 1 ms) when omitted. */
  readonly grid?: LatencyGrid;
  /** Pairs of probes that were answered, or failed, since the last block; omitted where there were none. */
  readonly probes?: readonly ProbePair[];
  /** Requests that both versions answered, to be compared; omitted where there were none. */
  readonly pairs?: AnswerPairs;
  /** What the versions logged; omitted where no logs are taken. */
  readonly logs?: LogPair;
  /** Values of the policy's query checks by name, in the block in which their interval ended. */
  readonly series?: Readonly<Record<string, SeriesPoint>>;
  /**
   * The randomised traffic by endpoint, consumer, address and status, when the source separates it and versions are
   * compared.
   */
  readonly slices?: SliceTable;
  /** Requests that the router sent to each version in the block's span, when another source measures the responses. */
  readonly routed?: { readonly stable: number; readonly canary: number };
}
