import { useMemo } from 'preact/hooks';
import { NoTrail, Strips } from '../../drawings/strips/strips.tsx';
import { Glyph } from '../../glyph.tsx';
import type { ReportView } from '../../views.ts';
import { said } from '../../words/said.ts';
import { UTC } from '../../words/time-zone.ts';
import { CheckTable } from '../rollout/checks/check-table.tsx';
import { ReservationList } from '../rollout/checks/reservation-list.tsx';
import { worstDifferences } from '../rollout/difference-order.ts';
import { reportStory } from './report-story.ts';

/** All looks on one axis of time, in UTC. */
export function EvidenceOverTime({ report }: { readonly report: ReportView }) {
  const story = useMemo(() => reportStory(report), [report]);
  return (
    <section aria-labelledby="h-evidence">
      <h2 id="h-evidence">The evidence</h2>
      {story === null ? <NoTrail /> : <Strips story={story} zone={UTC} />}
    </section>
  );
}

/** What every check said when it was decided, or last. */
export function JudgedChecks({ report: { verdict, judged, rollout } }: { readonly report: ReportView }) {
  const { findings = [], reservations = [] } = verdict ?? {};
  return (
    <section aria-labelledby="h-judged">
      <h2 id="h-judged">
        {whenJudged(judged)} {judged !== null && <span class="soft">of {judged.stage}</span>}
      </h2>
      {reservations.length > 0 && <ReservationList reservations={reservations} />}
      {verdict !== null && findings.length > 0 && <CheckTable verdict={verdict} skipped={rollout.skippedChecks} />}
      {findings.length + reservations.length === 0 && <p class="pad soft">No check has compared anything.</p>}
    </section>
  );
}

function whenJudged(judged: ReportView['judged']): string {
  switch (judged?.at) {
    case 'end':
      return 'Checks at the decision';
    case 'step':
      return 'Checks when the last step was passed';
    case 'look':
      return 'Checks at the last look';
    case undefined:
      return 'Checks';
  }
}

const MOST_DIFFERENCES = 8;

/** What the versions answered and logged differently, the worst first. */
export function WhatDiffered({ verdict }: { readonly verdict: ReportView['verdict'] }) {
  const differences = worstDifferences(verdict);
  if (differences.length === 0) return null;
  const rest = differences.length - MOST_DIFFERENCES;
  return (
    <section aria-labelledby="h-differed">
      <h2 id="h-differed">What differed</h2>
      <ul class="list">
        {differences.slice(0, MOST_DIFFERENCES).map(({ kind, place, path, to, effect, says }) => (
          <li key={`${kind} ${place} ${path} ${to}`}>
            <Glyph sign={effect === 'breaking' ? 'suspect' : 'dot'} label="" />
            <span class="foreign">{said(says)}</span>
            <span class="soft">{effect}</span>
          </li>
        ))}
      </ul>
      {rest > 0 && <p class="pad soft">{rest} more are in the JSON.</p>}
    </section>
  );
}
