import { v7 } from 'uuid';

/**
 * A UUIDv7, greater than `after`. The order of ids is the order of starts, which defines "the latest rollout": a clock
 * that was set back between two processes must not put the newer one first.
 */
export function newId(after?: string): string {
  const made = v7();
  return after === undefined || made > after ? made : v7({ msecs: msecsOf(after) + 1 });
}

/** RFC 9562 section 5.7: the first 48 bits are Unix time in ms. */
function msecsOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}
