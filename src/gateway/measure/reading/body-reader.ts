import type { UpstreamHead } from '../../upstream/upstream-client.ts';
import type { NoValue } from './answer-tally.ts';
import type { WholeBody } from './ask-body.ts';
import { type BodyAnswers, type BodyQuestions, bodyQuestionsOf, unreadBody } from './body-questions.ts';
import type { BodyQueue } from './body-queue.ts';
import { type Coding, codingOf } from './coding.ts';
import { headRuleOf } from './header-rules.ts';
import { otherTypeOf } from './json-type.ts';
import type { AnswerEnding, Findings, PartReader, ReaderKind } from './reader.ts';

/** Of a body as it comes, compressed or not: a longer one is not read. */
export const MOST_BODY_BYTES = 65_536;

/**
 * Errors by content, and numbers and words in JSON bodies, of the answers in the sample. Where a rule needs the body, the rules on
 * headers are asked of the sample only: the share of errors is one of the same answers.
 */
export const bodyReader: ReaderKind = (reads, { bodies }) => {
  const questions = bodyQuestionsOf(reads);
  if (questions === null) return null;
  const isFailedByHead = headRuleOf(reads.failures);
  return ({ head, isSampled, requestId }) => {
    if (!isSampled) return null;
    const asking = new Asking(questions, isFailedByHead(head));
    const body = bodyOf(head);
    if ('unreadAs' in body) return { end: (_, findings) => asking.tellUnread(body, findings) };
    return new BodyCopy(body.coding, bodies, {
      take: (whole, findings) => asking.ask(whole, { bodies, requestId }, findings),
      giveUp: (why, findings) => asking.tellUnread(why, findings),
    });
  };
};

/** Why a body is not read, and what that says of the numbers in it; null: nothing, the gateway had no room for it. */
export interface Unread {
  readonly unreadAs: string;
  readonly values: NoValue | null;
}

const TOO_LONG: Unread = { unreadAs: 'too long', values: 'unusable' };
const NO_ROOM: Unread = { unreadAs: 'no room', values: null };

/** How the body of an answer is read, or why it is not. */
export function bodyOf(head: UpstreamHead): { readonly coding: Coding } | Unread {
  if (head.body === 'none') return { unreadAs: 'no body', values: 'missing' };
  const otherType = otherTypeOf(head);
  if (otherType !== null) return { unreadAs: otherType, values: 'missing' };
  const coding = codingOf(head);
  if (coding === null) return { unreadAs: 'another coding', values: 'unusable' };
  return (head.length ?? 0) > MOST_BODY_BYTES ? TOO_LONG : { coding };
}

/** What is asked of one answer. */
class Asking {
  readonly questions: BodyQuestions;
  private readonly isFailedByHead: boolean;

  constructor(questions: BodyQuestions, failedByHead: boolean) {
    this.questions = questions;
    this.isFailedByHead = failedByHead;
  }

  tell({ content, unreadAs, values, words }: BodyAnswers, findings: Findings): void {
    if (content !== null && this.isFailedByHead) findings.content('failed');
    else if (content !== null) findings.content(content, unreadAs);
    for (const [name, value] of Object.entries(values)) findings.value(name, value);
    for (const [name, word] of Object.entries(words)) findings.word(name, word);
  }

  /** The bytes of the body, which are held, are the queue's from here on. */
  ask(body: WholeBody, to: { readonly bodies: BodyQueue; readonly requestId: string }, findings: Findings): void {
    const { questions } = this;
    const tell = (answers: BodyAnswers) => this.tell(answers, findings);
    to.bodies.ask({ body, questions, tell, requestId: to.requestId });
  }

  tellUnread({ unreadAs, values }: Unread, findings: Findings): void {
    const unread = unreadBody(this.questions, values ?? 'missing', unreadAs);
    this.tell(values === null ? { ...unread, values: {}, words: {} } : unread, findings);
  }
}

/** Who is given a body that was copied, or told why there is none. */
interface BodyTaker {
  /** Its bytes are held, and have to be released, but not when this throws. */
  take(body: WholeBody, findings: Findings): void;
  giveUp(why: Unread, findings: Findings): void;
  /** Its client went away before its end. */
  left?(): void;
}

/** Copies a body aside while it passes, up to a length. */
export class BodyCopy implements PartReader {
  private readonly coding: Coding;
  private readonly bodies: BodyQueue;
  private readonly taker: BodyTaker;
  private chunks: Buffer[] = [];
  private bytes = 0;
  /** Null while it can still be read. */
  private unread: Unread | null = null;

  constructor(coding: Coding, bodies: BodyQueue, taker: BodyTaker) {
    this.coding = coding;
    this.bodies = bodies;
    this.taker = taker;
  }

  data(chunk: Buffer): void {
    if (this.unread !== null) return;
    if (this.bytes + chunk.length > MOST_BODY_BYTES) this.giveUp(TOO_LONG);
    else if (!this.bodies.hold(chunk.length)) this.giveUp(NO_ROOM);
    else {
      this.bytes += chunk.length;
      this.chunks.push(Buffer.from(chunk));
    }
  }

  end(_: AnswerEnding, findings: Findings): void {
    const isInTime = this.coding === 'identity' || this.bodies.maySoonInflate;
    if (this.unread === null && !isInTime) this.giveUp(NO_ROOM);
    if (this.unread !== null) {
      this.taker.giveUp(this.unread, findings);
      return;
    }
    const { coding, chunks } = this;
    const [only] = chunks;
    const bytes = chunks.length === 1 && only ? only : Buffer.concat(chunks);
    this.taker.take({ bytes, coding }, findings);
    // They are the taker's now.
    this.bytes = 0;
    this.chunks = [];
  }

  left(): void {
    this.taker.left?.();
  }

  drop(): void {
    this.bodies.release(this.bytes);
    this.bytes = 0;
    this.chunks = [];
  }

  private giveUp(why: Unread): void {
    this.unread = why;
    this.drop();
  }
}
