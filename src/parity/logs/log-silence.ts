import type { LogTerms } from '../../policy/checks/log-checks.ts';
import { counted } from '../../policy/counted.ts';
import type { Block } from '../../stats/block.ts';
import type { LogCounts } from '../../stats/logs/log-counts.ts';
import { formatCount, formatSpan } from '../figures.ts';

/** Whether anything of a version's log comes. */
export interface Heard {
  readonly everSpoke: boolean;
  /** Start of the first block of which nothing came, epoch ms; null while something does. */
  readonly silentSince: number | null;
  /** Requests that it served since then. */
  readonly requests: number;
  /** Lines of the blocks of which something came, and the requests in them. */
  readonly spoke: { readonly lines: number; readonly requests: number };
}

export const UNHEARD_OF: Heard = {
  everSpoke: false,
  silentSince: null,
  requests: 0,
  spoke: { lines: 0, requests: 0 },
};

interface BothHeard {
  readonly stable: Heard;
  readonly canary: Heard;
}

type Track = keyof BothHeard;

/** Where so many are to be expected, by chance alone none comes less often than once in 20,000. */
const LINES_DUE = 10;

/** @param requests all that the version got in the block */
export function hear(before: Heard, { startedAt }: Block, logs: LogCounts | null, requests: number): Heard {
  if (logs !== null) {
    // What is logged without requests, as a start is, says nothing of how much requests log.
    const lines = before.spoke.lines + (requests > 0 ? logs.lines : 0);
    const spoke = { lines, requests: before.spoke.requests + requests };
    return { everSpoke: true, silentSince: null, requests: 0, spoke };
  }
  // One that nobody asks anything has no reason to log.
  if (before.silentSince === null && requests === 0) return before;
  return { ...before, silentSince: before.silentSince ?? startedAt, requests: before.requests + requests };
}

/**
 * Lines that a version should have had since it is silent: as many for each request as the stable had in this rollout, or the canary
 * where nothing of the stable ever came. A canary's own say little, since it logs when it starts.
 */
function linesDue(heard: BothHeard, track: Track): number {
  const { spoke } = heard.stable.everSpoke ? heard.stable : heard.canary;
  const { silentSince, requests } = heard[track];
  return silentSince === null || spoke.requests === 0 ? 0 : (spoke.lines / spoke.requests) * requests;
}

/** Whether the lack of lines of a version says that it had none: they are sent for this route, and too few were due. */
export function hasNone(heard: BothHeard, track: Track): boolean {
  const isSent = heard.stable.everSpoke || heard.canary.everSpoke;
  return isSent && linesDue(heard, track) < LINES_DUE;
}

/** What is said of versions whose lack of lines counts as none; null where there is none such. */
export function whyNone(heard: BothHeard, now: number): string | null {
  const said = (['canary', 'stable'] as const).flatMap((track) => {
    const { silentSince, requests } = heard[track];
    if (silentSince === null || now <= silentSince || requests === 0 || !hasNone(heard, track)) return [];
    const due = linesDue(heard, track).toFixed(1);
    const served = counted(requests, 'request');
    return [
      `no line of the ${track} for ${formatSpan(now - silentSince)}, which counts as none: its ${served} are too few ` +
        `to expect a line (about ${due})`,
    ];
  });
  return said.length === 0 ? null : said.join('; ');
}

/** Whether nothing waits for logs, because nobody ever sent any and the policy does not insist. */
export function isWaived({ unsent }: Pick<LogTerms, 'unsent'>, { stable, canary }: BothHeard): boolean {
  return unsent === 'report' && !stable.everSpoke && !canary.everSpoke;
}

/** Why nothing can be said of logs of which lines are left unread for long; null where they are not. */
export function whyIncomplete(
  { silentAfter }: Pick<LogTerms, 'silentAfter'>,
  since: number | undefined,
  now: number,
): string | null {
  if (since === undefined || now - since < silentAfter) return null;
  return (
    `not all log lines of the last ${formatSpan(now - since)} could be read, so that nothing was compared: they cannot be judged until ` +
    'they are; docs/logs.md says how much is read'
  );
}

/** Of the canary's error lines: with more that found no test, a new error may be among them. */
const MOST_UNTESTED = 0.1;
const FEW = 20;

interface Untested {
  readonly untested?: number;
  readonly canary: { readonly errors: number };
}

/** Why nothing can be said of new errors where too many differ; null where something can. */
export function whyUntested({ untested = 0, canary: { errors } }: Untested): string | null {
  if (untested < FEW || untested <= MOST_UNTESTED * errors) return null;
  return (
    `${formatCount(untested)} of ${formatCount(errors)} error lines of the canary are of templates that found no test, because too many ` +
    'differ: a new error may be among them. Name their logger or template in checks.logs.ignore, or log what varies in them as fields'
  );
}

const HOW = 'docs/logs.md says how to send or fetch them, or take checks.logs out of the policy';

/**
 * Why nothing can be said of the logs, in one sentence; null where something can.
 *
 * @param now end of the last block
 */
export function whySilent(
  { silentAfter }: Pick<LogTerms, 'silentAfter'>,
  heard: BothHeard,
  now: number,
): string | null {
  const silentMs = (of: Heard) => (of.silentSince === null || of.requests === 0 ? 0 : now - of.silentSince);
  const isSilent = (of: Heard) => silentMs(of) >= silentAfter;
  const { stable, canary } = heard;
  const served = (of: Heard) => `while it served ${counted(of.requests, 'request')}`;
  if (!stable.everSpoke && !canary.everSpoke) {
    const longest = Math.max(silentMs(stable), silentMs(canary));
    if (longest < silentAfter) return null;
    const requests = counted(stable.requests + canary.requests, 'request');
    return (
      `nobody sends the logs of this route: none of either version has come in ${formatSpan(longest)}, while they served ` +
      `${requests}, so that checks.logs cannot be judged; ${HOW}`
    );
  }
  for (const track of ['canary', 'stable'] as const) {
    const of = heard[track];
    if (!isSilent(of) || hasNone(heard, track)) continue;
    const span = formatSpan(silentMs(of));
    const due = Math.round(linesDue(heard, track));
    return of.everSpoke
      ? `no log lines of the ${track} for ${span}, ${served(of)}, of about ${formatCount(due)} that were due: its logs cannot be judged until they come again; ${HOW}`
      : `no log lines of the ${track} have ever come, ${span} by now, ${served(of)}, of about ${formatCount(due)} that were due: do its lines say which version they are of? ${HOW}`;
  }
  return null;
}
