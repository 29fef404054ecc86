import type { Policy } from '../../policy/schema.ts';
import type { Check, Hold, HoldContext } from '../check.ts';
import type { QueryName } from '../finding.ts';
import {
  bareName,
  inForce,
  logQueryHarm,
  logQueryHold,
  moveQueries,
  observeQueries,
  openQueries,
  type QueriesState,
  queryName,
  queryOf,
  queryStateOf,
  restartQueries,
  whyUnheard,
} from './query.ts';
import { queryFinding } from './query-finding.ts';

/** The values of a metrics source that the policy asks for, by name. */
export const queriesCheck: Check<QueriesState> = {
  names: { listed: [], open: { form: 'query:NAME', pattern: /^query:[a-z0-9][a-z0-9-]{0,62}$/ } },
  terms({ spec: { checks } }, name) {
    const query = queryOf(checks, name);
    if (query === null) return null;
    const against = query.limit === undefined ? 'stable' : 'both';
    return { label: `query ${name.slice('query:'.length)}`, dryRun: query.dryRun, against };
  },
  claims: (policy) =>
    named(policy).flatMap(({ name, query: { action, weight } }) =>
      action === 'rollback' ? [{ check: name, share: weight }] : [],
    ),
  open: ({ spec: { checks } }) => openQueries(checks.queries),
  observe: (state, { policy, block, of, splitSince, assignment, bet }) =>
    observeQueries(policy.spec.checks.queries, state, block, { asks: of, splitSince, assignment, bet }),
  restart: restartQueries,
  move: moveQueries,
  stakes: (policy, state, shareOf) =>
    named(policy).flatMap(({ name, query }) => {
      const weight = shareOf(name);
      const known = queryStateOf(state, name);
      return weight === 0 ? [] : [{ check: name, weight, logHarm: logQueryHarm(inForce(query, known), known) }];
    }),
  findings: (policy, state, context) =>
    named(policy).map(({ name, query }) => {
      const { shareOf, logParityThreshold, thresholds } = context;
      const of = { budgetWeight: shareOf(name), logParityThreshold };
      return queryFinding(query, name, queryStateOf(state, name), of, thresholds);
    }),
  holds: (policy, states, context) => named(policy).flatMap((one) => holdsOf(one, states, context)),
};

interface NamedQuery {
  readonly name: QueryName;
  readonly query: Policy['spec']['checks']['queries'][string];
}

function named({ spec: { checks } }: Policy): readonly NamedQuery[] {
  return Object.entries(checks.queries).map(([name, query]) => ({ name: queryName(name), query }));
}

function holdsOf({ name, query }: NamedQuery, states: QueriesState, context: HoldContext): readonly Hold[] {
  const finding = context.findings.find(({ check }) => check === name);
  if (finding === undefined) return [];
  const state = queryStateOf(states, name);
  const unheard = whyUnheard(query, bareName(name), state, context.now);
  const missing: readonly Hold[] = unheard === null ? [] : [{ kind: 'missing', check: name, reason: unheard }];
  if ((logQueryHold(inForce(query, state), state) ?? 0) < context.logHold) return missing;
  return [
    ...missing,
    { kind: 'worse', check: name, reason: `${finding.says}: worse too often in this rollout to go on` },
  ];
}
