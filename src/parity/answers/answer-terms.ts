import type { ComparisonTerms } from '../../policy/checks/answer-comparison.ts';
import { placeOfField } from '../../stats/answers/pair-fields.ts';
import type { Boundary } from '../../stats/evidence/e-value.ts';
import { coversPath } from '../differences/covers-path.ts';
import type { Difference } from '../differences/difference.ts';

export function marginOfAnswers({ margin }: ComparisonTerms): Boundary {
  return { rho: 1 + margin.relative, a: margin.absolute };
}

/** Whether the policy compares a field, by its place and path. */
export function wantsField({ ignore }: ComparisonTerms, name: string): boolean {
  const { path } = placeOfField(name);
  return !ignore.some((declared) => coversPath(declared, path));
}

const ARROW = ' -> ';

/** Whether a difference is one that the policy means to have. */
export function isMeant(
  { expect }: ComparisonTerms,
  { kind, place, path }: Pick<Difference, 'kind' | 'place' | 'path'>,
): boolean {
  return expect.some((expected) => {
    if (expected.endpoint !== undefined && !place.startsWith(`${expected.endpoint} `)) return false;
    if ('changed' in expected) return kind !== 'removed' && kind !== 'added' && coversPath(expected.changed, path);
    if ('removed' in expected) return kind === 'removed' && coversPath(expected.removed, path);
    if ('added' in expected) return kind === 'added' && coversPath(expected.added, path);
    const [from = '', to = ''] = expected.renamed.split(ARROW);
    return (kind === 'removed' && coversPath(from, path)) || (kind === 'added' && coversPath(to, path));
  });
}
