import { auditDraft, type Cause, changeFor } from '../../src/controller/commit.ts';
import type { ControllerPorts } from '../../src/controller/ports.ts';
import type { Policy } from '../../src/policy/schema.ts';
import { type Actor, type Happening, type OverrideEvent, SERIN } from '../../src/rollout/event.ts';
import { type Evidence, noEvidence } from '../../src/rollout/evidence.ts';
import type { SentMessage } from '../../src/rollout/message.ts';
import type { AuditEntry, RolloutRecord } from '../../src/rollout/record.ts';
import type { ReportParts } from '../../src/rollout/report/report-parts.ts';
import { begin } from '../../src/rollout/transition.ts';
import { policyOf, startedEvent, T0 } from './rollouts.ts';
import { verdictOf } from './verdicts.ts';

const CI: Actor = { name: 'ci', role: 'operator' };
export const ADA: Actor = { name: 'ada', role: 'operator' };

/** What happens next: an event of Serin or of a person, a minute after the last. `sees` is what the looks saw before it. */
export interface Played {
  readonly event: Happening['event'];
  readonly by?: Actor;
  readonly reason?: string;
  readonly sees?: Partial<Evidence>;
}

export const HARM = 'canary errors 4.8 % against 0.2 % (margin 10 % + 0.01 pp), 1,204 against 10,911 requests in 40 s';
export const harmful = verdictOf({ name: 'harmful', reason: HARM, leads: 'errors', worst: 'errors' });

/** Asked at the start, in the name of who started it. */
export const ANSWERS: Played = { event: { kind: 'preflightPassed' }, by: CI, reason: 'release 2' };
const GATE: Played = { event: { kind: 'gatePassed', gate: 'integration-tests' }, by: ADA, reason: 'green' };
const INTERNAL: Played = { event: { kind: 'internalPassed', reason: '5 forced requests, 0 failed' } };
export const IN_STEP: readonly Played[] = [ANSWERS, GATE, INTERNAL];
export const STEP_PASSED: Played = {
  event: { kind: 'stepPassed', index: 0, reason: 'errors within 25 %', verdict: verdictOf({ name: 'at-parity' }) },
};
export const HARMED: Played = { event: { kind: 'canaryJudgedHarmful', reason: HARM, verdict: harmful } };
export const byAda = (event: OverrideEvent, reason = 'lunch'): Played => ({ event, by: ADA, reason });
export const PROMOTED = byAda({ kind: 'promoted', full: true }, 'shown');

/** The part of the ports that a commit asks for; nothing of it moves anything. */
const PORTS = {
  channels: [{ name: 'pager', takes: ['page', 'resolve'] }],
  routes: [],
  installation: {},
} as unknown as ControllerPorts;

/** What the store has of a rollout after these events, each committed as the controller commits it. */
export function played(plays: readonly Played[], policy: Policy = policyOf(), router?: 'none'): ReportParts {
  const event = { ...startedEvent(policy), ...(router === undefined ? {} : { router }) };
  const rollout = begin(event, T0, { by: CI, reason: 'release 2' });
  let record: RolloutRecord = { rollout, evidence: noEvidence(policy, T0) };
  const began: Cause = { event, at: T0, actor: CI, reason: 'release 2' };
  const drafts = [auditDraft(null, rollout, began)];
  const messages: SentMessage[] = [];
  plays.forEach(({ event: next, by = SERIN, reason = '', sees = {} }, index) => {
    const at = T0 + (index + 1) * 60_000;
    const seen = { rollout: record.rollout, evidence: { ...record.evidence, lookedAt: at, ...sees } };
    const change = changeFor(PORTS, seen, { event: next, at, actor: by, reason }, null);
    record = { rollout: change.rollout, evidence: change.evidence };
    drafts.push(...change.audit);
    const sent = change.deliveries.map(({ channel, message: { kind } }) => ({ kind, channel, at }));
    messages.push(...sent.map((one) => ({ ...one, deliveredAt: at + 400, rejectedAt: null, lastError: null })));
  });
  return { record, audit: drafts.map(chained), messages };
}

function chained(draft: Omit<AuditEntry, 'seq' | 'hash'>, index: number): AuditEntry {
  return { ...draft, seq: 4_117 + index, hash: String(index).repeat(64) };
}
