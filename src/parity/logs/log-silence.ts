import type { LogTerms } from '../../policy/checks/log-checks.ts';
import { counted } from '../../policy/counted.ts';
import type { Block } from '../../stats/block.ts';
import type { LogCounts, LogFetch } from '../../stats/logs/log-counts.ts';
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

export interface BothHeard {
  readonly stable: Heard;
  readonly canary: Heard;
  /** What the lines are fetched from, as of the last block; omitted where they are only sent. */
  readonly fetched?: LogFetch;
}

type Track = 'stable' | 'canary';

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

/**
 * Whether the lack of lines of a version says that it had none: they are sent for this route, or fetched, and too few were due. Of what
 * cannot be fetched nobody knows.
 */
export function hasNone(heard: BothHeard, track: Track): boolean {
  if (isFailing(heard)) return false;
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

/** Whether nothing waits for logs, because nobody ever sent any and the policy does not insist: not where they ought to be fetched. */
export function isWaived({ unsent }: Pick<LogTerms, 'unsent'>, heard: BothHeard): boolean {
  return unsent === 'report' && !heard.stable.everSpoke && !heard.canary.everSpoke && !isFailing(heard);
}

function isFailing({ fetched }: BothHeard): boolean {
  return fetched !== undefined && fetched.fault !== null;
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
  if (isFailing(heard) || (!heard.stable.everSpoke && !heard.canary.everSpoke)) {
    const unknownMs = Math.max(silentMs(heard.stable, now), silentMs(heard.canary, now));
    return unknownMs < silentAfter ? null : `${whyUnknown(heard, unknownMs)}; ${HOW}`;
  }
  for (const track of ['canary', 'stable'] as const) {
    if (silentMs(heard[track], now) < silentAfter || hasNone(heard, track)) continue;
    return `${whyMissing(heard, track, now)} ${HOW}`;
  }
  return null;
}

function silentMs({ silentSince, requests }: Heard, now: number): number {
  return silentSince === null || requests === 0 ? 0 : now - silentSince;
}

/** Of neither version. */
function whyUnknown({ stable, canary, fetched }: BothHeard, unknownMs: number): string {
  const span = formatSpan(unknownMs);
  const served = `while they served ${counted(stable.requests + canary.requests, 'request')}, so that checks.logs cannot be judged`;
  if (fetched === undefined) {
    return `nobody sends the logs of this route: none of either version has come in ${span}, ${served}`;
  }
  return fetched.fault === null
    ? `${fetched.from} answers, and had no log line of either version in ${span}, ${served}: serin doctor shows what it has`
    : `${fetched.fault}: nothing is known of the logs of either version for ${span}, ${served}`;
}

/** Of one version, while the other's lines come or came. */
function whyMissing(heard: BothHeard, track: Track, now: number): string {
  const of = heard[track];
  const { fetched } = heard;
  const span = formatSpan(silentMs(of, now));
  const due = formatCount(Math.round(linesDue(heard, track)));
  const served = `while it served ${counted(of.requests, 'request')}, of about ${due} that were due`;
  const none = `no log lines of the ${track}`;
  const subject = fetched === undefined ? none : `${fetched.from} answers, and had ${none}`;
  if (of.everSpoke) return `${subject} for ${span}, ${served}: its logs cannot be judged until they come again;`;
  const never = fetched === undefined ? ' have ever come' : ' at any time';
  return `${subject}${never}, ${span} by now, ${served}: do its lines say which version they are of?`;
}
