import type { Policy } from '../../policy/schema.ts';
import { UNIT_LOOKS_MS } from '../../stats/units/unit-looks.ts';
import type { LookContext } from '../context.ts';
import { formatShare, formatSpan } from '../figures.ts';
import type { MetricLook } from './key-look.ts';
import type { KeysState } from './keys.ts';

/** What a metric that is not at parity waits for. */
export type KeysWait =
  /** A day would not do at this weight. */
  | { readonly for: 'nothing' }
  /** Equal versions would be at parity at a look to come. */
  | { readonly for: 'parity'; readonly ms: number; readonly isBeyondDwell: boolean }
  /** Equal versions would have been at parity already: the next look decides; null where the keys are counted anew. */
  | { readonly for: 'next-look'; readonly ms: number | null };

/** Null where nothing is known, or no parity is claimed. */
export function waitOf(
  policy: Policy,
  { step, last }: KeysState,
  said: MetricLook | null,
  { step: shown }: Pick<LookContext, 'step'>,
): KeysWait | null {
  if (step === null || last === null || said === null || said.logParity === null) return null;
  if (said.forecastMs === null) return { for: 'nothing' };
  const ageMs = Math.max(last.ageMs, (shown.span?.to ?? 0) - step.since);
  if (said.forecastMs > ageMs) {
    const declared = policy.spec.steps.find((one) => 'weight' in one && one.weight === step.canaryBps);
    const isBeyondDwell = declared !== undefined && said.forecastMs > declared.dwell;
    return { for: 'parity', ms: said.forecastMs - ageMs, isBeyondDwell };
  }
  const next = UNIT_LOOKS_MS.find((ms) => ms > ageMs);
  return { for: 'next-look', ms: next === undefined ? null : next - ageMs };
}

/** `parity in about 8 min`, `not yet inside the parity margin of 25 % or 0.1 pp, compared again in 4 min` */
export function waitInWords(wait: KeysWait, said: MetricLook, margin: string | null, detail: 'brief' | 'full'): string {
  switch (wait.for) {
    case 'nothing':
      return 'parity is out of reach at this weight, even in a day';
    case 'parity':
      return `parity in about ${formatSpan(wait.ms)}${wait.isBeyondDwell ? ', which is beyond the dwell' : ''}`;
    case 'next-look': {
      const above = said.excess > 0 ? `, ${formatShare(said.excess)} above what is usual for these keys` : '';
      const found = `not yet inside the parity margin of ${margin ?? 'the policy'}${detail === 'full' ? above : ''}`;
      return `${found}, compared ${wait.ms === null ? 'anew by now' : `again in ${formatSpan(wait.ms)}`}`;
    }
  }
}
