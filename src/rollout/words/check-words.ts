import { termsOf } from '../../parity/each-check.ts';
import type { CheckName } from '../../parity/finding.ts';
import type { Policy } from '../../policy/schema.ts';

/** A check in a sentence: `4xx answers`. Where one has to be typed, it is its name. */
export function checkInWords(check: CheckName, policy: Policy): string {
  return termsOf(policy, check)?.label ?? check;
}
