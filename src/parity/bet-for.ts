import type { Bet } from '../stats/evidence/bet.ts';
import type { Sight } from './context.ts';
import type { CheckName } from './finding.ts';
import { capOf } from './stake.ts';

/**
 * The bet of a check under one of its names: evidence of harm is capped by its share of the budget. A warm-up has a cap of its
 * own.
 */
export function betFor(
  { policy, shareOf, phase }: Pick<Sight, 'policy' | 'shareOf' | 'phase'>,
  bet: Bet,
  check: CheckName,
): Bet {
  const share = shareOf(check);
  return share > 0 && phase === 'judged' ? { ...bet, harmCap: capOf(policy, share) } : bet;
}
