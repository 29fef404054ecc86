import type { Verdict } from '../judge/verdict.ts';
import { obstacleIn, reservationsInWords } from '../parity/internal/reservation.ts';
import type { Evidence } from './evidence.ts';
import { whatFailed, whatForcedSay } from './forced.ts';

/**
 * Why a check refuses the canary its first traffic; null if none does.
 *
 * @example `GET /orders/{id} lacks /amount in all 25, which the stable has in 1,204 of 1,204; 0 of 25 forced requests failed`
 */
export function whyCheckRefuses({ forced, verdict }: Pick<Evidence, 'forced' | 'verdict'>): string | null {
  const reservations = verdict?.reservations ?? [];
  if (obstacleIn(reservations)?.kind !== 'refuses') return null;
  return `${reservationsInWords(reservations)}; ${whatFailed(forced)}`;
}

/**
 * Whether the verdict keeps a rollout in the internal phase, or the want of one: what nobody has looked at yet is not passed.
 * Evidence from mirrored requests is about the versions.
 */
export function isKeptInternal(verdict: Verdict | null): boolean {
  if (verdict === null) return true;
  return verdict.name === 'harmful' || verdict.name === 'suspect' || obstacleIn(verdict.reservations ?? []) !== null;
}

/** What a check waits for, where nothing else keeps the rollout in the phase; null otherwise. */
export function whatIsAwaited({ verdict }: Pick<Evidence, 'verdict'>): string | null {
  const obstacle = obstacleIn(verdict?.reservations ?? []);
  return obstacle?.kind === 'waits' ? obstacle.reason : null;
}

/** What the phase has shown, when it passes. */
export function whatInternalSays({ forced, verdict }: Pick<Evidence, 'forced' | 'verdict'>): string {
  const said = reservationsInWords(verdict?.reservations ?? []);
  return said === '' ? whatForcedSay(forced) : `${whatForcedSay(forced)}; ${said}`;
}
