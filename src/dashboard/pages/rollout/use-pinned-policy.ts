import { useEffect } from 'preact/hooks';
import { type LiveData, useSnapshot } from '../../live/use-snapshot.ts';
import { rolloutInApi } from '../../paths.ts';
import type { PinnedPolicyView, RolloutView } from '../../views.ts';

/** The policy that a rollout keeps. */
export function usePinnedPolicy({ id, policy }: Pick<RolloutView, 'id' | 'policy'>): LiveData<PinnedPolicyView> {
  const read = useSnapshot<PinnedPolicyView>(
    `${rolloutInApi(id)}/policy`,
    (event) => event.kind === 'rollout' && event.data.id === id,
  );
  // Edited files are no event; each look tells whether they differ now.
  useEffect(read.refresh, [policy.changed, policy.digest]);
  return read;
}
