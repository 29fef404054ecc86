import type { AuditView, RolloutView } from '../../views.ts';
import { lasting, weightText } from '../../words/figures.ts';

/**
 * How the share in force may be below the ordered one, which is all that the API tells. `growing`: the ramp is under way; `stopped`: harm
 * was found during it, and ended it where it was; `unknown`: the policy, which says how long a ramp takes, was not read.
 */
export type RampNow =
  | { readonly kind: 'growing'; readonly rampMs: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'unknown' };

type RampedRollout = Pick<RolloutView, 'active' | 'router' | 'stage' | 'stageEnteredAt' | 'canaryBps' | 'unrecorded'>;

/** Null where the ordered share is in force. `rampMs` is null where it is not known; `now` is epoch ms by the clock of the database. */
export function rampNow(
  { active, router, stage, stageEnteredAt, canaryBps, unrecorded }: RampedRollout,
  audit: readonly AuditView[],
  rampMs: number | null,
  now: number,
): RampNow | null {
  const isRamped = stage.startsWith('step-') || stage === 'bake';
  if (!active || router === 'none' || !isRamped || canaryBps === 0) return null;
  // What the gateway took back already has no weight.
  if (unrecorded !== null && unrecorded.event !== 'harmHeld') return null;
  if (rampMs === null) return { kind: 'unknown' };
  const moved = audit.find(({ before, after }) => bpsOf(after) !== null && bpsOf(after) !== (bpsOf(before) ?? 0));
  if (moved !== undefined && (bpsOf(moved.after) ?? 0) < (bpsOf(moved.before) ?? 0)) return null;
  const since = Date.parse(moved?.at ?? stageEnteredAt);
  const heldAt = [
    ...audit.filter(({ event }) => event.kind === 'harmHeld').map(({ at }) => Date.parse(at)),
    ...(unrecorded?.event === 'harmHeld' ? [now] : []),
  ];
  if (heldAt.some((at) => at >= since && at < since + rampMs)) return { kind: 'stopped' };
  return now < since + rampMs ? { kind: 'growing', rampMs } : null;
}

function bpsOf(configuration: unknown): number | null {
  const { canaryBps } = (configuration ?? {}) as { readonly canaryBps?: unknown };
  return typeof canaryBps === 'number' ? canaryBps : null;
}

/** `50 % is ordered; the share grows to it over the ramp of 2 m` */
export function orderedInWords(canaryBps: number, ramp: RampNow): string {
  const ordered = `${weightText(canaryBps)} is ordered`;
  switch (ramp.kind) {
    case 'growing':
      return `${ordered}; the share grows to it over the ramp of ${lasting(ramp.rampMs)}`;
    case 'stopped':
      return `${ordered}; harm was found during the ramp, which ended below it`;
    case 'unknown':
      return `${ordered}; whether a ramp is under way is not known`;
  }
}

/** For a line of the ladder. */
export function rampInShort(ramp: RampNow): string {
  switch (ramp.kind) {
    case 'growing':
      return 'the share grows to it';
    case 'stopped':
      return 'the ramp ended below it';
    case 'unknown':
      return 'as ordered';
  }
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** How long an increase takes by a policy with every default spelt out: `spec.ramp`, or half of the warm-up. Null where it says neither. */
export function rampMsOf(yaml: string): number | null {
  const own = spanMs(/^ {2}ramp: (\S+)$/m.exec(yaml)?.[1]);
  const warmUp = spanMs(/^ {4}warmUp: (\S+)$/m.exec(yaml)?.[1]);
  return own ?? (warmUp === null ? null : warmUp / 2);
}

function spanMs(text: string | undefined): number | null {
  const parts = [...(text ?? '').matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  if (parts.length === 0) return null;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ''] ?? 0), 0);
}
