import { Link } from '../../address.tsx';
import { Moment } from '../../moment.tsx';
import { rolloutPage } from '../../paths.ts';
import type { RolloutView } from '../../views.ts';

/** Of when this is, and where it can be found again. */
export function RolloutFoot({ rollout: { id, active, lookedAt, version } }: { readonly rollout: RolloutView }) {
  const path = rolloutPage(id);
  return (
    <div class="foot">
      <span>
        {active ? 'looked at' : 'last looked at'} <Moment at={lookedAt} form="seconds" /> · version {version}
      </span>
      <Link to={path}>Permalink of this rollout</Link>
      <Link to={`${path}/report`}>Report</Link>
    </div>
  );
}
