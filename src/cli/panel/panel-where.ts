import type { VerdictView } from '../../api/verdict-schemas.ts';
import type { RolloutView } from '../../api/view-schemas.ts';
import { formatCount } from '../../parity/figures.ts';
import { clean, fit, padTo } from '../text.ts';
import { measureOf, type Paint } from './figures.ts';

type Slice = NonNullable<VerdictView['where']>['slices'][number];

const SHARE = 9;
const REQUESTS = 20;
const PART = 8;

/** The traffic slices that carry the difference, worst first; empty if none stands out. */
export function renderWhere({ verdict }: RolloutView, width: number, paint: Paint): string[] {
  const where = verdict?.where;
  if (!where || where.slices.length === 0) return [];
  const named = Math.max(12, width - 2 * SHARE - REQUESTS - PART);
  const row = (name: string, canary: string, stable: string, requests: string, part: string) =>
    (
      padTo(fit(name, named - 1), named) +
      canary.padStart(SHARE) +
      stable.padStart(SHARE) +
      requests.padStart(REQUESTS) +
      part.padStart(PART)
    ).slice(0, width);
  const rowOf = (slice: Slice) =>
    row(
      clean(slice.dimension === 'endpoint' ? slice.name : `${slice.dimension} ${slice.name}`),
      measureOf(slice.canary, 'share'),
      measureOf(slice.stable, 'share'),
      `${formatCount(slice.requests.canary)} / ${formatCount(slice.requests.stable)}`,
      `${Math.round(slice.part * 100)} %`,
    );
  const heading = `worst: ${headingOf(where)}`;
  return ['', paint.dim(row(heading, 'canary', 'stable', 'requests', 'part')), ...where.slices.map(rowOf)];
}

function headingOf({ measure, slowMs }: NonNullable<VerdictView['where']>): string {
  switch (measure) {
    case 'errors':
      return 'errors';
    case 'clientErrors':
      return '4xx answers';
    case 'slow':
      return 'slower than usual';
    default:
      return `slower than ${measureOf(slowMs, 'ms')}`;
  }
}
