import { Counter, Gauge, type Registry } from 'prom-client';
import type { Verdict, VerdictName } from '../judge/verdict.ts';
import { aloneAt } from '../parity/stake.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { isEnded, type StageKind, stageName } from '../rollout/state.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import type { CountsByRoute } from './rollout-counters.ts';

const STATUS: Readonly<Record<StageKind, number>> = {
  preflight: 0,
  internal: 1,
  step: 2,
  bake: 3,
  promoted: 4,
  finalised: 5,
  'rolled-back': -1,
  aborted: -2,
  superseded: -3,
};

const VERDICTS: readonly VerdictName[] = ['harmful', 'suspect', 'shared-fault', 'blind', 'undecided', 'at-parity'];

/** The state and the evidence of each route's latest rollout. */
export function rolloutMetrics(registry: Registry, newestFirst: readonly RolloutRecord[]): void {
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const info = gauge('serin_rollout_info', 'The latest rollout of a route', [
    'http_route',
    'rollout',
    'serin_version',
    'stage',
    'policy',
  ]);
  const status = gauge(
    'serin_rollout_status',
    '0 preflight, 1 internal, 2 step, 3 bake, 4 promoted, 5 finalised, -1 rolled back, -2 aborted, -3 superseded',
    ['http_route'],
  );
  const weight = gauge('serin_rollout_weight', 'Share of the canary, 0 to 1', ['http_route']);
  const verdict = gauge('serin_rollout_verdict', '1 for the verdict of the last look at a rollout that runs', [
    'http_route',
    'verdict',
  ]);
  const person = gauge('serin_rollout_needs_person', '1 while a rollout that runs waits for a person who was paged', [
    'http_route',
  ]);
  const evidence = evidenceGauges(gauge);
  const seen = new Set<string>();
  for (const { rollout, evidence: looked } of newestFirst) {
    const { route, canary } = rollout;
    if (seen.has(route)) continue;
    seen.add(route);
    const policy = rollout.policy.metadata.name;
    info.set(
      {
        http_route: route,
        rollout: rollout.id,
        serin_version: canary.version,
        stage: stageName(rollout.stage),
        policy,
      },
      1,
    );
    status.set({ http_route: route }, STATUS[rollout.stage.kind]);
    weight.set({ http_route: route }, rollout.canaryBps / WHOLE_BPS);
    person.set({ http_route: route }, rollout.openPage === null || isEnded(rollout) ? 0 : 1);
    if (looked.verdict === null) continue;
    evidence(route, looked.verdict);
    if (isEnded(rollout)) continue;
    for (const name of VERDICTS)
      verdict.set({ http_route: route, verdict: name }, looked.verdict.name === name ? 1 : 0);
  }
}

/** Rollbacks and promotions since the first entry of the audit. */
export function rolloutCounts(registry: Registry, counts: CountsByRoute): void {
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const rollbacks = counter('serin_rollbacks_total', 'Canaries that were rolled back', ['http_route', 'reason']);
  const promotions = counter('serin_promotions_total', 'Canaries that were promoted', ['http_route']);
  for (const [route, { promotions: promoted, rollbacks: byReason }] of counts) {
    promotions.inc({ http_route: route }, promoted);
    for (const [reason, count] of Object.entries(byReason)) rollbacks.inc({ http_route: route, reason }, count);
  }
}

/** The evidence of each check next to its threshold; `combined` is what decides on harm. */
function evidenceGauges(gauge: (name: string, help: string, labelNames: string[]) => Gauge) {
  const labels = ['http_route', 'check', 'side'];
  const value = gauge('serin_check_evidence', 'Log e-value of a check', labels);
  const threshold = gauge('serin_check_evidence_threshold', 'Log e-value at which the evidence would decide', labels);
  const set = (at: { http_route: string; check: string; side: string }, log: number, limit: number) => {
    // The log of a zero evidence process; the text format has -Inf, but no graph shows it.
    if (Number.isFinite(log)) value.set(at, log);
    if (Number.isFinite(limit)) threshold.set(at, limit);
  };
  return (route: string, { logEvidence, logThreshold, findings }: Verdict): void => {
    set({ http_route: route, check: 'combined', side: 'harm' }, logEvidence, logThreshold);
    for (const finding of findings) {
      const at = { http_route: route, check: finding.check };
      set({ ...at, side: 'harm' }, finding.logHarm, aloneAt(finding.budgetWeight, logThreshold));
      if (finding.logParity === null || finding.logParityThreshold === null) continue;
      set({ ...at, side: 'parity' }, finding.logParity, finding.logParityThreshold);
    }
  };
}
