import type { RefObject } from 'preact';
import { Link } from '../address.tsx';
import { MiniLadder } from '../drawings/mini-ladder.tsx';
import { Glyph } from '../glyph.tsx';
import { Moment } from '../moment.tsx';
import { rolloutPage } from '../paths.ts';
import type { RolloutView } from '../views.ts';
import { capitalised, legible } from '../words/said.ts';
import { rolloutLine } from './rollout-line.ts';

interface RolloutListProps {
  readonly rollouts: readonly RolloutView[];
  /** Whether each row names its route. */
  readonly of: 'one-route' | 'every-route';
  readonly table: RefObject<HTMLTableElement | null>;
}

/** Rollouts, the newest first: how far each got, why it ended, and how long it took. */
export function RolloutList({ rollouts, of, table }: RolloutListProps) {
  return (
    <table class="rows" ref={table}>
      <thead>
        <tr>
          <th scope="col">{of === 'every-route' ? 'route, stable → canary' : 'stable → canary'}</th>
          <th scope="col">got to</th>
          <th scope="col">why</th>
          <th scope="col">started</th>
          <th scope="col">took</th>
          <th scope="col">report</th>
        </tr>
      </thead>
      <tbody>
        {rollouts.map((view) => (
          <RolloutRow key={view.id} view={view} of={of} />
        ))}
      </tbody>
    </table>
  );
}

function RolloutRow({ view, of }: { readonly view: RolloutView } & Pick<RolloutListProps, 'of'>) {
  const { id, route, stable, canary, attempt, startedAt, startedBy } = view;
  const { sign, label, stages, at, how, got, reason, took } = rolloutLine(view);
  return (
    <tr>
      <th scope="row">
        <span class="nowrap">
          <Glyph sign={sign} label={label} />
          &ensp;
          <Link class="name" to={rolloutPage(id)}>
            {of === 'every-route' ? legible(route) : `${legible(stable.version)} → ${legible(canary.version)}`}
          </Link>
        </span>
        <div class="path">
          {of === 'every-route' && (
            <>
              {legible(stable.version)} → <span class="canary">{legible(canary.version)}</span>
            </>
          )}
          {attempt > 1 && ` attempt ${attempt}`}
        </div>
      </th>
      <td>
        <MiniLadder stages={stages} at={at} how={how} />
        <div class="small soft">{got}</div>
      </td>
      <td class="says foreign">
        <b>{capitalised(label)}.</b> {reason}
      </td>
      <td class="actor" data-label="started ">
        <Moment at={startedAt} />
        {startedBy !== null && <div class="small soft foreign by"> by {legible(startedBy)}</div>}
      </td>
      <td class="nowrap" data-label="took ">
        {took ?? <span class="soft">still runs</span>}
      </td>
      <td data-label="report ">
        <Link to={`${rolloutPage(id)}/report`}>
          {took === null ? 'so far' : 'report'}
          <span class="spoken"> of {legible(canary.version)}</span>
        </Link>
      </td>
    </tr>
  );
}
