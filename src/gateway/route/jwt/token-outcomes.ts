import type { TokenOutcome } from '../../gateway.ts';

/** A count of each, to begin with. */
export function noTokenOutcomes(): Record<TokenOutcome, number> {
  return {
    verified: 0,
    cached: 0,
    'refused-before': 0,
    malformed: 0,
    'bad-signature': 0,
    'wrong-issuer': 0,
    'wrong-audience': 0,
    expired: 0,
    'not-yet-valid': 0,
    'no-client': 0,
    'no-key': 0,
    late: 0,
    'over-budget': 0,
  };
}
