import { isOfConsumers } from '../consumers/consumer.ts';
import type { Finding, Forecast, Verdict } from '../judge/verdict.ts';
import type { Reservation } from '../parity/internal/reservation.ts';
import { NO_LIMITS } from '../parity/limits/limits.ts';
import { isRecord } from '../policy/is-record.ts';
import { formatBps } from '../policy/units.ts';
import type { Actor } from '../rollout/event.ts';
import { approvalsOf } from '../rollout/eyes/approvals.ts';
import { askedInWords } from '../rollout/eyes/asked.ts';
import { needsNow } from '../rollout/needs/needs.ts';
import { type GateRule, gatesOf, neededDwellMs, nextStage } from '../rollout/plan.ts';
import type { AuditEntry, RolloutRecord } from '../rollout/record.ts';
import { drawnPerSecond } from '../rollout/so-far/drawn-traffic.ts';
import { soFarOf } from '../rollout/so-far/so-far.ts';
import { type AskedDeed, isEnded, type Rollout, stageName } from '../rollout/state.ts';
import type { Standing } from './control.ts';
import { ROLE_TO_ACT } from './entry/may.ts';
import type { FindingView, ReservationView, VerdictView } from './verdict-schemas.ts';
import type { AuditView, RolloutView } from './view-schemas.ts';
import { declaredView } from './views/declared-view.ts';
import { differenceView } from './views/difference-view.ts';
import { stagesView } from './views/stages-view.ts';
import { waitsFor } from './waits-for.ts';

/** A rollout as users, the command line and the dashboard see it. */
export function rolloutView(
  { rollout, evidence }: RolloutRecord,
  { databaseNowMs = Date.now(), look, unrecorded, acts, declared, route, policyDigest, inForceBps }: Standing,
): RolloutView {
  const next = nextStage(rollout);
  const { spec, metadata } = rollout.policy;
  const { paused } = rollout;
  const soFar = soFarOf({ rollout, evidence });
  return {
    id: rollout.id,
    route: rollout.route,
    attempt: rollout.attempt,
    version: rollout.version,
    active: !isEnded(rollout),
    stage: stageName(rollout.stage),
    nextStage: next && stageName(next),
    stages: stagesView(rollout, evidence.past ?? []),
    stageEnteredAt: instant(rollout.stageEnteredAt),
    router: rollout.router ?? 'gateway',
    heavyLast: rollout.heavyLast ? { keys: rollout.heavyLast.units.length, share: rollout.heavyLast.share } : null,
    canaryWeight: formatBps(rollout.canaryBps),
    canaryBps: rollout.canaryBps,
    inForceBps: inForceBps ?? null,
    stable: { url: rollout.stable.url, version: rollout.stable.version },
    canary: { url: rollout.canary.url, version: rollout.canary.version },
    policy: { name: metadata.name, digest: rollout.policyDigest, changed: hasChanged(rollout, policyDigest) },
    paused: paused && { at: instant(paused.at), by: paused.by, role: paused.role ?? null, reason: paused.reason },
    dwell: { needMs: neededDwellMs(rollout), haveMs: evidence.dwellMs },
    gates: gatesOf(rollout).map((gate) => gateView(rollout, gate)),
    forced: {
      requests: evidence.forced.requests,
      errors: evidence.forced.errors,
      needRequests: spec.internal.requests,
      maxErrors: spec.internal.maxErrors,
    },
    skippedChecks: [...rollout.skippedChecks],
    verdict: evidence.verdict && verdictView(evidence.verdict, soFar.leadingSince),
    needs: [...needsNow({ rollout, evidence }, { look, unrecorded })],
    waitsFor: waitsFor({ rollout, evidence }),
    acts: acts.map((one) => ({ ...one, role: ROLE_TO_ACT })),
    asked: (rollout.asked ?? []).map((one) => askedView(one, databaseNowMs)),
    openPage: rollout.openPage,
    reason: rollout.reason,
    reasonBy: whoseReason(rollout),
    cost: soFar.cost,
    trafficPerSecond: look && drawnPerSecond({ rollout, evidence }, evidence.lookedAt + look.agoMs),
    sticky: route?.sticky ?? null,
    source: route?.source ?? null,
    startedAt: instant(rollout.startedAt),
    startedBy: rollout.started?.by ?? null,
    endedAt: rollout.endedAt === null ? null : instant(rollout.endedAt),
    endedBy: isEnded(rollout) ? whoseReason(rollout) : null,
    lookedAt: instant(evidence.lookedAt),
    look: look && { ...look, agoMs: Math.round(look.agoMs) },
    declared: declared ? declaredView(declared, evidence.verdict) : null,
    unrecorded: unrecorded && { ...unrecorded, at: unrecorded.at === null ? null : instant(unrecorded.at) },
  };
}

function gateView(rollout: Rollout, { name, approval }: GateRule): RolloutView['gates'][number] {
  const by = approvalsOf(rollout, name).map((one) => ({ name: one.name, via: one.via ?? null }));
  return { name, open: rollout.gatesPassed.includes(name), approval: approval && { ...approval, approvals: by } };
}

function askedView(one: AskedDeed, now: number): RolloutView['asked'][number] {
  const { version, command, by, reason, at, until } = one;
  const who = { name: by.name, via: by.via ?? null };
  const says = askedInWords(one, now);
  return { version, command, by: who, reason, at: instant(at), until: instant(until), open: now < until, says };
}

export function auditView(entry: AuditEntry): AuditView {
  return {
    seq: entry.seq,
    at: instant(entry.at),
    actor: actorView(entry.actor),
    route: entry.route,
    rolloutId: entry.rolloutId,
    event: { ...entry.event },
    reason: entry.reason,
    before: sideView(entry, entry.before),
    after: sideView(entry, entry.after),
    hash: entry.hash,
  };
}

function actorView({ name, role, via, subject }: Actor): AuditView['actor'] {
  return { name, role, via: via ?? null, subject: subject ?? null };
}

function whoseReason({ reasonBy }: Rollout): RolloutView['reasonBy'] {
  return reasonBy ? { name: reasonBy.name, role: reasonBy.role } : null;
}

/** Without the hashes of credentials, which the store keeps so that a list can be put back. */
function sideView({ event }: AuditEntry, side: unknown): unknown {
  if (!isRecord(side)) return side;
  if (event.kind === 'restored' && isRecord(side['consumers']))
    return { ...side, consumers: withoutHashes(side['consumers']) };
  return isOfConsumers(event.kind) ? withoutHashes(side) : side;
}

function withoutHashes(list: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(
    Object.entries(list).map(([name, consumer]) => {
      if (!isRecord(consumer)) return [name, consumer];
      const { keyHash: _, ...shown } = consumer;
      return [name, shown];
    }),
  );
}

/** Null where nothing is known of what is declared now. */
function hasChanged({ policyDigest }: Rollout, declared: string | null | undefined): boolean | null {
  return declared ? declared !== policyDigest : null;
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

/** `since` is when what it rests on was first seen, epoch ms. */
export function verdictView(verdict: Verdict, since: number | null): VerdictView {
  return {
    name: verdict.name,
    reason: verdict.reason,
    since: since === null ? null : instant(since),
    logEvidence: finite(verdict.logEvidence),
    logThreshold: finite(verdict.logThreshold),
    logHold: finite(verdict.logHold),
    worst: verdict.worst,
    needs: verdict.needs && { canaryRequests: verdict.needs.canaryRequests, ms: verdict.needs.ms },
    forecast: verdict.forecast && forecastView(verdict.forecast),
    where: verdict.where ? { ...verdict.where, slices: [...verdict.where.slices] } : null,
    findings: verdict.findings.map(findingView),
    ...(verdict.reservations && { reservations: verdict.reservations.map(reservationView) }),
  };
}

function forecastView({ parity, doublingMs, says }: Forecast): VerdictView['forecast'] {
  return { parity: parity && { ...parity, at: [...parity.at] }, doublingMs, says };
}

function reservationView({ kind, check, reason, differences }: Reservation): ReservationView {
  return { kind, check, reason, ...(differences && { differences: differences.map(differenceView) }) };
}

// What only the judge's own sentences need stays out.
function findingView({
  brief: _brief,
  inWords: _inWords,
  aside: _aside,
  keys: _keys,
  byKey: _byKey,
  pairs: _pairs,
  blame: _blame,
  differences,
  ...finding
}: Finding): FindingView {
  return {
    ...finding,
    requests: { ...finding.requests },
    bounds: { ...finding.bounds },
    limits: { ...(finding.limits ?? NO_LIMITS) },
    ...(differences === undefined ? {} : { differences: differences.map(differenceView) }),
    logHarm: finite(finding.logHarm),
    logParity: finding.logParity === null ? null : finite(finding.logParity),
    logParityThreshold: finding.logParityThreshold === null ? null : finite(finding.logParityThreshold),
  };
}

/** JSON has no infinity, so the logarithm of zero is not a number there. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
