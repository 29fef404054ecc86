import type { CheckName } from '../../judge/verdict.ts';
import type { LoadedPolicy } from '../../policy/read.ts';
import type { LeftBehind, OverrideEvent } from '../event.ts';
import type { NeedsOld } from '../needs/old-version.ts';

/** What a person may do to a rollout, by the words of the API and the command line. */
export const VERBS = [
  'pause',
  'resume',
  'advance',
  'promote',
  'rollback',
  'abort',
  'weight',
  'extend',
  'skip',
  'gate',
  'rebase',
  'finalise',
  'retry',
] as const;

export type Verb = (typeof VERBS)[number];

/** A verb that is one event, with what it takes. */
export type Override =
  | { readonly verb: 'pause' | 'resume' | 'rollback' | 'abort' | 'finalise' }
  | { readonly verb: 'advance'; readonly to: string; readonly leaveBehind?: boolean }
  | { readonly verb: 'promote'; readonly full: boolean; readonly repair: boolean; readonly leaveBehind?: boolean }
  | { readonly verb: 'weight'; readonly canaryBps: number }
  | { readonly verb: 'extend'; readonly byMs: number }
  | { readonly verb: 'skip'; readonly check: CheckName }
  | { readonly verb: 'gate'; readonly gate: string };

/** A verb that changes the rollout that there is; for `rebase` the policy is read first. */
export type Change = Override | { readonly verb: 'rebase' };

/** Any verb with what it takes. */
export type Deed = Change | { readonly verb: 'retry' };

export function eventOf(override: Override): OverrideEvent {
  switch (override.verb) {
    case 'pause':
      return { kind: 'paused' };
    case 'resume':
      return { kind: 'resumed' };
    case 'rollback':
      return { kind: 'rolledBack' };
    case 'abort':
      return { kind: 'aborted' };
    case 'finalise':
      return { kind: 'finalisedByHand' };
    case 'advance':
      return { kind: 'advanced', to: override.to, ...leaving(override) };
    case 'promote':
      if (override.repair) return { kind: 'promoted', full: true, repair: true };
      return { kind: 'promoted', full: override.full, ...leaving(override) };
    case 'weight':
      return { kind: 'weightSet', canaryBps: override.canaryBps };
    case 'extend':
      return { kind: 'extended', byMs: override.byMs };
    case 'skip':
      return { kind: 'checkSkipped', check: override.check };
    case 'gate':
      return { kind: 'gatePassed', gate: override.gate };
  }
}

/** Who they are is known when it is done. */
function leaving({ leaveBehind = false }: { readonly leaveBehind?: boolean }): { readonly leaveBehind?: LeftBehind } {
  return leaveBehind ? { leaveBehind: { listed: [], unlisted: null } } : {};
}

/** The event with the names of those whom it leaves behind, so that the audit has them. */
export function namingThoseLeft(event: OverrideEvent, needsOld: NeedsOld): OverrideEvent {
  if (!('leaveBehind' in event) || event.leaveBehind === undefined) return event;
  return { ...event, leaveBehind: needsOld };
}

export function rebasedOn({ policy, digest }: LoadedPolicy): OverrideEvent {
  return { kind: 'rebased', policy, policyDigest: digest };
}
