import { askDocument, type BodyAnswers, type BodyQuestions, unreadBody } from './body-questions.ts';
import { type Coding, inflated } from './coding.ts';
import { type AnsweredTwice, comparedFieldsOf } from './compare/compared-answers.ts';

/** RFC 8259 section 8.1: UTF-8, and a byte order mark may be ignored. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** A body that came whole, as it came. */
export interface WholeBody {
  readonly bytes: Uint8Array;
  readonly coding: Coding;
}

/** Asks a body that says that it is JSON; one that is not cannot be asked. Takes its time when the body is long or compressed. */
export function askBody(body: WholeBody, questions: BodyQuestions): BodyAnswers {
  const read = documentIn(body);
  return read === null ? unreadBody(questions, 'unusable', 'broken') : askDocument(read.document, questions);
}

/** The JSON document that a body is; null for one that is none. Takes its time as well. */
export function documentIn(body: WholeBody): { readonly document: unknown } | null {
  try {
    return { document: JSON.parse(textIn(body)) };
  } catch {
    return null;
  }
}

/** Throws for what is broken, and for what is not UTF-8. */
function textIn({ bytes, coding }: WholeBody): string {
  return UTF_8.decode(coding === 'identity' ? bytes : inflated(bytes, coding));
}

/** See `comparedFieldsOf`. @returns how long it took as well */
export function compareBodies(answers: AnsweredTwice<WholeBody>, ignore: readonly string[]) {
  const from = performance.now();
  const fields = comparedFieldsOf(answers, ignore, textIn);
  return { fields, ms: performance.now() - from };
}
