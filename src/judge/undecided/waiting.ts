import type { Hold } from '../../parity/check.ts';
import type { CheckName, StandingHold, Verdict } from '../verdict.ts';

/** Why there is no decision yet, and what is still needed. */
export interface Undecided {
  readonly reason: string;
  readonly worst: CheckName | null;
  readonly needs: Verdict['needs'];
  readonly hold?: StandingHold;
}

/** Strongest first: a split that is not as ordered makes every comparison doubtful. */
const HOLDING: readonly Hold['kind'][] = ['overfull', 'starved', 'no-baseline', 'worse'];

export function strongestOf(holds: readonly Hold[]): Hold | null {
  return HOLDING.map((kind) => firstOf(holds, kind)).find((hold) => hold !== undefined) ?? null;
}

export function firstOf(holds: readonly Hold[], kind: Hold['kind']): Hold | undefined {
  return holds.find((hold) => hold.kind === kind);
}

export function holding(hold: Hold): Undecided {
  return { reason: hold.reason, worst: hold.check, needs: null, ...standing(hold) };
}

/** What a verdict keeps of the reason to wait that it rests on; nothing of a mere lack of figures. */
export function standing({ kind, check, urgency }: Pick<Hold, 'kind' | 'check' | 'urgency'>): {
  readonly hold?: StandingHold;
} {
  if (kind === 'missing') return {};
  return { hold: { cause: check === null ? kind : `${kind}:${check}`, check, urgency: urgency ?? 'after-max-hold' } };
}

export function plain(reason: string): Undecided {
  return { reason, worst: null, needs: null };
}
