import type { RolloutRecord } from '../../rollout/record.ts';
import type { Happened } from '../../rollout/report/happened.ts';
import type { Numbers } from '../../rollout/report/numbers.ts';
import { reportOf } from '../../rollout/report/report.ts';
import type { ReportParts } from '../../rollout/report/report-parts.ts';
import type { TrailRow } from '../../rollout/so-far/trail.ts';
import { messageView } from '../views/message-view.ts';
import { trailView } from '../views/trail-view.ts';
import { rolloutView, verdictView } from '../views.ts';
import type { ReportView } from './report-schema.ts';

/** A report as JSON. */
export function reportView({ trail, ...parts }: ReportParts & { readonly trail: readonly TrailRow[] }): ReportView {
  const report = reportOf(parts);
  const { final, says: state, title, lead, shown, policy, cost, verify } = report;
  return {
    final,
    says: state,
    upTo: instantOf(report.upTo),
    title,
    lead,
    rollout: rolloutOf(parts.record),
    numbers: numbersView(report.numbers),
    happened: report.happened.map(happenedView),
    judged: shown && { at: shown.at, stage: shown.stage },
    verdict: shown && verdictView(shown.verdict, shown.since),
    trail: trail.length === 0 ? null : trailView(trail),
    messages: report.messages.map(messageView),
    policy: { ...policy, promised: [...policy.promised] },
    cost,
    verify: verify.map((one) => ({ ...one })),
  };
}

function rolloutOf(record: RolloutRecord): ReportView['rollout'] {
  const view = rolloutView(record, { look: null, unrecorded: null, acts: [] });
  const { id, route, attempt, stage, stages, router, heavyLast, canaryWeight, canaryBps } = view;
  const { stable, canary, forced, skippedChecks, reason, reasonBy, startedAt, startedBy, endedAt, endedBy } = view;
  const way = { id, route, attempt, stage, stages, router, heavyLast, canaryWeight, canaryBps };
  return { ...way, stable, canary, forced, skippedChecks, reason, reasonBy, startedAt, startedBy, endedAt, endedBy };
}

function numbersView({ harmed, firstSign, requests, duration }: Numbers): ReportView['numbers'] {
  const { ms, lastStage, says: inWords } = duration;
  return {
    harmed: harmed && { ...harmed },
    firstSign: firstSign && { ...firstSign, at: instantOf(firstSign.at) },
    requests: requests && { ...requests },
    duration: { ms, lastStage: lastStage && { ...lastStage }, says: inWords },
  };
}

function happenedView({ kind, at, entry, by, title, says: why }: Happened): ReportView['happened'][number] {
  const { seq = null, hash = null, event = null } = entry ?? {};
  return { kind, at: instantOf(at), seq, hash, event, by: by && { name: by.name, role: by.role }, title, says: why };
}

function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}
