import type { MeView, RolloutView } from '../views.ts';
import type { ActVerb } from './draft.ts';

/** What somebody may do to a rollout now, and where it is offered. */
export interface Offered {
  /** Beside the title, in their order; the first is also on the bar of a phone. */
  readonly bar: readonly ActVerb[];
  /** In the list behind "More". */
  readonly more: readonly ActVerb[];
  /** By the sentence of the server, which several verbs may share. */
  readonly refused: readonly { readonly verbs: readonly ActVerb[]; readonly why: string }[];
  /** The roles that acting takes, and the reader has not. */
  readonly missing: readonly string[];
}

const IN_BAR: readonly ActVerb[] = ['pause', 'resume', 'advance', 'finalise', 'retry', 'rollback'];

export function offeredTo(
  { roles, verbs }: Pick<MeView, 'roles' | 'verbs'>,
  { acts, stage }: Pick<RolloutView, 'acts' | 'stage'>,
): Offered {
  const may = acts.filter(({ verb }) => verbs.includes(verb));
  const taken = may.flatMap(({ verb, refused }) => (refused === null ? [verb] : []));
  // Advancing from there is finalising, under a name that says so.
  const bar = IN_BAR.filter((verb) => taken.includes(verb) && !(verb === 'advance' && stage === 'promoted'));
  const why = new Map<string, ActVerb[]>();
  for (const { verb, refused } of may) if (refused !== null) why.set(refused, [...(why.get(refused) ?? []), verb]);
  return {
    bar,
    more: taken.filter((verb) => !bar.includes(verb)),
    refused: [...why].map(([sentence, verbs]) => ({ verbs, why: sentence })),
    missing: [...new Set(acts.flatMap(({ role }) => (roles.includes(role) ? [] : [role])))],
  };
}
