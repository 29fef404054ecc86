import type { RolloutRecord } from '../../rollout/record.ts';
import { ENDS, isEnded } from '../../rollout/state.ts';
import type { Upstream } from '../../split/order.ts';
import type { EndedRollout, KeptStable, Store } from '../../store/store.ts';
import type { Memory } from '../memory.ts';
import { orRemembered } from '../patience.ts';
import type { DeclaredRoute } from '../ports.ts';
import { effectiveStable } from '../reconcile.ts';

const MOST_RUNNING = 1_000;

export interface RouteReaderParts {
  readonly store: {
    readonly rollouts: Pick<Store['rollouts'], 'list' | 'lastEnded'>;
    readonly stables: Pick<Store['stables'], 'list'>;
    readonly audit: Pick<Store['audit'], 'tally'>;
  };
  readonly memory: Pick<Memory, 'looks'>;
  /** Whether this process decides: then it knows every rollout that runs, as of its last tick. */
  readonly leads: () => boolean;
  /** As the file declares them now. */
  readonly routes: () => readonly DeclaredRoute[];
}

/** What is going on at a route. */
export interface RouteNow {
  readonly route: DeclaredRoute;
  /** The version that serves, or that the canary of the running rollout is held against. */
  readonly stable: Upstream;
  readonly running: RolloutRecord | null;
  readonly lastEnded: EndedRollout | null;
}

interface Stored {
  readonly stables: readonly KeptStable[];
  /** By route. */
  readonly ended: ReadonlyMap<string, EndedRollout>;
  /** Null where the memory of this process has them. */
  readonly running: readonly RolloutRecord[] | null;
}

/**
 * Every declared route, in the order of the file. The records of rollouts that run are large, and the leader has them in memory;
 * while the database is away, everything is as it was last read.
 */
export function routeReader({ store, memory, leads, routes }: RouteReaderParts): () => Promise<readonly RouteNow[]> {
  const endedNow = endsReader(store, () => new Set(routes().map(({ name }) => name)));
  let last: Stored | null = null;

  async function read(): Promise<Stored> {
    const [stables, ended, running] = await Promise.all([
      store.stables.list(),
      endedNow(),
      leads() ? null : store.rollouts.list({ active: true, limit: MOST_RUNNING }),
    ]);
    last = { stables, ended, running };
    return last;
  }

  return async () => {
    const stored = await orRemembered(read, () => last);
    const known = (stored.running ?? memory.looks.known()).filter(({ rollout }) => !isEnded(rollout));
    const records = new Map(known.map((record) => [record.rollout.route, record]));
    const stables = new Map(stored.stables.map((record) => [record.route, record]));
    return routes().map((route) => {
      const lastEnded = stored.ended.get(route.name) ?? null;
      const record = records.get(route.name) ?? null;
      // Another process may have ended it since the last tick.
      const running = record?.rollout.id === lastEnded?.id ? null : record;
      const stable = running?.rollout.stable ?? effectiveStable(route, stables.get(route.name));
      return { route, stable, running, lastEnded };
    });
  };
}

/** How the last rollout of each route ended: read once, and again where the audit says that one has ended since. */
function endsReader({ rollouts, audit }: RouteReaderParts['store'], namesNow: () => ReadonlySet<string>) {
  const ended = new Map<string, EndedRollout>();
  const known = new Set<string>();
  let seq: number | null = null;

  return async (): Promise<ReadonlyMap<string, EndedRollout>> => {
    const names = namesNow();
    const { seq: upTo, moves } = await audit.tally(seq ?? 0);
    const isEnd = (stage: string | null) => ENDS.some((end) => end === stage);
    const since = new Set(moves.filter(({ route, to }) => isEnd(to) && names.has(route)).map(({ route }) => route));
    // One that was declared since was never asked for.
    const added = [...names].filter((name) => !known.has(name));
    const asked = [...new Set([...since, ...added])];
    for (const name of names) known.add(name);
    const found = asked.length === 0 ? [] : await rollouts.lastEnded(asked);
    for (const one of found) ended.set(one.route, one);
    seq = Math.max(seq ?? 0, upTo);
    return ended;
  };
}
