import { SPARK, sparkPath, sparkTop } from '../../drawings/spark-path.ts';
import type { RolloutView, RouteView } from '../../views.ts';
import { grouped, rate } from '../../words/figures.ts';
import { legible } from '../../words/said.ts';
import { endedState, quietState, type RowState, runningInShort, runningState } from './row-state.ts';

/** The traffic of a route, in words and paths. */
export interface RowTraffic {
  /** Requests per second; a dash where that is not known. */
  readonly perSecond: string;
  /** Paths of both versions in the sparkline; empty where nothing is known, or nothing came. */
  readonly stablePath: string;
  readonly canaryPath: string;
  readonly traffic: string;
}

/** A route on the page, in words: strings and numbers alone, so that a row that says the same is not drawn again. */
export interface RouteRowModel extends RowState, RowTraffic {
  readonly name: string;
  readonly stable: string;
}

/** What is known besides the list of routes. */
export interface RowContext {
  /** The rollouts that run, by route. */
  readonly running: ReadonlyMap<string, RolloutView>;
  /** Rollouts that ended of late, by id. */
  readonly ended: ReadonlyMap<string, RolloutView>;
  /** The server's clock, epoch ms. */
  readonly now: number;
}

const DAY_MS = 86_400_000;

/** `traffic`: of the same route, which is drawn less often than its state changes. */
export function routeRow(route: RouteView, traffic: RowTraffic, context: RowContext): RouteRowModel {
  return { name: route.name, stable: legible(route.stable.version), ...traffic, ...stateOf(route, context) };
}

export function rowTraffic({ traffic }: RouteView): RowTraffic {
  const { perSecond, stable = [], canary = [] } = traffic;
  const top = sparkTop(stable, canary);
  // A canary that got nothing in the hour has no line.
  const hasCanary = canary.some((requests) => (requests ?? 0) > 0);
  return {
    perSecond: perSecond === null ? '–' : rate(perSecond),
    stablePath: sparkPath(stable, top, SPARK),
    canaryPath: hasCanary ? sparkPath(canary, top, SPARK) : '',
    traffic: trafficInWords(stable, canary),
  };
}

function stateOf(route: RouteView, { running, ended, now }: RowContext): RowState {
  const { rollout, lastEnded } = route;
  if (rollout !== null) {
    // Both lists are read on their own: what only one of them knows already, the other has a moment later.
    const view = running.get(route.name);
    return view?.id === rollout.id ? runningState(view) : runningInShort(rollout);
  }
  if (lastEnded !== null && now - Date.parse(lastEnded.endedAt) < DAY_MS) {
    return endedState(lastEnded, ended.get(lastEnded.id) ?? null, now);
  }
  return quietState(route, now);
}

function trafficInWords(stable: readonly (number | null)[], canary: readonly (number | null)[]): string {
  const known = stable.filter((point) => point !== null).length;
  if (known === 0) return 'requests of the last hour: not known';
  const sum = (points: readonly (number | null)[]) => grouped(points.reduce<number>((all, one) => all + (one ?? 0), 0));
  const minutes = known === stable.length ? 'the last hour' : `${known} of the last ${stable.length} minutes`;
  return `requests in ${minutes}: stable ${sum(stable)}, canary ${sum(canary)}`;
}
