/**
 * What kind of answer a request got that is neither an error nor a 4xx: one with content, one without (2xx), a redirect, a 304, or
 * anything else, such as 101 or a 5xx that the policy calls no error.
 */
export type KindOfAnswer = 'withContent' | 'empty' | 'redirects' | 'unmodified' | 'otherAnswers';

export const ANSWER_KINDS: readonly KindOfAnswer[] = [
  'withContent',
  'empty',
  'redirects',
  'unmodified',
  'otherAnswers',
];

/** Counts by status: `{ 302: 4, 204: 1 }`. */
export type StatusCounts = Readonly<Record<string, number>>;

/** The counts of one version that kinds are made of, in a block or in a span of blocks. */
export interface KindCounts {
  readonly requests: number;
  readonly errors: number;
  readonly clientErrors: number;
  /** 2xx without content. */
  readonly empty?: number;
  /** Of all that are not 2xx with content, the empty ones among them. */
  readonly statuses?: StatusCounts;
}

/** The first digit of a status; 0 for no answer. */
export function statusClass(status: number): number {
  return Math.floor(status / 100);
}

const CONTENT = 2;
const EMPTY = 6;
const UNMODIFIED = 7;
/** How many classes of answers there are. */
export const ANSWER_CLASSES = 8;
const WELL_CLASSES: readonly number[] = [1, CONTENT, 3, EMPTY, UNMODIFIED];

/** The class of an answer: the first digit of its status, 0 for none, but 6 for 2xx without content and 7 for 304. */
export function answerClass(status: number, isEmpty: boolean): number {
  if (status === 304) return UNMODIFIED;
  return isEmpty ? EMPTY : statusClass(status);
}

/**
 * How many answers of the past make this class a usual one. Content is usual where 304 is: clients ask a new version in vain whether what
 * they hold is still right, because its validators are others.
 *
 * @param past counts by class; those that an older version stored have no more than the first digits
 */
export function countLike(past: readonly number[], of: number): number {
  return (past[of] ?? 0) + (of === CONTENT ? (past[UNMODIFIED] ?? 0) : 0);
}

/** Answers of the past that were neither 4xx nor 5xx, nor missing. */
export function countWell(past: readonly number[]): number {
  return WELL_CLASSES.reduce((sum, of) => sum + (past[of] ?? 0), 0);
}

/** @param status of an answer that is neither an error nor a 4xx; of 2xx, of one without content */
export function kindOfStatus(status: number): Exclude<KindOfAnswer, 'withContent'> {
  if (status === 304) return 'unmodified';
  const digit = statusClass(status);
  if (digit === 2) return 'empty';
  return digit === 3 ? 'redirects' : 'otherAnswers';
}

/** 204 and 205 never have content (RFC 9110 sections 15.3.5 and 15.3.6). */
export function isWithoutContent(status: number): boolean {
  return status === 204 || status === 205;
}

/** How many answers were of a kind; what no status is known of counts as one with content. */
export function countOfKind(answers: KindCounts, kind: KindOfAnswer): number {
  if (kind === 'empty') return answers.empty ?? 0;
  const { requests, errors, clientErrors, empty = 0, statuses = {} } = answers;
  let count = 0;
  for (const [status, known] of Object.entries(statuses)) {
    const of = kindOfStatus(Number(status));
    if (of === kind || (kind === 'withContent' && of !== 'empty')) count += known;
  }
  return kind === 'withContent' ? Math.max(0, requests - errors - clientErrors - empty - count) : count;
}

/**
 * How many requests the stable may have answered in a canary's kind, had it been as well as the canary: those of the kind, and its
 * failures and 4xx, which another version may have mended. What it answered by 304 it has content for: a new version has other validators,
 * so that clients ask in vain whether what they hold is still right.
 */
export function countExcusing(answers: KindCounts, kind: KindOfAnswer): number {
  const mended = answers.errors + answers.clientErrors;
  const unmodified = kind === 'withContent' ? countOfKind(answers, 'unmodified') : 0;
  return Math.min(answers.requests, countOfKind(answers, kind) + mended + unmodified);
}

/** The statuses of a kind, the most frequent first. */
export function statusesOf({ statuses = {} }: KindCounts, kind: KindOfAnswer): readonly number[] {
  return Object.entries(statuses)
    .filter(([status]) => kind !== 'withContent' && kindOfStatus(Number(status)) === kind)
    .toSorted(([left, few], [right, many]) => many - few || Number(left) - Number(right))
    .map(([status]) => Number(status));
}

export function addStatuses(one: StatusCounts = {}, other: StatusCounts = {}): StatusCounts | undefined {
  const sum: Record<string, number> = { ...one };
  for (const [status, count] of Object.entries(other)) sum[status] = (sum[status] ?? 0) + count;
  return Object.keys(sum).length === 0 ? undefined : sum;
}
