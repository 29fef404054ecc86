import type { AuditView } from '../views.ts';
import { clockTime } from '../words/clock.ts';
import { said } from '../words/said.ts';
import type { Acting, Notice } from './acting.ts';
import type { Found } from './found.ts';
import { allHappened } from './happened-words.ts';
import type { Objection } from './objection.ts';

/** Why the question is asked anew. */
export function ActNotice({ notice }: { readonly notice: Notice }) {
  if (notice.kind === 'signed-out') {
    return (
      <div class="notice" role="alert">
        <b>Nothing was done:</b> the session had ended. Your reason is kept.
      </div>
    );
  }
  const { kind, from, to, by } = notice;
  return (
    <div class="notice" role="alert">
      <b>{kind === 'not-done' ? 'Nothing was done.' : 'The rollout has moved on.'}</b>{' '}
      {by !== null && by.length > 0 && (
        <>
          While you were writing:
          <Happened entries={by} />
        </>
      )}
      It was version {from}, it is {Math.max(to, from + (by?.length ?? 0))} now. The question is asked anew, and your
      reason is kept.
    </div>
  );
}

/** Why it cannot be done, where no field is at fault. */
export function ActObjection({ objection }: { readonly objection: Objection }) {
  return (
    <div class="notice bad" role="alert">
      {objection.isOfDeed && <b>Nothing was done: </b>}
      {said(objection.detail)}
    </div>
  );
}

/** An entry to a line, the oldest first. */
function Happened({ entries }: { readonly entries: readonly AuditView[] }) {
  return (
    <ul>
      {allHappened(entries).map(({ seq, what, why }) => (
        <li key={seq}>
          {what}
          {why !== '' && ': '}
          <span class="quoted">{why}</span>
        </li>
      ))}
    </ul>
  );
}

type Unknown = Extract<Acting, { readonly kind: 'unknown' }>;

/** Nobody has heard what came of it: what the state says, and no more. */
export function ActUnknown({ state, route }: { readonly state: Unknown; readonly route: string }) {
  const { detail, found, preview } = state;
  return (
    <div class="notice bad" role="alert">
      <p>
        <b>It is not known whether this was done:</b> {said(detail)}. It is not sent again by itself.
      </p>
      <div>
        <ActFound found={found} at={Date.now()} route={route} version={preview.version} />
      </div>
    </div>
  );
}

interface ActFoundProps {
  readonly found: Found | null;
  /** When that was seen, by the reader's clock, epoch ms. */
  readonly at: number;
  readonly route: string;
  /** Of the rollout when it was asked for. */
  readonly version: number;
}

/** What the state says of a deed whose answer nobody heard. */
export function ActFound({ found, at, route, version }: ActFoundProps) {
  switch (found?.kind) {
    case undefined:
      return <>The state is being read, until Serin answers.</>;
    case 'not-so-far':
      return (
        <>
          At {clockTime(at)} it was not done: {route} is as it was at version {version}. What is still on its way may be
          done yet; asked anew, it is done once at most.
        </>
      );
    case 'overtaken':
      return (
        <>
          It was not done, and will not be, for this came first:
          <Happened entries={found.entries} />
        </>
      );
    case 'done':
      return <>It was done.</>;
  }
}
