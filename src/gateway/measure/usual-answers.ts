import { ANSWER_CLASSES, answerClass, countLike, countWell } from '../../stats/answer-kind.ts';
import type { Sliced } from './slice-tally.ts';

/** A class that is a smaller part of the stable's answers without error and 4xx than this is not compared with the others. */
const SELDOM = 0.1;
const ENOUGH_PAST = 20;
/** Counts are halved at this many answers, so that they follow what the stable does today. */
const MOST_ANSWERS = 2_000;
const CONTENT = 2;
const ALL = 2 ** ANSWER_CLASSES - 1;

/** The parts of a request that decide which answers are usual for it. */
export interface UsualAnswered extends Sliced {
  readonly isEmpty: boolean;
}

/** What is known of single endpoints. */
export interface EndpointAnswers {
  /** The classes that are usual at the endpoint of a request, as bits; null where that is not known. */
  usualAt(ticket: Pick<Sliced, 'method' | 'path'>): number | null;
}

/**
 * Which answers the stable usually gives on the route. Only the latencies of these are compared: a redirect is quick, and would
 * flatter a canary that sends away whom the stable serves. Where the endpoint's own answers are known these decide. What is
 * usual was known before the block began, and is the same for both versions.
 */
export class UsualAnswers {
  private readonly counts: number[] = Array.from({ length: ANSWER_CLASSES }, () => 0);
  private usual = ALL;

  /** An answer of the stable that is no error. */
  learn({ status, isEmpty }: Pick<UsualAnswered, 'status' | 'isEmpty'>): void {
    const at = answerClass(status, isEmpty);
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    if (countWell(this.counts) >= MOST_ANSWERS) halve(this.counts);
  }

  nextBlock(): void {
    this.usual = usualClasses(this.counts) ?? ALL;
  }

  /** Content is not looked up by endpoint where most of the route has it: nearly every answer comes this way. */
  isUsual(ticket: UsualAnswered, endpoints: EndpointAnswers | null): boolean {
    const of = answerClass(ticket.status, ticket.isEmpty);
    if (of === CONTENT && has(this.usual, CONTENT)) return true;
    return has(endpoints?.usualAt(ticket) ?? this.usual, of);
  }
}

/** The usual classes as bits; null while too little is known. */
export function usualClasses(past: readonly number[]): number | null {
  const well = countWell(past);
  if (well < ENOUGH_PAST) return null;
  return past.reduce((bits, _, of) => (countLike(past, of) >= SELDOM * well ? bits | (1 << of) : bits), 0);
}

export function halve(counts: number[]): void {
  for (const [at, count] of counts.entries()) counts[at] = count / 2;
}

function has(bits: number, of: number): boolean {
  return (bits & (1 << of)) !== 0;
}
