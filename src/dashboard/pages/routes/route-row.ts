import { SPARK, sparkPath, sparkTop } from '../../drawings/spark-path.ts';
import type { RolloutView, RouteView } from '../../views.ts';
import { grouped } from '../../words/figures.ts';
import { endedState, quietState, type RowState, runningInShort, runningState } from './row-state.ts';

/** A route on the page, in words: strings and numbers alone, so that a row that says the same is not drawn again. */
export interface RouteRowModel extends RowState {
  readonly name: string;
  readonly stable: string;
  /** Requests per second; a dash where that is not known. */
  readonly perSecond: string;
  /** Paths of both versions in the sparkline; empty where nothing is known, or nothing came. */
  readonly stablePath: string;
  readonly canaryPath: string;
  readonly traffic: string;
}

/** What is known besides the list of routes. */
export interface RowContext {
  /** The rollouts that run, by route. */
  readonly running: ReadonlyMap<string, RolloutView>;
  /** Rollouts that ended of late, by id. */
  readonly ended: ReadonlyMap<string, RolloutView>;
  /** How long ago `running` was read. */
  readonly sinceReadMs: number;
  /** The reader's clock, epoch ms. */
  readonly now: number;
}

const DAY_MS = 86_400_000;

export function routeRow(route: RouteView, context: RowContext): RouteRowModel {
  const { name, stable, traffic } = route;
  const { perSecond, stable: ofStable = [], canary: ofCanary = [] } = traffic;
  const top = sparkTop(ofStable, ofCanary);
  // A canary that got nothing in the hour has no line.
  const hasCanary = ofCanary.some((requests) => (requests ?? 0) > 0);
  return {
    name,
    stable: stable.version,
    perSecond: perSecond === null ? '–' : rate(perSecond),
    stablePath: sparkPath(ofStable, top, SPARK),
    canaryPath: hasCanary ? sparkPath(ofCanary, top, SPARK) : '',
    traffic: trafficInWords(ofStable, ofCanary),
    ...stateOf(route, context),
  };
}

function stateOf(route: RouteView, { running, ended, sinceReadMs, now }: RowContext): RowState {
  const { rollout, lastEnded } = route;
  if (rollout !== null) {
    // Both lists are read on their own: what only one of them knows already, the other has a moment later.
    const view = running.get(route.name);
    return view?.id === rollout.id ? runningState(view, sinceReadMs) : runningInShort(rollout);
  }
  if (lastEnded !== null && now - Date.parse(lastEnded.endedAt) < DAY_MS) {
    return endedState(lastEnded, ended.get(lastEnded.id) ?? null, now);
  }
  return quietState(route, now);
}

function rate(perSecond: number): string {
  return perSecond >= 100 ? grouped(perSecond) : String(Number(perSecond.toPrecision(2)));
}

function trafficInWords(stable: readonly (number | null)[], canary: readonly (number | null)[]): string {
  const known = stable.filter((point) => point !== null).length;
  if (known === 0) return 'requests of the last hour: not known';
  const sum = (points: readonly (number | null)[]) => grouped(points.reduce<number>((all, one) => all + (one ?? 0), 0));
  const minutes = known === stable.length ? 'the last hour' : `${known} of the last ${stable.length} minutes`;
  return `requests in ${minutes}: stable ${sum(stable)}, canary ${sum(canary)}`;
}
