import { isRecord } from '../policy/is-record.ts';
import { pinnedPolicy } from '../policy/pinned.ts';
import type { Policy } from '../policy/schema.ts';
import type { Evidence } from '../rollout/evidence.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { ENDED, type Rollout } from '../rollout/state.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import { ROUTER_NAMES } from '../split/capabilities.ts';

/** A rollout's row with its evidence, as stored in the database: the documents are not validated yet. */
export interface StoredRow {
  readonly id: string;
  readonly route: string;
  readonly rollout: unknown;
  readonly evidence: unknown;
}

/** What a row holds, or one clause why it is not a rollout. */
export type ReadRow =
  | { readonly kind: 'record'; readonly record: RolloutRecord }
  | { readonly kind: 'unreadable'; readonly id: string; readonly route: string; readonly reason: string };

const STAGES: ReadonlySet<unknown> = new Set([...ENDED, 'preflight', 'internal', 'step', 'bake', 'promoted']);
/** Left out: the gateway. */
const ROUTERS: ReadonlySet<unknown> = new Set([undefined, ...ROUTER_NAMES]);

/**
 * One damaged record (a restored backup, a manual edit, a newer program) must not keep any other from being
 * looked at, so each row is read by itself. Only fields that Serin cannot do without are required: a record of an older
 * program lacks the newer ones.
 */
export function readRow(row: StoredRow): ReadRow {
  const { id, route } = row;
  const reason = faultOfRollout(row) ?? faultOfEvidence(row.evidence);
  if (reason !== null) return { kind: 'unreadable', id, route, reason };
  const rollout = row.rollout as Rollout;
  try {
    const policy = pinnedPolicy(rollout.policy);
    return { kind: 'record', record: { rollout: { ...rollout, policy }, evidence: row.evidence as Evidence } };
  } catch {
    return { kind: 'unreadable', id, route, reason: 'its policy is damaged' };
  }
}

function faultOfRollout({ id, route, rollout }: StoredRow): string | null {
  if (!isRecord(rollout)) return 'its state is no document';
  if (rollout['id'] !== id || rollout['route'] !== route) return 'its state is that of another rollout';
  if (!Number.isSafeInteger(rollout['version'])) return 'its state has no version';
  const { stage, canaryBps } = rollout;
  if (!isRecord(stage) || !STAGES.has(stage['kind'])) return 'its stage is not known';
  if (stage['kind'] === 'step' && !Number.isSafeInteger(stage['index'])) return 'its step has no number';
  if (!isWithin(canaryBps, WHOLE_BPS)) return 'its weight is not known';
  if (!ROUTERS.has(rollout['router'])) return 'its router is not known';
  if (!isWithin(rollout['splitEpoch'], Number.MAX_SAFE_INTEGER)) return 'its split has no epoch';
  for (const track of ['stable', 'canary'] as const) if (!isUpstream(rollout[track])) return `its ${track} is damaged`;
  for (const list of ['gatesPassed', 'skippedChecks'] as const) {
    if (!Array.isArray(rollout[list])) return `its ${list} are no list`;
  }
  return isPolicy(rollout['policy']) ? null : 'its policy is damaged';
}

function faultOfEvidence(evidence: unknown): string | null {
  if (!isRecord(evidence)) return 'its evidence is missing';
  const { judge, verdict, forced } = evidence;
  if (!isRecord(judge) || !isRecord(forced)) return 'its evidence is damaged';
  if (!Number.isFinite(evidence['lookedAt']) || !Number.isFinite(evidence['dwellMs'])) return 'its evidence is damaged';
  if (verdict === null) return null;
  return isRecord(verdict) && Array.isArray(verdict['findings']) ? null : 'its verdict is damaged';
}

function isPolicy(policy: unknown): policy is Policy {
  if (!isRecord(policy)) return false;
  const { metadata, spec } = policy;
  return isRecord(metadata) && isRecord(spec) && Array.isArray(spec['steps']) && isRecord(spec['checks']);
}

function isUpstream(upstream: unknown): boolean {
  return isRecord(upstream) && typeof upstream['url'] === 'string' && typeof upstream['version'] === 'string';
}

function isWithin(value: unknown, most: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= most;
}
