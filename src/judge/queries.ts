import type { FindingContext } from '../parity/context.ts';
import type { Finding, QueryName } from '../parity/finding.ts';
import {
  isQueryName,
  observeQueries,
  type QueriesState,
  queryName,
  queryOf,
  queryStateOf,
  whyUnheard,
} from '../parity/queries/query.ts';
import { queryFinding } from '../parity/queries/query-finding.ts';
import type { Policy } from '../policy/schema.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import type { Block } from '../stats/block.ts';
import type { Bet } from '../stats/evidence/bet.ts';
import type { LookInput, StepContext } from './input.ts';
import type { JudgeState } from './state.ts';
import { thresholdsOf } from './thresholds.ts';
import type { CheckName } from './verdict.ts';

/** The names of the policy's query checks, as findings have them. */
export function queryNames({ spec: { checks } }: Policy): readonly QueryName[] {
  return Object.keys(checks.queries).map(queryName);
}

/** One block's values. Where nobody is compared, only a limit of the canary's own says anything. */
export function observeValues(
  policy: Policy,
  state: JudgeState,
  block: Block,
  step: StepContext,
  bet: Pick<Bet, 'cap' | 'parity' | 'parityCeiling'>,
): QueriesState {
  const { queries } = policy.spec.checks;
  return observeQueries(queries, state.queries, block, {
    asks: asksOf(block, step),
    splitSince: splitSince(state, block),
    bet,
  });
}

/** Start of the first block of the split that the block has. */
export function splitSince(state: Pick<JudgeState, 'splitEpoch' | 'splitSince'>, block: Block): number {
  return state.splitEpoch === block.splitEpoch ? (state.splitSince ?? block.startedAt) : block.startedAt;
}

function asksOf({ canaryBps }: Block, { kind }: StepContext): 'both' | 'canary' | 'none' {
  if (canaryBps > 0 && canaryBps < WHOLE_BPS) return 'both';
  return canaryBps === WHOLE_BPS || kind === 'consumers' ? 'canary' : 'none';
}

export function queryFindings(
  policy: Policy,
  state: JudgeState,
  input: LookInput,
  contextOf: (check: QueryName) => FindingContext,
): readonly Finding[] {
  const thresholds = thresholdsOf(policy, input.step);
  return queryNames(policy).flatMap((name) => {
    const check = queryOf(policy.spec.checks, name);
    return check === null
      ? []
      : [queryFinding(check, name, queryStateOf(state.queries, name), contextOf(name), thresholds)];
  });
}

/** Whether a check says something of the canary alone, and so holds where there is no stable beside it. */
export function isAbsolute(policy: Policy, check: CheckName): boolean {
  if (isQueryName(check)) return queryOf(policy.spec.checks, check)?.limit !== undefined;
  return check.startsWith('guard:');
}

/** The first of these checks whose values are missing, and why; null where none is. */
export function unheardQuery(
  policy: Policy,
  state: JudgeState,
  required: readonly CheckName[],
): { readonly check: QueryName; readonly reason: string } | null {
  const now = state.measuredUntil ?? 0;
  for (const name of required.filter(isQueryName)) {
    const check = queryOf(policy.spec.checks, name);
    const reason = check && whyUnheard(check, name.slice('query:'.length), queryStateOf(state.queries, name), now);
    if (reason !== null) return { check: name, reason };
  }
  return null;
}
