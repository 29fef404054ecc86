import { changedList } from '../../consumers/list-before.ts';
import type { Actor } from '../../rollout/event.ts';
import type { Means } from '../../rollout/eyes/means.ts';
import type { AuditEntry, RolloutRecord } from '../../rollout/record.ts';
import { stageName } from '../../rollout/state.ts';

/**
 * What changed, for whoever watches, as plain JSON. It carries nothing that a viewer may not read by the other
 * operations: no credential is in a rollout or in the audit, and what only the judge needs stays out.
 */
export type ChangeEvent =
  | {
      readonly kind: 'rollout';
      readonly data: {
        readonly id: string;
        readonly route: string;
        readonly version: number;
        readonly stage: string;
        readonly canaryBps: number;
      };
    }
  | {
      readonly kind: 'look';
      readonly data: {
        readonly id: string;
        readonly route: string;
        /** RFC 3339, by the database's clock. */
        readonly at: string;
        readonly verdict: { readonly name: string; readonly reason: string } | null;
        /** Natural logarithms; null where there is no verdict, or no number in JSON. */
        readonly logEvidence: number | null;
        readonly logThreshold: number | null;
      };
    }
  | {
      readonly kind: 'decision';
      readonly data: Pick<AuditEntry, 'seq' | 'reason' | 'route' | 'rolloutId'> & {
        readonly at: string;
        /** As the audit shows them; null for what is not known. */
        readonly actor: Pick<Actor, 'name' | 'role'> & {
          readonly via: Means | null;
          readonly subject: string | null;
        };
        readonly event: string;
      };
    }
  | { readonly kind: 'routes'; readonly data: { readonly route: string; readonly changed: 'consumers' | 'stable' } };

export function rolloutChanged({ rollout }: RolloutRecord): ChangeEvent {
  const { id, route, version, stage, canaryBps } = rollout;
  return { kind: 'rollout', data: { id, route, version, stage: stageName(stage), canaryBps } };
}

export function looked({ rollout, evidence }: RolloutRecord): ChangeEvent {
  const { verdict } = evidence;
  return {
    kind: 'look',
    data: {
      id: rollout.id,
      route: rollout.route,
      at: instant(evidence.lookedAt),
      verdict: verdict && { name: verdict.name, reason: verdict.reason },
      logEvidence: finite(verdict?.logEvidence),
      logThreshold: finite(verdict?.logThreshold),
    },
  };
}

/** An entry of the audit, and what else it says of its route. */
export function decided(entry: AuditEntry): readonly ChangeEvent[] {
  const { seq, at, actor, reason, route, rolloutId, event } = entry;
  const { name, role, via = null, subject = null } = actor;
  const decision: ChangeEvent = {
    kind: 'decision',
    data: { seq, at: instant(at), event: event.kind, actor: { name, role, via, subject }, reason, route, rolloutId },
  };
  const changed = ofRoute(entry);
  return changed === null ? [decision] : [decision, { kind: 'routes', data: { route, changed } }];
}

/** What else of its route an entry changes; null for nothing. */
function ofRoute(entry: AuditEntry): 'consumers' | 'stable' | null {
  if (changedList(entry)) return 'consumers';
  const { event, before, after } = entry;
  const isFinalised = stageIn(after) === 'finalised' && stageIn(before) !== 'finalised';
  return isFinalised || event.kind === 'stableDeclared' ? 'stable' : null;
}

/** The stage in a configuration; null where there is none, as in entries that are about no rollout. */
function stageIn(configuration: unknown): unknown {
  return typeof configuration === 'object' && configuration !== null && 'stage' in configuration
    ? configuration.stage
    : null;
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
