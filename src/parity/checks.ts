import type { PairEvidence } from '../stats/answers/pair-fields.ts';
import type { BrokenStable } from '../stats/rates/broken-stable.ts';
import type { RateState } from '../stats/rates/error-rate.ts';
import type { NoReport } from '../stats/rates/no-report.ts';
import type { UnansweredState } from '../stats/rates/unanswered.ts';
import { answersCheck } from './answers/answers-check.ts';
import { baselineCheck } from './baseline.ts';
import { categoriesCheck } from './categories/category-check.ts';
import type { CategoriesState } from './categories/category-state.ts';
import type { Check } from './check.ts';
import { type ClientErrorsState, clientErrorsCheck } from './client-errors.ts';
import { contentCheck } from './content/content-check.ts';
import type { ContentState } from './content/content-state.ts';
import { errorsCheck } from './errors.ts';
import { type GrossStates, grossCheck } from './gross.ts';
import { type GuardsState, guardsCheck } from './guards.ts';
import { type ForcedLogsState, forcedLogsCheck } from './internal/forced-logs-check.ts';
import type { KeysState } from './keys/keys.ts';
import { keysCheck } from './keys/keys-check.ts';
import { type KindState, kindCheck } from './kinds/kinds-check.ts';
import type { LatencyState } from './latency/latency.ts';
import { latencyCheck } from './latency/latency-check.ts';
import { type QuantilesState, quantilesCheck } from './latency/quantiles-check.ts';
import type { LogsState } from './logs/log-state.ts';
import { logsCheck } from './logs/logs-check.ts';
import { type ProbesState, probesCheck } from './probes.ts';
import { queriesCheck } from './queries/queries-check.ts';
import type { QueriesState } from './queries/query.ts';
import { responseShapeCheck } from './shape/shape-check.ts';
import type { ShapeState } from './shape/shape-state.ts';
import { silenceCheck } from './silence.ts';
import type { SlicesState } from './slices/slices.ts';
import { slicesCheck } from './slices/slices-check.ts';
import { type SplitState, splitShareCheck } from './split-share.ts';
import { unansweredCheck } from './unanswered.ts';
import type { ValuesState } from './values/value-tests.ts';
import { valuesCheck } from './values/values-check.ts';

/** What the checks remember, as stored: plain JSON by check. */
export interface CheckStates {
  readonly errors: RateState;
  readonly unanswered: UnansweredState;
  readonly content: ContentState;
  readonly clientErrors: ClientErrorsState;
  readonly empty: KindState;
  readonly redirects: KindState;
  readonly unmodified: KindState;
  readonly withContent: KindState;
  readonly otherAnswers: KindState;
  readonly latency: LatencyState;
  readonly quantiles: QuantilesState;
  readonly gross: GrossStates;
  readonly keys: KeysState;
  readonly probes: ProbesState;
  readonly answers: PairEvidence;
  readonly forcedLogs: ForcedLogsState;
  readonly guards: GuardsState;
  readonly values: ValuesState;
  readonly categories: CategoriesState;
  readonly logs: LogsState;
  readonly responseShape: ShapeState;
  readonly queries: QueriesState;
  readonly silence: NoReport;
  readonly splitShare: SplitState;
  readonly slices: SlicesState;
  readonly baseline: BrokenStable;
}

export type CheckKey = keyof CheckStates;

/** Every check, in the order in which findings are shown. */
export const CHECKS: { readonly [Key in CheckKey]: Check<CheckStates[Key]> } = {
  errors: errorsCheck,
  unanswered: unansweredCheck,
  content: contentCheck,
  clientErrors: clientErrorsCheck,
  empty: kindCheck('empty'),
  redirects: kindCheck('redirects'),
  unmodified: kindCheck('unmodified'),
  withContent: kindCheck('withContent'),
  otherAnswers: kindCheck('otherAnswers'),
  latency: latencyCheck,
  quantiles: quantilesCheck,
  gross: grossCheck,
  keys: keysCheck,
  probes: probesCheck,
  answers: answersCheck,
  forcedLogs: forcedLogsCheck,
  guards: guardsCheck,
  values: valuesCheck,
  categories: categoriesCheck,
  logs: logsCheck,
  responseShape: responseShapeCheck,
  queries: queriesCheck,
  slices: slicesCheck,
  silence: silenceCheck,
  splitShare: splitShareCheck,
  baseline: baselineCheck,
};
