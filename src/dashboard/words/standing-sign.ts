import type { VerdictView } from '../views.ts';
import { type StandingSign, verdictSign } from './verdict-sign.ts';

/** The sign of where a running rollout stands: of its verdict; after the last step, which clears the verdict, of what it has passed. */
export function standingSign(verdict: VerdictView['name'] | null, stage: string): StandingSign {
  if (verdict === null && stage === 'promoted') return { sign: 'check', label: 'promoted', tone: '' };
  if (verdict === null && stage === 'bake') return { sign: 'check', label: 'in the bake', tone: '' };
  return verdictSign(verdict);
}
