import { formatShare } from '../parity/figures.ts';
import { counted } from '../policy/counted.ts';
import { statusClass } from '../stats/answer-kind.ts';
import type { Block, ForcedAnswers } from '../stats/block.ts';
import { type AnswersOf, LOG_SURPRISED, ruledOut, surpriseOf } from '../stats/rates/surprise.ts';

/** What the internal phase has seen: forced requests to the canary, and what they were answered where that is known. */
export interface Forced {
  readonly requests: number;
  /** Those without an answer included. */
  readonly errors: number;
  /** Requests that their clients left after a wait for the canary; omitted when there were none. */
  readonly unanswered?: number;
  readonly answers?: readonly ForcedAnswers[];
}

/** The most pairs of endpoint and status that are remembered. */
const MOST_ANSWERS = 200;
const MOST_NAMED = 3;

/** With the forced requests of these blocks. The stable's past is the latest that was told. */
export function addForced(before: Forced, blocks: readonly Block[]): Forced {
  let { requests, errors, unanswered = 0 } = before;
  const answers = new Map((before.answers ?? []).map((one) => [keyOf(one), one]));
  for (const { forced } of blocks) {
    const left = forced.canary.unanswered ?? 0;
    requests += forced.canary.requests + left;
    errors += forced.canary.errors + left;
    unanswered += left;
    for (const one of forced.canary.answers ?? []) {
      const known = answers.get(keyOf(one));
      if (known === undefined && answers.size >= MOST_ANSWERS) continue;
      answers.set(keyOf(one), { ...one, requests: one.requests + (known?.requests ?? 0) });
    }
  }
  return {
    requests,
    errors,
    ...(unanswered > 0 ? { unanswered } : {}),
    ...(answers.size > 0 ? { answers: [...answers.values()] } : {}),
  };
}

/**
 * Why the forced answers are too unlike the stable's to give the canary any traffic; null if they are not.
 *
 * @example `21 of 21 forced requests were answered as the stable seldom does there: GET /cart with 404 (21)`
 */
export function whyRefused({ answers = [] }: Forced): string | null {
  const surprise = surpriseOf(answers);
  if (surprise.logE < LOG_SURPRISED) return null;
  const unusual = surprise.unusual.reduce((sum, { requests }) => sum + requests, 0);
  const of = counted(surprise.counted, 'forced request');
  return `${unusual} of ${of} were answered as the stable seldom does there: ${named(surprise.unusual)}`;
}

/** `3 of 20 forced requests failed, 2 of them left by their clients without an answer` */
export function whatFailed({ requests, errors, unanswered = 0 }: Forced): string {
  const left = unanswered === 0 ? '' : `, ${unanswered} of them left by their clients without an answer`;
  return `${errors} of ${counted(requests, 'forced request')} failed${left}`;
}

/**
 * Why nobody can tell whether the canary serves anything, where every forced request was refused with a 4xx and nothing is
 * known of the stable there; null if something can be told.
 */
export function whyUntold({ requests, answers = [] }: Forced): string | null {
  const { unheld, counted: known } = surpriseOf(answers);
  if (known > 0 || unheld.length === 0 || unheld.some(({ status }) => statusClass(status) !== 4)) return null;
  const of = unheld.reduce((sum, one) => sum + one.requests, 0);
  if (of < requests) return null;
  return (
    `all of ${counted(of, 'forced request')} were refused, at endpoints of which the stable's answers are not known: ` +
    `${named(unheld)}; nothing shows that the canary serves anything`
  );
}

/** What the forced requests that passed say, and what they cannot say. Only a policy that asks for none gets by without. */
export function whatForcedSay({ requests, errors, answers }: Forced): string {
  if (requests === 0) return 'the policy asks for no forced requests, and there were none';
  const said = `${counted(requests, 'forced request')}, ${errors} failed`;
  if (answers === undefined) return said;
  const surprise = surpriseOf(answers);
  const { counted: known, unknown, unusual, unheld } = surprise;
  const parts = [said];
  if (unusual.length > 0) parts.push(`answered as the stable seldom does there: ${named(unusual)}`);
  else if (known > 0) {
    const unseen = formatShare(ruledOut(known));
    parts.push(
      `${known} with a status that is usual there, and in so few up to ${unseen} of unusual ones can go unseen`,
    );
  }
  if (unknown > 0) parts.push(`${unknown} to endpoints of which the stable's answers are not known: ${named(unheld)}`);
  return parts.join('; ');
}

function named(answers: readonly AnswersOf[]): string {
  const shown = answers.slice(0, MOST_NAMED).map(({ endpoint, status, requests, isEmpty }) => {
    const answer = status === 0 ? 'no answer' : isEmpty ? `${status} without content` : String(status);
    return `${endpoint === 'other' ? 'other endpoints' : endpoint} with ${answer} (${requests})`;
  });
  const more = answers.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

function keyOf({ endpoint, status, isEmpty }: ForcedAnswers): string {
  return `${status}${isEmpty ? ' empty' : ''} ${endpoint}`;
}
