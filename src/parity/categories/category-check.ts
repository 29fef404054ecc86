import type { CategoryTerms } from '../../policy/checks/answer-checks.ts';
import type { Policy } from '../../policy/schema.ts';
import { boundaryAt } from '../../stats/evidence/e-value.ts';
import { logGross } from '../../stats/rates/gross.ts';
import { logMore } from '../../stats/rates/shift.ts';
import { type Check, type Hold, type HoldContext, reactionOf } from '../check.ts';
import { formatErrorMargin, formatShare } from '../figures.ts';
import { whyHoldsByKey } from '../share-holds.ts';
import { categoryFinding, logShift, testsOf, wordCounts } from './category-finding.ts';
import {
  type CategoriesState,
  categoryMargins,
  categoryName,
  categoryOf,
  LN_TESTS,
  observeCategories,
  restartCategories,
} from './category-state.ts';

const PREFIX = 'category:';

/**
 * Words that answers carry, such as why a model stopped. More of the words that the policy calls worse is harm; any other word whose
 * share shifts, and a new one, holds.
 */
export const categoriesCheck: Check<CategoriesState> = {
  names: { listed: [], open: { form: 'category:NAME', pattern: /^category:[a-z0-9][a-z0-9-]{0,62}$/ } },
  compares: 'requests',
  terms({ spec: { checks } }, check) {
    const name = check.startsWith(PREFIX) ? check.slice(PREFIX.length) : '';
    if (!Object.hasOwn(checks.categories, name)) return null;
    return { label: name, ...reactionOf(checks.categories[name]), against: 'stable' };
  },
  claims: (policy) =>
    named(policy).flatMap(({ name, terms }) =>
      terms.worse.length === 0 ? [] : [{ check: categoryName(name), share: terms.weight }],
    ),
  open: () => ({}),
  observe: observeCategories,
  restart: restartCategories,
  stakes: (policy, state, shareOf) =>
    named(policy).flatMap(({ name, terms }) =>
      terms.worse.length === 0
        ? []
        : [
            {
              check: categoryName(name),
              weight: shareOf(categoryName(name)),
              logHarm: logMore(categoryOf(state, name).worse),
            },
          ],
    ),
  findings: (policy, state, context) =>
    named(policy).map(({ name, terms }) => {
      const of = { ...context, budgetWeight: context.shareOf(categoryName(name)) };
      return categoryFinding(policy, name, terms, categoryOf(state, name), of);
    }),
  holds: (policy, state, context) => named(policy).flatMap((category) => holdsOf(category, state, context)),
};

interface NamedCategory {
  readonly name: string;
  readonly terms: CategoryTerms;
}

function named({ spec: { checks } }: Policy): readonly NamedCategory[] {
  return Object.entries(checks.categories).map(([name, terms]) => ({ name, terms }));
}

function holdsOf({ name, terms }: NamedCategory, states: CategoriesState, context: HoldContext): readonly Hold[] {
  const check = categoryName(name);
  const finding = context.findings.find((one) => one.check === check);
  if (finding === undefined) return [];
  const state = categoryOf(states, name);
  if (state.byKey !== null) {
    return logGross(state.byKey) < context.logHold ? [] : [{ kind: 'worse', check, reason: whyHoldsByKey(finding) }];
  }
  const [shifted] = testsOf(terms, state)
    .filter((test) => !test.isWorse && logShift(test) - LN_TESTS >= context.logHold)
    .toSorted((left, right) => logShift(right) - logShift(left));
  if (shifted === undefined) return [];
  const { nc, xc, ns, xs } = wordCounts(name, context.step, shifted);
  const [canary, stable] = [nc === 0 ? 0 : xc / nc, ns === 0 ? 0 : xs / ns];
  const { harm } = categoryMargins(terms);
  const margin = formatErrorMargin(terms.rollback, '+');
  const isNow = canary > boundaryAt(harm, stable) || stable > boundaryAt(harm, canary);
  const reason = isNow
    ? `${name}: ${shifted.name} ${formatShare(canary)} against ${formatShare(stable)}, a shift of more than ${margin}, which holds the canary`
    : `${name}: ${shifted.name} shifted by more than ${margin} earlier in this rollout, which still holds the canary`;
  return [{ kind: 'worse', check, reason }];
}
