import type { Checks } from '../policy/schema.ts';
import type { DeclaredRoute } from './ports.ts';

/** Why the probes that a policy asks for are never sent on a route, in one sentence; null if they are, or none are asked for. */
export function whyUnprobed(
  { name, isProbed = false }: Pick<DeclaredRoute, 'name' | 'isProbed'>,
  { probes }: Pick<Checks, 'probes'>,
): string | null {
  if (probes === undefined || isProbed) return null;
  return (
    `checks.probes would stay without a single pair, because the route ${name} has no probes.requests in serin.yaml: ` +
    'give it some, or take checks.probes out of the policy'
  );
}

/**
 * Why no request is ever compared on a route whose policy asks for what both versions answer, in one sentence; null if requests are, or
 * it does not ask.
 */
export function whyUnmirrored(
  { name, isMirrored = false }: Pick<DeclaredRoute, 'name' | 'isMirrored'>,
  { answers }: Pick<Checks, 'answers'>,
): string | null {
  if (answers === undefined || isMirrored) return null;
  return (
    `checks.answers would stay without a single request, because the route ${name} has no mirror in serin.yaml that compares: ` +
    'give it one, such as mirror: 5%, or take checks.answers out of the policy'
  );
}

/** What a policy asks of answers themselves, as paths below `checks`. */
type OfAnswers = Pick<Checks, 'errors' | 'latency' | 'streams' | 'values' | 'categories' | 'size' | 'answers'>;

/**
 * Why a policy asks a route for what nobody reads there, in one sentence; null if it does not. A source beside the gateway knows
 * statuses and latencies, and nothing of what answers carry.
 */
export function whyUncarried(
  { name, evidence = 'gateway' }: Pick<DeclaredRoute, 'name' | 'evidence'>,
  checks: OfAnswers,
): string | null {
  const asked = evidence === 'gateway' ? [] : askedOfAnswers(checks);
  if (asked.length === 0) return null;
  const paths = asked.map((path) => ['checks', ...path].join('.')).join(', ');
  return (
    `${paths} would stay without a single answer, because the source of the route ${name} measures it, and only the gateway reads ` +
    'answers: take it out of the policy, or source out of the route'
  );
}

/**
 * What a policy asks of answers that nobody reads on a route, and that nothing waits for: a clause for people, null where there is none.
 * A policy of many routes may ask for it on all of them.
 */
export function whatGoesUnread(
  { evidence = 'gateway' }: Pick<DeclaredRoute, 'evidence'>,
  { responseShape }: Pick<Checks, 'responseShape'>,
): string | null {
  if (evidence === 'gateway' || responseShape === undefined) return null;
  return 'checks.responseShape compares nothing here, because the source of the route measures it, and only the gateway reads answers';
}

/** The parts of a policy that only the gateway can answer. */
export function askedOfAnswers({
  errors,
  latency,
  streams,
  values,
  categories,
  size,
  answers,
}: OfAnswers): readonly string[][] {
  const { p50, p95, p99, dominance, quantiles } = latency;
  const timed = [
    ...Object.entries({ p50, p95, p99, dominance }).map(([name, check]) => ({ path: ['latency', name], check })),
    ...Object.entries(quantiles).map(([name, check]) => ({ path: ['latency', 'quantiles', name], check })),
  ];
  return [
    ...(errors.when.length > 0 ? [['errors', 'when']] : []),
    ...timed.flatMap(({ path, check }) => (check?.until === 'end' ? [path] : [])),
    ...(streams === undefined ? [] : [['streams']]),
    ...(Object.keys(values).length > 0 ? [['values']] : []),
    ...(Object.keys(categories).length > 0 ? [['categories']] : []),
    ...(size === undefined ? [] : [['size']]),
    ...(answers === undefined ? [] : [['answers']]),
  ];
}
