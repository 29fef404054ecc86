import type { QueryCheck } from '../../policy/checks/query-check.ts';
import { WHOLE_BPS } from '../../split/assign.ts';
import type { Track } from '../../split/order.ts';
import type { SeriesPoint, SeriesValue } from '../../stats/block.ts';
import { whySetBack } from '../set-back.ts';
import type { CollectRequest } from '../source.ts';
import { dueEnds } from './due-ends.ts';
import type { QuerySource, Taken } from './query-source.ts';
import { type LabelsOf, wordsOf } from './words.ts';

export interface TakeRequest {
  readonly name: string;
  readonly check: QueryCheck;
  readonly request: Pick<CollectRequest, 'route' | 'versions' | 'split'>;
  /** End of the last interval that was taken, epoch ms; null when none was. */
  readonly takenUpTo: number | null;
  /** Epoch ms. */
  readonly now: number;
  readonly labels: LabelsOf;
}

/** The result of one look at one check. */
export interface Taking {
  readonly name: string;
  /** Oldest first. */
  readonly points: readonly TakenPoint[];
  /** Why an interval that has ended is not among the points, in one sentence: it is requested again. */
  readonly waiting: string | null;
}

export interface TakenPoint {
  /** End of the interval, epoch ms. */
  readonly end: number;
  readonly point: SeriesPoint;
  /** Why its value is missing, in one sentence; null if it is not. */
  readonly missing: string | null;
}

type Answers = Readonly<Record<Track, Taken>>;

/** Takes all due values of one check in parallel. Both versions of an interval are asked for the same instant. */
export async function take(
  { name, check, request, takenUpTo, now, labels }: TakeRequest,
  source: QuerySource | undefined,
  signal: AbortSignal,
): Promise<Taking> {
  const { route, versions, split } = request;
  const compared = comparedTracks(split.canaryBps);
  if (!source) {
    const says = `${name}: serin.yaml declares no source ${check.source}`;
    return { name, points: [], waiting: compared.length > 0 ? says : null };
  }
  const { since } = split;
  const setBack = whySetBack(Math.max(takenUpTo ?? 0, since ?? 0), now);
  if (setBack !== null) return { name, points: [], waiting: compared.length > 0 ? `${name}: ${setBack}` : null };
  const due = { intervalMs: check.interval, takenUpTo, now, knows: source.knows };
  const ends = since === null ? [] : dueEnds({ ...due, since });

  const ask = (track: Track, at: number): Promise<Taken> => {
    const words = wordsOf(labels, { route, track, version: versions[track].version });
    return source.take({ query: check.query, nan: check.nan, words, at }, signal);
  };
  const taken = await Promise.all(
    ends.map(async (end) => {
      const [stable, canary] = await Promise.all([ask('stable', end), ask('canary', end)]);
      return { end, answers: { stable, canary } };
    }),
  );

  const says = (answers: Answers) => {
    const gaps = compared.flatMap((track) => {
      const answer = answers[track];
      if (answer.kind === 'value') return [];
      return [`${name} of the ${track} ${versions[track].version} has no value: ${answer.reason}`];
    });
    return gaps[0] ?? null;
  };
  // Values after an interval that must be requested again wait with it, to keep the order.
  const from = taken.findIndex(({ answers }) => isUnreachable(answers));
  const waits = taken[from];
  return {
    name,
    points: (waits ? taken.slice(0, from) : taken).map(({ end, answers }) => ({
      end,
      point: { stable: seriesValue(answers.stable), canary: seriesValue(answers.canary) },
      missing: says(answers),
    })),
    waiting: waits ? says(waits.answers) : null,
  };
}

function isUnreachable({ stable, canary }: Answers): boolean {
  return stable.kind === 'unreachable' || canary.kind === 'unreachable';
}

function seriesValue(taken: Taken): SeriesValue {
  return taken.kind === 'value' ? taken.value : null;
}

/** The versions whose values should exist: a version that gets no traffic may well report nothing. */
function comparedTracks(canaryBps: number): readonly Track[] {
  if (canaryBps === 0) return [];
  return canaryBps === WHOLE_BPS ? ['canary'] : ['stable', 'canary'];
}
