/** Why canaries were rolled back: a closed set, whatever events are added. */
export type RollbackReason = 'harmful' | 'braked' | 'internal-failed' | 'blind' | 'interference' | 'by-hand' | 'other';

export interface RolloutCounts {
  readonly promotions: number;
  readonly rollbacks: Readonly<Record<RollbackReason, number>>;
}

/** How often an event moved rollouts of a route between two stages. */
export interface CountedMove {
  readonly route: string;
  readonly event: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly count: number;
}

/** The moves in the audit entries after a number; `seq` is the last of them. */
export type TallyMoves = (
  afterSeq: number,
) => Promise<{ readonly seq: number; readonly moves: readonly CountedMove[] }>;

/** By route; every requested route is present, at least with zeros: a counter that first appears at 1 shows no increase. */
export type CountsByRoute = ReadonlyMap<string, RolloutCounts>;

/**
 * Counts rollbacks and promotions from the audit, which is never truncated, so the counters outlive this process. Every
 * entry is read only once, because a scrape comes every few seconds and an audit may cover years.
 */
export function rolloutCounters(audit: {
  readonly tally: TallyMoves;
}): (routes: readonly string[]) => Promise<CountsByRoute> {
  const byRoute = new Map<string, { promotions: number; rollbacks: Record<RollbackReason, number> }>();
  let seen = 0;
  let reading: Promise<unknown> = Promise.resolve();

  function of(route: string) {
    const counts = byRoute.get(route) ?? { promotions: 0, rollbacks: noRollbacks() };
    byRoute.set(route, counts);
    return counts;
  }

  async function readOn(): Promise<void> {
    const { seq, moves } = await audit.tally(seen);
    seen = seq;
    for (const { route, event, from, to, count } of moves) {
      if (from === to) continue;
      if (to === 'promoted') of(route).promotions += count;
      if (to === 'rolled-back') of(route).rollbacks[reasonOf(event)] += count;
    }
  }

  return async (routes) => {
    // Two scrapes at once must not read the same entries twice.
    const turn = reading.then(readOn, readOn);
    reading = turn.catch(() => undefined);
    await turn;
    for (const route of routes) of(route);
    return byRoute;
  };
}

function noRollbacks(): Record<RollbackReason, number> {
  return { harmful: 0, braked: 0, 'internal-failed': 0, blind: 0, interference: 0, 'by-hand': 0, other: 0 };
}

function reasonOf(event: string): RollbackReason {
  switch (event) {
    case 'canaryJudgedHarmful':
      return 'harmful';
    case 'canaryBraked':
      return 'braked';
    case 'internalFailed':
      return 'internal-failed';
    case 'blindTooLong':
      return 'blind';
    case 'interferenceSuspected':
      return 'interference';
    case 'rolledBack':
      return 'by-hand';
    default:
      return 'other';
  }
}
