import type { ErrorMargin } from '../../policy/checks/margins.ts';
import type { Checks } from '../../policy/schema.ts';
import { ANSWER_KINDS, countOfKind, type KindCounts, type KindOfAnswer, statusesOf } from '../../stats/answer-kind.ts';
import type { Window } from '../../stats/evidence/window.ts';
import { formatShare } from '../figures.ts';

/** What sentences call the answers of a kind. */
export const KIND_LABELS: Readonly<Record<KindOfAnswer, string>> = {
  withContent: 'answers with content',
  empty: 'empty answers',
  redirects: 'redirects',
  unmodified: 'answers that nothing was modified',
  otherAnswers: 'other answers',
};

const HAPPENED: Readonly<Record<KindOfAnswer, string>> = {
  withContent: 'were answered with content',
  empty: 'got an empty answer',
  redirects: 'were redirected',
  unmodified: 'were told that nothing was modified',
  otherAnswers: 'got an answer that is no 2xx, redirect or error',
};

const MOST_NAMED = 3;

export function isKind(check: string): check is KindOfAnswer {
  return ANSWER_KINDS.some((kind) => kind === check);
}

/** The margins of a kind. */
export function kindTerms(
  { empty, kinds }: Checks,
  kind: KindOfAnswer,
): { readonly hold: ErrorMargin; readonly parity: ErrorMargin; readonly dryRun: boolean } {
  return kind === 'empty' ? empty : kinds;
}

/** `98 % of the canary's requests were redirected (302), 0.2 % of the stable's`; null before both have requests. */
export function kindInWords(kind: KindOfAnswer, { canary, stable }: Pick<Window, 'canary' | 'stable'>): string | null {
  if (canary.requests === 0 || stable.requests === 0) return null;
  const shareOf = (answers: KindCounts) => formatShare(countOfKind(answers, kind) / answers.requests);
  const ofCanary = statusesOf(canary, kind);
  const named = (ofCanary.length > 0 ? ofCanary : statusesOf(stable, kind)).slice(0, MOST_NAMED);
  const statuses = named.length === 0 ? '' : ` (${named.join(', ')})`;
  return `${shareOf(canary)} of the canary's requests ${HAPPENED[kind]}${statuses}, ${shareOf(stable)} of the stable's`;
}
