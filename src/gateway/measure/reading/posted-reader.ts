import type { AnswerReads } from '../../../split/answer-reads.ts';
import type { ReaderKind } from './reader.ts';

/** Finds nothing itself: remembers where the answer counts, for values that are posted later. */
export const postedReader: ReaderKind = ({ values }, { postable }) => {
  if (postedNames(values).size === 0) return null;
  return ({ requestId }) => ({
    end(_, findings) {
      postable.note(requestId, findings);
    },
  });
};

/** The values that are posted. */
export function postedNames(values: AnswerReads['values']): ReadonlySet<string> {
  return new Set(Object.entries(values).flatMap(([name, source]) => ('posted' in source ? [name] : [])));
}
