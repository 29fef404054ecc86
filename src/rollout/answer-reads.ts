import { readsEnd } from '../parity/latency/until.ts';
import { consumerGroups } from '../policy/checks/consumer-groups.ts';
import type { ResponseShapeTerms } from '../policy/checks/shape-checks.ts';
import type { Checks } from '../policy/schema.ts';
import type { AnswerReads, OwnValue, ShapeReads } from '../split/answer-reads.ts';
import type { SplitOrder } from '../split/order.ts';

/** What the gateway has to read of answers for these checks. */
export function readsOf(checks: Checks): Pick<SplitOrder['measure'], 'reads'> {
  const { errors, values, categories, streams, responseShape, answers } = checks;
  const reads: AnswerReads = {
    sample: errors.sample,
    failures: errors.when,
    values: sourcesOf(values),
    categories: sourcesOf(categories),
    own: ownValuesOf(checks),
    lastData: streams?.end ?? null,
    ...(responseShape === undefined ? {} : { shape: shapeOf(responseShape) }),
    ...(answers === undefined ? {} : { answers: { ignore: answers.ignore } }),
  };
  const isNothing =
    reads.shape === undefined &&
    reads.answers === undefined &&
    reads.failures.length + reads.own.length === 0 &&
    Object.keys(reads.values).length + Object.keys(reads.categories).length === 0;
  return isNothing ? {} : { reads };
}

// What is ignored is left out by the judge in any case; what lies below a path takes no room either.
function shapeOf({ sample, ignore, exceptConsumers, expect }: ResponseShapeTerms): ShapeReads {
  const groups = consumerGroups(expect).map(({ name, consumers }) => ({ name, consumers }));
  return {
    sample,
    ignore: ignore.flatMap((path) => (path.endsWith('/**') ? [path.slice(0, -'/**'.length)] : [])),
    exceptConsumers,
    ...(groups.length === 0 ? {} : { groups }),
  };
}

function ownValuesOf(checks: Checks): readonly OwnValue[] {
  const { streams, upload, size } = checks;
  const own: OwnValue[] = [];
  if (readsEnd(checks)) own.push('end');
  if (streams !== undefined) own.push('first-event', 'gap', 'event-rate');
  if (upload !== undefined) own.push('upload');
  if (size !== undefined) own.push('size');
  return own;
}

function sourcesOf<Source>(
  checks: Readonly<Record<string, { readonly from: Source }>>,
): Readonly<Record<string, Source>> {
  return Object.fromEntries(Object.entries(checks).map(([name, { from }]) => [name, from]));
}
