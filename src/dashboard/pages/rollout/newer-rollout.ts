import type { RolloutView } from '../../views.ts';
import { legible } from '../../words/said.ts';

type Told = Pick<RolloutView, 'id' | 'route' | 'attempt' | 'active' | 'paused' | 'stage' | 'startedAt' | 'canary'>;

/** The last rollout of the route where that began after this one, which has ended; else null. */
export function newerThan<Newest extends Told>(rollout: Told, newest: Newest | null): Newest | null {
  if (rollout.active || newest === null || newest.id === rollout.id || newest.route !== rollout.route) return null;
  return Date.parse(newest.startedAt) > Date.parse(rollout.startedAt) ? newest : null;
}

/** `attempt 2, running`; with the version where that is another one. */
export function newerInWords(newer: Told, { canary }: Pick<Told, 'canary'>): string {
  const state = newer.active ? (newer.paused === null ? 'running' : 'paused') : newer.stage.replaceAll('-', ' ');
  const version = newer.canary.version === canary.version ? '' : `${legible(newer.canary.version)}, `;
  return `${version}attempt ${newer.attempt}, ${state}`;
}

/** An end that a newer rollout followed is not tried again: what goes on now is there. */
export function withoutRetry(rollout: RolloutView): RolloutView {
  return { ...rollout, acts: rollout.acts.filter(({ verb }) => verb !== 'retry') };
}
