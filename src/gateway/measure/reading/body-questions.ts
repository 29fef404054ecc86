import { isRecord } from '../../../policy/is-record.ts';
import { type AnswerReads, type Condition, type FailureRule, isRuleOnHead } from '../../../split/answer-reads.ts';
import { pointerTokens, valueAt } from '../../../split/json-pointer.ts';
import type { ContentOutcome, NoValue } from './answer-tally.ts';
import { numberOfJson, wordOfJson } from './carried-value.ts';
import { isMetByText, isOfText } from './text-condition.ts';

type BodyRule = Exclude<FailureRule, { readonly header: string }>;

/** What is asked of a JSON body: plain data, as it goes to another thread. */
export interface BodyQuestions {
  readonly failures: readonly BodyRule[];
  /** Pointers by name. */
  readonly values: Readonly<Record<string, string>>;
  readonly categories: Readonly<Record<string, string>>;
}

export interface BodyAnswers {
  /** Null where no rule asks for it. */
  readonly content: ContentOutcome | null;
  /** Why it is unread; empty where it is not. */
  readonly unreadAs: string;
  readonly values: Readonly<Record<string, number | NoValue>>;
  readonly words: Readonly<Record<string, string>>;
}

/** Null when an order asks nothing of bodies. */
export function bodyQuestionsOf({ failures, values, categories }: AnswerReads): BodyQuestions | null {
  const questions = {
    failures: failures.flatMap((rule) => (isRuleOnHead(rule) ? [] : [rule])),
    values: pointersOf(values),
    categories: pointersOf(categories),
  };
  const isNone = Object.values(questions).every((asked) => Object.keys(asked).length === 0);
  return isNone ? null : questions;
}

function pointersOf(sources: AnswerReads['values']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(sources).flatMap(([name, source]) => ('json' in source ? [[name, source.json]] : [])),
  );
}

/** What a parsed body answers. */
export function askDocument(document: unknown, { failures, values, categories }: BodyQuestions): BodyAnswers {
  const content = failures.length === 0 ? null : worstOf(failures.map((rule) => outcomeOf(rule, document)));
  return {
    content,
    unreadAs: content === 'unread' ? 'another document' : '',
    values: mapped(values, (pointer) => numberOfJson(valueAt(document, pointerTokens(pointer)))),
    words: mapped(categories, (pointer) => wordOfJson(valueAt(document, pointerTokens(pointer)))),
  };
}

/** What is said of a body that cannot be asked: that there is none such, or that it is unusable. */
export function unreadBody(
  { failures, values, categories }: BodyQuestions,
  why: NoValue,
  unreadAs: string,
): BodyAnswers {
  return {
    content: failures.length === 0 ? null : 'unread',
    unreadAs,
    values: mapped(values, () => why),
    words: mapped(categories, () => ''),
  };
}

const WORST_FIRST: readonly ContentOutcome[] = ['failed', 'partial', 'well'];

/** `unread` where every rule is about another kind of document. */
function worstOf(outcomes: readonly ContentOutcome[]): ContentOutcome {
  return WORST_FIRST.find((outcome) => outcomes.includes(outcome)) ?? 'unread';
}

function outcomeOf(rule: BodyRule, document: unknown): ContentOutcome {
  if ('json' in rule) return isMet(rule.is, valueAt(document, pointerTokens(rule.json))) ? 'failed' : 'well';
  const parts: readonly unknown[] = Array.isArray(document) ? document : [document];
  if ('jsonRpc' in rule) return worstOf(parts.map(outcomeOfJsonRpc));
  const worst = worstOf(parts.map(outcomeOfGraphql));
  return worst === 'partial' && rule.graphql === 'any' ? 'failed' : worst;
}

/** GraphQL section 7.1: `errors` has something in it if it is there, and `data` is null or left out where nothing was resolved. */
function outcomeOfGraphql(answer: unknown): ContentOutcome {
  if (!isRecord(answer)) return 'unread';
  const errors = valueAt(answer, ['errors']);
  const data = valueAt(answer, ['data']);
  if (!Array.isArray(errors) || errors.length === 0) return data === undefined ? 'unread' : 'well';
  return data === undefined || data === null ? 'failed' : 'partial';
}

/** JSON-RPC 2.0 section 5: either `result` or `error`; version 1 has both, and one of them is null. */
function outcomeOfJsonRpc(answer: unknown): ContentOutcome {
  if (!isRecord(answer)) return 'unread';
  const error = valueAt(answer, ['error']);
  if (error !== undefined && error !== null) return 'failed';
  return valueAt(answer, ['result']) === undefined ? 'unread' : 'well';
}

/** Of a value in a document; undefined is nothing there. */
function isMet(condition: Condition, value: unknown): boolean {
  if (condition === 'present') return value !== undefined;
  if (condition === 'non-empty') return !isEmptyValue(value);
  if (isOfText(condition)) return typeof value === 'string' && isMetByText(condition, value);
  return value === condition.equals;
}

function isEmptyValue(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === false || value === 0 || value === '';
}

function mapped<From, To>(entries: Readonly<Record<string, From>>, of: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, of(value)]));
}
