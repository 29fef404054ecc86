import { Link } from '../../../address.tsx';
import { rolloutPage } from '../../../paths.ts';
import type { RolloutView } from '../../../views.ts';
import { grouped } from '../../../words/figures.ts';
import { CheckTable } from './check-table.tsx';
import { ReservationList } from './reservation-list.tsx';

/** What every check says: of the present stage, or of the decision that ended the rollout. */
export function ChecksSection({ rollout }: { readonly rollout: RolloutView }) {
  const { verdict, active, skippedChecks } = rollout;
  return (
    <section aria-labelledby="h-checks">
      <h2 id="h-checks">
        {active ? 'Checks' : 'Checks at the last look'} <span class="soft">{comparedInWords(rollout)}</span>
      </h2>
      {verdict === null ? (
        <p class="pad soft">
          {isPastSteps(rollout) ? (
            <>
              Nothing is compared after the last step; <Link to={`${rolloutPage(rollout.id)}/report`}>the report</Link>{' '}
              has the last step's verdict.
            </>
          ) : active ? (
            'Nothing was judged yet.'
          ) : (
            'Nothing was judged.'
          )}
        </p>
      ) : (
        <>
          {verdict.reservations !== undefined && <ReservationList reservations={verdict.reservations} />}
          {verdict.findings.length > 0 && <CheckTable verdict={verdict} skipped={skippedChecks} />}
          {verdict.findings.length + (verdict.reservations?.length ?? 0) === 0 && (
            <p class="pad soft">No check has anything to say in this stage.</p>
          )}
        </>
      )}
    </section>
  );
}

/** A promotion clears the verdict. */
function isPastSteps({ stage, stages }: RolloutView): boolean {
  if (stage === 'promoted' || stage === 'finalised') return true;
  return stages.some(({ name, enteredAt }) => name === 'promoted' && enteredAt !== null);
}

/** `8,530 canary and 76,800 stable requests in this step`, as the findings count them where they agree. */
function comparedInWords({ verdict, active }: RolloutView): string {
  const plain = (verdict?.findings ?? []).filter(({ counted }) => counted === undefined);
  const most = plain.toSorted((one, other) => other.requests.canary - one.requests.canary)[0];
  if (most === undefined || most.requests.canary + most.requests.stable === 0) return '';
  const { canary, stable } = most.requests;
  const since = verdict?.name === 'harmful' || verdict?.name === 'suspect' ? 'since the onset' : 'in this step';
  return `${grouped(canary)} canary and ${grouped(stable)} stable requests ${active ? since : since.replace('this', 'the last')}`;
}
