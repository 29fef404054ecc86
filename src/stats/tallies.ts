import { addStatuses } from './answer-kind.ts';
import { addAnswerCounts } from './answers/answer-counts.ts';
import type { LatencyCounts, Tally } from './block.ts';
import { addSlower } from './latency/slower.ts';

/** The counts of both together, without those of a whole block's requests alone: shadow groups and forced answers. */
export function addTallies(one: Tally | null, other: Tally | null): Tally | null {
  if (one === null || other === null) return one ?? other;
  const slower = addSlower(one.slower, other.slower);
  const statuses = addStatuses(one.statuses, other.statuses);
  const latencyOf = one.latencyOf ?? other.latencyOf;
  const empty = (one.empty ?? 0) + (other.empty ?? 0);
  return {
    requests: one.requests + other.requests,
    errors: one.errors + other.errors,
    clientErrors: one.clientErrors + other.clientErrors,
    ...(empty === 0 ? {} : { empty }),
    ...(statuses === undefined ? {} : { statuses }),
    ...(latencyOf === undefined ? {} : { latencyOf }),
    unanswered: (one.unanswered ?? 0) + (other.unanswered ?? 0),
    latency: addCounts(one.latency, other.latency),
    ...(slower === undefined ? {} : { slower }),
    ...addAnswerCounts(one, other),
  };
}

function addCounts(one: LatencyCounts, other: LatencyCounts): LatencyCounts {
  const sum: Record<string, number> = { ...one };
  for (const [bucket, count] of Object.entries(other)) sum[bucket] = (sum[bucket] ?? 0) + count;
  return sum;
}
