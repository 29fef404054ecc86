import { counted } from '../policy/counted.ts';
import { type Block, CLOCK_SLACK_MS, type Tally, type YoungAnswers, type YoungVersions } from '../stats/block.ts';
import { addTallies } from '../stats/tallies.ts';
import type { Sight } from './context.ts';

/** What a gross failure is a share of, and the failures: nothing reads latencies of them. */
type FailureCounts = Required<Pick<Tally, 'requests' | 'errors' | 'clientErrors' | 'unanswered'>>;

/** Addresses that joined the versions within a step: what they answer is left out until they are warm (docs/statistics.md 3.17). */
export interface Joined {
  /** How often the canary's did: each time is a warm-up of theirs. */
  readonly times: number;
  /** Start of the first block of the last time, and when the last address is no longer young: epoch ms by the gateway's clock. */
  readonly since: number;
  readonly until: number;
  /** What young addresses answered since the first of those that are young now, and the stable beside them; null while there is none. */
  readonly counts: { readonly canary: FailureCounts; readonly stable: FailureCounts } | null;
  /** What the last block left out; null for nothing. */
  readonly leftOut: string | null;
}

/** The memory with one block more. In a warm-up of the whole canary an address that joins has none of its own. */
export function stepJoined(
  before: Joined | undefined,
  { block, warmUp }: Pick<Sight, 'block' | 'warmUp'>,
): Joined | undefined {
  const { young } = block;
  if (young === undefined && before === undefined) return undefined;
  const known = before ?? { times: 0, since: 0, until: 0, counts: null, leftOut: null };
  const leftOut = young === undefined ? null : sayLeftOut(young);
  if (young?.canary === undefined || warmUp !== null) return { ...known, counts: null, leftOut };
  const isLater = known.times === 0 || young.canary.until > known.until + CLOCK_SLACK_MS;
  const begun = isLater ? { times: known.times + 1, since: block.startedAt, until: young.canary.until } : known;
  const counts = {
    canary: withFailures(known.counts?.canary, young.canary.tally),
    stable: withFailures(known.counts?.stable, withYoung(block).stable),
  };
  return { times: begun.times, since: begun.since, until: begun.until, counts, leftOut };
}

function withFailures(before: FailureCounts | undefined, tally: Tally | null): FailureCounts {
  return {
    requests: (before?.requests ?? 0) + (tally?.requests ?? 0),
    errors: (before?.errors ?? 0) + (tally?.errors ?? 0),
    clientErrors: (before?.clientErrors ?? 0) + (tally?.clientErrors ?? 0),
    unanswered: (before?.unanswered ?? 0) + (tally?.unanswered ?? 0),
  };
}

export function moveJoined(joined: Joined, byMs: number): Joined {
  return { ...joined, since: joined.since + byMs, until: joined.until + byMs };
}

/** Both versions with what their young addresses answered. */
export function withYoung({ stable, canary, young }: Block): {
  readonly stable: Tally | null;
  readonly canary: Tally | null;
} {
  return {
    stable: addTallies(stable, young?.stable?.tally ?? null),
    canary: addTallies(canary, young?.canary?.tally ?? null),
  };
}

// `leaves out 2 young addresses of the canary until 12:04 UTC`
function sayLeftOut({ canary, stable }: YoungVersions): string {
  const of = (young: YoungAnswers | undefined, version: string) =>
    young === undefined
      ? []
      : [`${counted(young.count, 'young address', 'young addresses')} of the ${version} until ${timeOf(young.until)}`];
  return `leaves out ${[...of(canary, 'canary'), ...of(stable, 'stable')].join(' and ')}`;
}

function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 16)} UTC`;
}
