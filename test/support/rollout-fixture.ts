import { randomUUID } from 'node:crypto';
import { SERIN } from '../../src/rollout/event.ts';
import { type Evidence, noEvidence } from '../../src/rollout/evidence.ts';
import type { Message } from '../../src/rollout/message.ts';
import type { AuditDraft } from '../../src/rollout/record.ts';
import type { Rollout } from '../../src/rollout/state.ts';
import { begin } from '../../src/rollout/transition.ts';
import type { RolloutChange } from '../../src/store/store.ts';
import { startedEvent, T0 } from './rollouts.ts';

/** A UUIDv7 of the given millisecond: later ones sort after earlier ones. */
export function idAt(at: number): string {
  const time = at.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** A rollout at its beginning, under an id of its own, with `parts` of it replaced. */
export function rolloutOf(parts: Partial<Rollout> = {}): Rollout {
  const startedAt = parts.startedAt ?? T0;
  return { ...begin({ ...startedEvent(), id: idAt(startedAt) }, startedAt), ...parts };
}

export function evidenceOf(rollout: Rollout, parts: Partial<Evidence> = {}): Evidence {
  return { ...noEvidence(rollout.policy, rollout.startedAt), ...parts };
}

export function auditOf(rollout: Rollout, parts: Partial<AuditDraft> = {}): AuditDraft {
  return {
    at: rollout.stageEnteredAt,
    actor: SERIN,
    route: rollout.route,
    rolloutId: rollout.id,
    event: { kind: 'preflightPassed' },
    reason: rollout.reason,
    before: null,
    after: { stage: rollout.stage.kind },
    ...parts,
  };
}

export function messageOf(rollout: Rollout, parts: Partial<Message> = {}): Message {
  return {
    id: idAt(rollout.stageEnteredAt),
    kind: 'note',
    dedupKey: `serin/${rollout.id}`,
    route: rollout.route,
    rolloutId: rollout.id,
    summary: 'The rollout has started.',
    severity: 'info',
    details: { weight: '10%' },
    at: new Date(rollout.stageEnteredAt).toISOString(),
    ...parts,
  };
}

/** The insertion of `rollout`, with one audit entry and no message. */
export function insertionOf(rollout: Rollout, parts: Partial<RolloutChange> = {}): RolloutChange {
  return {
    rollout,
    evidence: evidenceOf(rollout),
    expectedVersion: null,
    leaseEpoch: null,
    audit: [auditOf(rollout)],
    deliveries: [],
    ...parts,
  };
}

/** The next version of `rollout` with `parts` of it changed, computed from the version that `rollout` has. */
export function changeOf(
  rollout: Rollout,
  parts: Partial<Rollout> = {},
  more: Partial<RolloutChange> = {},
): RolloutChange {
  const next = { ...rollout, version: rollout.version + 1, ...parts };
  return insertionOf(next, { expectedVersion: rollout.version, ...more });
}
