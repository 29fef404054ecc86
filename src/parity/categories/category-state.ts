import type { CategoryTerms } from '../../policy/checks/answer-checks.ts';
import { type AnswerCounts, type CategoryCounts, MOST_WORDS } from '../../stats/answers/answer-counts.ts';
import type { Block } from '../../stats/block.ts';
import type { BlockCounts } from '../../stats/evidence/e-value.ts';
import { type GrossState, openGross, stepGross } from '../../stats/rates/gross.ts';
import {
  openShift,
  restartShiftParity,
  type ShiftMargins,
  type ShiftState,
  stepShift,
} from '../../stats/rates/shift.ts';
import { betFor } from '../bet-for.ts';
import type { Sight } from '../context.ts';
import { comparedAnswers } from '../latency/latency.ts';

/** What is remembered of the words of each category, by its name in the policy. */
export type CategoriesState = Readonly<Record<string, CategoryState>>;

export interface CategoryState {
  /** All words of which more is harm, together. */
  readonly worse: ShiftState;
  /** Every other word, from the block after the one in which it came first: at most `MOST_WORDS`, and `other` for the rest. */
  readonly words: readonly WordState[];
  /** Evidence of far more of the worse words on a route with sticky keys, which holds; null elsewhere. */
  readonly byKey: GrossState | null;
}

export interface WordState extends ShiftState {
  readonly word: string;
}

/** Words beyond those that are counted apart. */
export const OTHER = 'other';
/** More and less of each word, and of `other`: what holds pays for all of them, whichever come. */
export const LN_TESTS = Math.log(2 * (MOST_WORDS + 1));

const NO_WORDS: CategoryCounts = {};

export function categoryName(name: string): `category:${string}` {
  return `category:${name}`;
}

function openCategory(): CategoryState {
  return { worse: openShift(), words: [], byKey: null };
}

export function categoryOf(state: CategoriesState, name: string): CategoryState {
  return Object.hasOwn(state, name) ? (state[name] ?? openCategory()) : openCategory();
}

/** One block. */
export function observeCategories(state: CategoriesState, sight: Sight): CategoriesState {
  const observe = sight.assignment === 'by-key' ? observeKeys : observeWords;
  const observed = Object.entries(sight.policy.spec.checks.categories).map(
    ([name, terms]) => [name, observe(name, terms, categoryOf(state, name), sight)] as const,
  );
  return { ...state, ...Object.fromEntries(observed) };
}

export function restartCategories(state: CategoriesState): CategoriesState {
  const restarted = Object.entries(state).map(([name, category]) => [
    name,
    {
      ...category,
      worse: restartShiftParity(category.worse),
      words: category.words.map((word) => ({ ...restartShiftParity(word), word: word.word })),
    },
  ]);
  return Object.fromEntries(restarted);
}

export function categoryMargins({ rollback, parity }: CategoryTerms): ShiftMargins {
  return {
    harm: { rho: 1 + rollback.relative, a: rollback.absolute },
    parity: [
      { rho: 1 + parity.relative, a: 0 },
      { rho: 1, a: parity.absolute },
    ],
  };
}

// As with errors by content: an answer that has words is not drawn by chance, so the drawn form is not used.
function observeWords(name: string, terms: CategoryTerms, state: CategoryState, sight: Sight): CategoryState {
  const { block } = comparedAnswers(sight);
  const both = wordsOf(block, name);
  const margins = categoryMargins(terms);
  const { drawn: _, ...bet } = betFor(sight, sight.bet, categoryName(name));
  const { harmCap: __, ...holding } = bet;
  const listed = state.words.map(({ word }) => word);
  const words = state.words.map((known) => ({
    ...stepShift(known, margins, countWords(both, isWord(known.word, listed, terms.worse)), block.durationMs, holding),
    word: known.word,
  }));
  const worse = countWords(both, (word) => terms.worse.includes(word));
  return {
    worse: stepShift(state.worse, margins, worse, block.durationMs, bet),
    words: [...words, ...newWords(both, listed, terms.worse, block.durationMs, margins, holding)],
    byKey: null,
  };
}

function observeKeys(name: string, terms: CategoryTerms, state: CategoryState, sight: Sight): CategoryState {
  const { block, bet, guardsSpent, of } = sight;
  if (of !== 'both') return state;
  const counts = countWords(wordsOf(block, name), (word) => terms.worse.includes(word));
  const spent = { cap: bet.cap, phi: bet.phi, past: bet.past, spent: guardsSpent };
  return { ...state, byKey: stepGross(state.byKey ?? openGross(), counts, block.durationMs, spent) };
}

/** Words of both versions. */
export interface BothWords {
  readonly canary: CategoryCounts;
  readonly stable: CategoryCounts;
}

export function wordsIn(carried: AnswerCounts | null, name: string): CategoryCounts {
  const { categories = {} } = carried ?? {};
  return Object.hasOwn(categories, name) ? (categories[name] ?? NO_WORDS) : NO_WORDS;
}

function wordsOf({ canary, stable }: Block, name: string): BothWords {
  return { canary: wordsIn(canary, name), stable: wordsIn(stable, name) };
}

/** Answers of both versions, and those whose word is meant. */
export function countWords({ canary, stable }: BothWords, isMeant: (word: string) => boolean): BlockCounts {
  const of = (words: CategoryCounts, only: (word: string) => boolean) =>
    Object.entries(words).reduce((sum, [word, count]) => sum + (only(word) ? count : 0), 0);
  const every = () => true;
  return { nc: of(canary, every), xc: of(canary, isMeant), ns: of(stable, every), xs: of(stable, isMeant) };
}

/** Whether a word counts under `listed`: as itself, or as one of those that have no place of their own. */
export function isWord(known: string, listed: readonly string[], worse: readonly string[]): (word: string) => boolean {
  if (known !== OTHER) return (word) => word === known;
  return (word) => word === OTHER || !(listed.includes(word) || worse.includes(word));
}

// A word is tested from the next block on: that it came is known by then.
function newWords(
  both: BothWords,
  listed: readonly string[],
  worse: readonly string[],
  durationMs: number,
  margins: ShiftMargins,
  bet: Parameters<typeof stepShift>[4],
): readonly WordState[] {
  const fresh = [...new Set([...Object.keys(both.stable), ...Object.keys(both.canary)])].filter(
    (word) => !(listed.includes(word) || worse.includes(word)),
  );
  const room = MOST_WORDS - listed.filter((word) => word !== OTHER).length;
  const named = fresh.filter((word) => word !== OTHER).slice(0, room);
  const rest = fresh.length > named.length && !listed.includes(OTHER) ? [OTHER] : [];
  const all = [...listed, ...named, ...rest];
  return [...named, ...rest].map((word) => {
    const { ns, xs } = countWords(both, isWord(word, all, worse));
    return { ...stepShift(openShift(), margins, { nc: 0, xc: 0, ns, xs }, durationMs, bet), word };
  });
}
