import type { KeyedAnswer, KeyedRequest, KeyedRequests } from '../../src/rollout/acts/keyed-request.ts';
import type { Actor } from '../../src/rollout/event.ts';

interface Row extends KeyedRequest {
  readonly answer: KeyedAnswer | 'none-yet' | 'not-kept';
}

/** As the store keeps them, in memory: what succeeded counts as done. Nothing in it grows old. */
export function fakeKeyed(): KeyedRequests {
  const rows = new Map<string, Row>();
  const claimedBy = new WeakMap<Actor, string>();
  return {
    async claim(request, by) {
      const row = rows.get(request.id);
      if (row === undefined) {
        rows.set(request.id, { ...request, answer: 'none-yet' });
        claimedBy.set(by, request.id);
        return { kind: 'claimed' };
      }
      const { operation, bodyHash, answer } = row;
      if (operation !== request.operation || bodyHash !== request.bodyHash) return { kind: 'another', operation };
      if (answer === 'none-yet') return { kind: 'under-way', retryInMs: 60_000 };
      return answer === 'not-kept' ? { kind: 'done', seq: 7 } : { kind: 'answered', answer };
    },
    async keep(by, answer) {
      const row = rows.get(claimedBy.get(by) ?? '');
      if (row) rows.set(row.id, { ...row, answer: answer ?? 'not-kept' });
    },
    async release(by) {
      rows.delete(claimedBy.get(by) ?? '');
    },
  };
}
