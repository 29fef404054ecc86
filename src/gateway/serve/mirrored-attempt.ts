import type { MirroredAttempt } from '../mirror/mirroring.ts';
import { mappedHead } from '../route/answer-places.ts';
import type { Attempt } from '../route/failover.ts';

/** A way to send a request, as the mirror takes it. */
export function mirroredAttempt(attempt: Attempt): MirroredAttempt {
  return {
    destination: attempt.destination,
    request: attempt.request,
    headOf: (head) => mappedHead(head, attempt),
  };
}
