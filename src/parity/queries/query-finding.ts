import type { QueryCheck } from '../../policy/checks/query-check.ts';
import { counted } from '../../policy/counted.ts';
import { LARGEST_RARE_BET } from '../../stats/rates/rare-event.ts';
import { leastIntervals, logSeriesParity } from '../../stats/series/series.ts';
import { LARGEST_GUARD_BET, LARGEST_PAIR_BET } from '../../stats/series/series-bets.ts';
import { allowanceAt, type SeriesMargin } from '../../stats/series/series-test.ts';
import type { FindingContext } from '../context.ts';
import { formatShare, formatSpan, formatValue } from '../figures.ts';
import type { Finding, QueryName } from '../finding.ts';
import type { Limits } from '../limits/limits.ts';
import { aloneAt } from '../stake.ts';
import { bareName, inForce, logQueryHarm, logQueryHold, nameMissing, type QueryState, seriesTest } from './query.ts';
import { whyTwins } from './twins.ts';

/** The log thresholds for the evidence. */
export interface ActionThresholds {
  readonly harm: number;
  readonly hold: number;
}

const OWN_USERS =
  'it may only hold here and shows no parity, because keys are sticky: the versions have users of their own, and those alone may make the values differ';

const HEAVY_KEY =
  'its limit holds here and does not roll back, because keys are sticky: one heavy key may be what is beyond it';

/** The finding of one query check, in its own unit. Arms of different sizes claim no parity, and may only hold. */
export function queryFinding(
  declared: QueryCheck,
  name: QueryName,
  state: QueryState,
  context: Pick<FindingContext, 'budgetWeight' | 'logParityThreshold'>,
  thresholds: ActionThresholds,
): Finding {
  const { canary, stable } = state.step;
  const check = inForce(declared, state);
  const logParity = logSeriesParity(state.series, seriesTest(check));
  const least = leastToAct(check, state, context.budgetWeight, thresholds);
  const parityMargin = logParity === null ? null : inWords(check.parity);
  const rollsBack = check.action === 'rollback';
  return {
    check: name,
    canary: canary.count === 0 ? null : canary.value,
    stable: stable.count === 0 ? null : stable.value,
    unit: 'value',
    quantile: null,
    bounds: { canary: null, stable: null },
    requests: { canary: 0, stable: 0 },
    logHarm: rollsBack ? logQueryHarm(check, state) : (logQueryHold(check, state) ?? 0),
    budgetWeight: context.budgetWeight,
    dispersion: 1,
    logParity,
    logParityThreshold: logParity === null ? null : context.logParityThreshold,
    rollbackMargin: rollsBack ? rollbackInWords(check) : `${marginsInWords(check)}, which holds`,
    parityMargin,
    limits: limitsOf(check, state, parityMargin === null ? 'no-parity' : 'claims-parity'),
    needsCanaryRequests: null,
    needsAt: [],
    intervals: { counted: canary.count, least },
    says: says(),
  };

  function says(): string {
    const label = `query ${bareName(name)}`;
    if (state.missing !== null)
      return `${label}: no usable value for ${nameMissing(state.missing)} in the last interval`;
    if (canary.count === 0) return `${label}: no value in this step yet`;
    const same = whyTwins(state.twins);
    if (same !== null) return `${label}: ${same}`;
    const against = stable.count === 0 ? '' : ` against ${formatValue(stable.value)}`;
    const margins = `margin ${marginsInWords(check)}${parityMargin === null ? '' : `, parity ${parityMargin}`}`;
    const figures = `${label} ${formatValue(canary.value)}${against} over ${intervals(canary.count)} (${margins})`;
    const open = stable.count === 0 || logParity === null ? [] : [parityInWords(logParity)];
    const ceiling =
      least === null ? [] : [`${rollsBack ? 'a rollback' : 'a hold'} takes at least ${intervals(least)} in all`];
    const why = whyHeld(declared, check);
    const rest = [...open, ...why, ...ceiling].join('; ');
    return rest === '' ? figures : `${figures}: ${rest}`;
  }

  function parityInWords(logShown: number): string {
    const { form, sides } = state.series;
    const missing = context.logParityThreshold - logShown;
    if (missing <= 0) return 'inside the parity margin';
    if (stable.value === 0 && check.parity.absolute === 0) {
      return `parity needs an absolute margin, because ${formatShare(check.parity.relative)} of 0 is 0`;
    }
    if (sides.length === 0) return 'equal in every one, which tells nothing without a margin';
    if (form === 'ranks') return 'parity is not shown yet';
    return `parity takes at least ${intervals(leastIntervals(missing, LARGEST_PAIR_BET))} more of ${formatSpan(check.interval)}`;
  }
}

/** On the side on which the canary is, where both are worse; the nearer of margin and limit, where both count. */
function limitsOf(check: QueryCheck, { step }: QueryState, claims: 'claims-parity' | 'no-parity'): Limits {
  const { canary, stable } = step;
  const { worse, rollback, parity, limit } = check;
  const isLower = worse === 'lower' || (worse === 'both' && canary.value < stable.value);
  const sign = isLower ? -1 : 1;
  const compares = check.action === 'hold' || check.comparable || limit === undefined;
  const edges = [
    ...(compares && stable.count > 0 ? [stable.value + sign * allowanceAt(stable.value, rollback)] : []),
    ...(limit === undefined ? [] : [limit]),
  ];
  const nearest = isLower ? Math.max(...edges) : Math.min(...edges);
  return {
    rollback: edges.length === 0 ? null : nearest,
    parity:
      claims === 'no-parity' || stable.count === 0 ? null : stable.value + sign * allowanceAt(stable.value, parity),
  };
}

/** `5 %`, `0.02`, `5 % or 0.02`: the larger of the two parts applies. */
export function inWords({ relative, absolute }: SeriesMargin): string {
  if (absolute === 0) return formatShare(relative);
  return relative === 0 ? formatValue(absolute) : `${formatShare(relative)} or ${formatValue(absolute)}`;
}

function whyHeld(declared: QueryCheck, check: QueryCheck): readonly string[] {
  if (declared.comparable && !check.comparable) return [OWN_USERS];
  return declared.action !== check.action && check.limit !== undefined ? [HEAVY_KEY] : [];
}

// No valid test gains more from one interval; for ranks it depends on the number of pods.
function leastToAct(
  { action, comparable, limit }: QueryCheck,
  { series }: QueryState,
  budgetWeight: number,
  { harm, hold }: ActionThresholds,
): number | null {
  if (series.form === 'ranks') return null;
  const needed = action === 'rollback' ? aloneAt(budgetWeight, harm) : hold;
  if (needed === Number.POSITIVE_INFINITY) return null;
  const compared = comparable ? LARGEST_PAIR_BET : LARGEST_GUARD_BET;
  const largest = limit === undefined ? compared : LARGEST_RARE_BET;
  return leastIntervals(needed, largest);
}

function rollbackInWords(check: QueryCheck): string {
  return check.comparable || check.limit === undefined ? marginsInWords(check) : `limit ${formatValue(check.limit)}`;
}

function marginsInWords({ rollback, limit }: QueryCheck): string {
  return limit === undefined ? inWords(rollback) : `${inWords(rollback)}, limit ${formatValue(limit)}`;
}

function intervals(count: number): string {
  return counted(count, 'interval');
}
