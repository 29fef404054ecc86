import type { Policy } from '../policy/schema.ts';

/** The gateway holds so much of the stable's traffic of before a rollout. */
const HELD_S = 1_800;
/** Answers that the reference of the latencies never forgets (docs/statistics.md section 3.3). */
const REMEMBERED = 2_000;
const RATE_HALF_LIFE_S = 600;

/** The traffic of the stable during a step. */
export interface StableTraffic {
  /** Of both versions. */
  readonly requestsPerSecond: number;
  /** The canary's share. */
  readonly share: number;
}

/** Requests in the memory of a rate, half-life 10 min. */
export function pastRequests({ requestsPerSecond, share }: StableTraffic): number {
  return (requestsPerSecond * (1 - share) * RATE_HALF_LIFE_S) / Math.LN2;
}

/** Time into the step at which the reference has `answers` of the stable; null where it never holds so many. */
export function msUntilPast(
  { spec: { judge } }: Policy,
  { requestsPerSecond, share }: StableTraffic,
  answers: number,
): number | null {
  const perSecond = requestsPerSecond * (1 - share);
  const held = Math.max(REMEMBERED, (perSecond * judge.reference) / 1_000 / Math.LN2);
  if (answers > held) return null;
  return (1_000 * Math.max(0, answers - requestsPerSecond * HELD_S)) / perSecond;
}
