import { formatBps } from '../policy/units.ts';
import type { RolloutEvent } from './event.ts';
import type { Message, MessageKind } from './message.ts';
import { adviceOnEntering } from './report-only.ts';
import { type Rollout, stageName } from './state.ts';

const SUMMARY_LIMIT = 1024;

/** One page per rollout: a second trigger with the same key is the same page. */
export function dedupKey(rollout: Rollout): string {
  return `serin/${rollout.route}/${rollout.id}`;
}

/**
 * Who has to hear of a change. Pages are for a rollback or when a human is needed; everything else is a note.
 * The id is made of the rollout, its version and the kind, so that a commit done twice says it once.
 */
export function announce(before: Rollout, after: Rollout, event: RolloutEvent, at: number): readonly Message[] {
  const compose = (kind: MessageKind, severity: Message['severity'], summary: string): Message => ({
    id: `${after.id}-${after.version}-${kind}`,
    kind,
    severity,
    dedupKey: dedupKey(after),
    route: after.route,
    rolloutId: after.id,
    summary: summary.slice(0, SUMMARY_LIMIT),
    details: {
      route: after.route,
      stable: `${after.stable.version} ${after.stable.url}`,
      canary: `${after.canary.version} ${after.canary.url}`,
      stage: stageName(after.stage),
      weightBefore: formatBps(before.canaryBps),
      weightAfter: formatBps(after.canaryBps),
      attempt: after.attempt,
      policy: after.policy.metadata.name,
      reason: after.reason,
      ...whereOf(event),
    },
    at: new Date(at).toISOString(),
  });

  const messages: Message[] = [];
  const entered = before.stage !== after.stage;
  if (before.openPage !== null && after.openPage === null) {
    messages.push(compose('resolve', 'info', `${after.route}: ${after.reason}`));
  }
  if (entered && after.stage.kind === 'rolled-back') {
    const severity = event.kind === 'internalFailed' ? 'warning' : 'critical';
    messages.push(compose('page', severity, rolledBackSummary(before, after)));
  } else if (after.openPage !== null && before.openPage === null) {
    messages.push(
      compose('page', 'warning', `${after.route}: ${after.canary.version} needs a person: ${after.reason}`),
    );
  } else if (entered) {
    messages.push(compose(after.stage.kind === 'promoted' ? 'change' : 'note', 'info', enteredSummary(before, after)));
  } else if (event.kind !== 'pageResolved') {
    messages.push(compose('note', 'info', `${after.route}: ${after.reason}`));
  }
  return messages;
}

/** Where it is worse, on its own: a summary may be cut, and a pager shows details in a table. */
function whereOf(event: RolloutEvent): { readonly where?: string } {
  const where = 'verdict' in event ? event.verdict.where : undefined;
  return where === undefined ? {} : { where: where.says };
}

function rolledBackSummary(before: Rollout, after: Rollout): string {
  if (after.router === 'none') return adviceOnEntering(after);
  const { route, canary, stable, reason } = after;
  const where =
    before.stage.kind === 'step' || before.stage.kind === 'bake'
      ? formatBps(before.canaryBps)
      : stageName(before.stage);
  return `${route} protected: ${canary.version} rolled back at ${where}, ${stable.version} serves 100%: ${reason}`;
}

function enteredSummary(before: Rollout, after: Rollout): string {
  const { route, canary, reason } = after;
  if (after.router === 'none' && after.stage.kind !== 'finalised') return adviceOnEntering(after);
  switch (after.stage.kind) {
    case 'step':
    case 'bake':
      return `${route}: ${canary.version} to ${stageName(after.stage)} (${formatBps(after.canaryBps)}): ${reason}`;
    case 'promoted':
      return `${route}: ${canary.version} promoted to 100%: ${reason}`;
    case 'finalised':
      return `${route}: ${canary.version} is the stable now; ${before.stable.version} (${before.stable.url}) may be decommissioned`;
    default:
      return `${route}: ${canary.version} ${stageName(after.stage)}: ${reason}`;
  }
}
