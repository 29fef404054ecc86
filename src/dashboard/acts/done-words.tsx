import { Link } from '../address.tsx';
import { rolloutPage } from '../paths.ts';
import type { RolloutView } from '../views.ts';
import { clockTime, utcTime } from '../words/clock.ts';

interface DoneWordsProps {
  /** By the reader's clock, epoch ms. */
  readonly at: number;
  readonly did: string;
  /** What the deed was answered with; null where only the state says that it was done. */
  readonly after: RolloutView | null;
  readonly rolloutId: string;
}

/** What was done, when, and where it goes on. */
export function DoneWords({ at, did, after, rolloutId }: DoneWordsProps) {
  const asked = after?.asked.find(({ version }) => version === after.version);
  return (
    <>
      <time title={utcTime(at)}>{clockTime(at)}</time> {asked ? `Not done: ${asked.says}` : `You ${did}.`}
      {after !== null && after.unrecorded !== null && (
        <> The gateway did it at once. The database did not answer then; it is told when it does.</>
      )}
      {after !== null && after.id !== rolloutId && (
        <>
          {' '}
          <Link to={rolloutPage(after.id)}>Attempt {after.attempt}</Link>
        </>
      )}
    </>
  );
}
