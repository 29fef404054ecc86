import { canonicalJson } from '../../policy/digest.ts';
import { formatBps, formatDuration } from '../../policy/units.ts';
import type { ScopeVerb } from '../acts/scope.ts';
import type { PutBack } from '../event.ts';
import { shutBy } from '../eyes/approvals.ts';
import { whatLoosens } from '../eyes/loosens.ts';
import { currentStep, hasStepLike, weightOf } from '../plan.ts';
import type { AuditEntry, Configuration } from '../record.ts';
import { type Rollout, stageName } from '../state.ts';

/** One thing that a restore changes, from how it is to how it was. */
export interface PutBackPart {
  readonly part: 'policy' | 'weight' | 'paused' | 'skipped checks' | 'added dwell';
  readonly before: string;
  readonly after: string;
  /** By which a person would do it without a restore. */
  readonly verb: ScopeVerb;
}

export interface RolloutRestore {
  readonly put: PutBack;
  readonly parts: readonly PutBackPart[];
  /** What stays as it is although it differs, each in a sentence. */
  readonly left: readonly string[];
}

/** What the past of a running rollout is read from. */
export interface RolloutPast {
  readonly configuration: Configuration;
  /** The policy of then; null where it is the same, or not kept. */
  readonly pinned: PutBack['pinned'] | null;
  /** The entries of the rollout from that one on. */
  readonly since: readonly AuditEntry[];
}

/** What of a running rollout is put back as it was, and what cannot be. */
export function restoreOf(rollout: Rollout, past: RolloutPast): RolloutRestore {
  const { configuration: then } = past;
  const put: { -readonly [Part in keyof PutBack]: PutBack[Part] } = {};
  const parts: PutBackPart[] = [];
  const left: string[] = [];

  const stage = stageName(rollout.stage);
  const isSameStage = then.stage === stage;
  if (then.policyDigest !== rollout.policyDigest) {
    const loosened = past.pinned ? whatLoosens(rollout.policy, past.pinned.policy) : null;
    if (!past.pinned) left.push('The policy of then is not kept in the audit: the present one stays.');
    else if (!hasStepLike(rollout, past.pinned.policy))
      left.push(`The policy of then has no step like ${stage}: the present one stays.`);
    else if (loosened !== null)
      left.push(`The policy of then ${loosened}: the present one stays, and rebase takes what its file says.`);
    else {
      put.pinned = past.pinned;
      parts.push({
        part: 'policy',
        before: short(rollout.policyDigest),
        after: short(then.policyDigest),
        verb: 'rebase',
      });
    }
  }
  if (!isSameStage) {
    left.push(
      `It was in ${then.stage} then and is in ${stage} now. No stage is entered again, so that its weight and added dwell are not put back.`,
    );
  }

  const { policy } = put.pinned ?? rollout;
  const weight = isSameStage ? then.canaryBps : put.pinned ? weightOf(rollout.stage, policy) : rollout.canaryBps;
  if (weight !== rollout.canaryBps && currentStep({ ...rollout, policy })) {
    put.canaryBps = weight;
    parts.push({ part: 'weight', before: formatBps(rollout.canaryBps), after: formatBps(weight), verb: 'weight' });
  }
  const isPaused = rollout.paused !== null;
  if (then.paused !== isPaused) {
    put.paused = then.paused;
    parts.push({
      part: 'paused',
      before: yesOrNo(isPaused),
      after: yesOrNo(then.paused),
      verb: then.paused ? 'pause' : 'resume',
    });
  }
  if (canonicalJson(then.skippedChecks) !== canonicalJson(rollout.skippedChecks)) {
    put.skippedChecks = then.skippedChecks as Rollout['skippedChecks'];
    parts.push({
      part: 'skipped checks',
      before: rollout.skippedChecks.join(', ') || 'none',
      after: then.skippedChecks.join(', ') || 'none',
      verb: 'skip',
    });
  }
  if (isSameStage && then.extraDwellMs !== rollout.extraDwellMs) {
    put.extraDwellMs = then.extraDwellMs;
    parts.push({
      part: 'added dwell',
      before: formatDuration(rollout.extraDwellMs),
      after: formatDuration(then.extraDwellMs),
      verb: 'extend',
    });
  }
  const gates = past.since.flatMap(({ event, before }) =>
    event.kind === 'gatePassed' && 'gate' in event && stageIn(before) === stage ? [String(event.gate)] : [],
  );
  const shut = new Set(put.pinned ? shutBy(rollout, put.pinned.policy) : []);
  for (const gate of new Set(gates.filter((one) => !shut.has(one))))
    left.push(`Gate ${gate} was opened since, and a gate that is open cannot be closed again.`);
  return { put, parts, left };
}

function stageIn(side: unknown): unknown {
  return typeof side === 'object' && side !== null && 'stage' in side ? side.stage : null;
}

function short(digest: string): string {
  return digest.replace('sha256:', '').slice(0, 12);
}

function yesOrNo(is: boolean): string {
  return is ? 'yes' : 'no';
}
