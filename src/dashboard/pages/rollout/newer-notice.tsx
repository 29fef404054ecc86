import { Link } from '../../address.tsx';
import { rolloutPage } from '../../paths.ts';
import type { RolloutView } from '../../views.ts';
import { legible } from '../../words/said.ts';
import { newerInWords } from './newer-rollout.ts';

interface NewerNoticeProps {
  readonly rollout: RolloutView;
  readonly newer: RolloutView;
}

/** Where to find what happens now, on the page of a rollout that ended. */
export function NewerNotice({ rollout, newer }: NewerNoticeProps) {
  return (
    <p class="notice foreign">
      A newer rollout of {legible(rollout.route)}:{' '}
      <Link to={rolloutPage(newer.id)}>{newerInWords(newer, rollout)}</Link>
    </p>
  );
}
