import { contentParity } from './checks/answer-checks.ts';
import type { ErrorMargin } from './checks/margins.ts';
import type { DocumentFault, Path } from './fault.ts';
import type { Legible, LegibleSpec } from './legible.ts';
import type { LatencyMargin } from './units.ts';
import { formatDuration, formatPercent, formatPp } from './units.ts';

const CHECKS: Path = ['spec', 'checks'];
const CLASSIC: Path = [...CHECKS, 'latency', 'classic'];
const QUANTILES = ['p50', 'p95', 'p99'] as const;

/** Ratio of neighbouring latency buckets (docs/statistics.md section 2.2). */
const BUCKET_RATIO = 1.02;

/**
 * Rules about margins. Between a narrower parity margin and a wider rollback margin a canary could neither pass nor
 * fail; a parity margin of nothing can never be shown, however equal the versions are.
 */
export function checkMargins({ checks }: LegibleSpec): readonly DocumentFault[] {
  return [
    ...shareCanPass([...CHECKS, 'errors'], checks?.errors?.parity ?? null),
    ...shareCanPass([...CHECKS, 'clientErrors'], checks?.clientErrors?.parity ?? null),
    ...holdComesFirst([...CHECKS, 'clientErrors'], checks?.clientErrors ?? null),
    ...shareCanPass([...CHECKS, 'empty'], checks?.empty?.parity ?? null),
    ...shareCanPass([...CHECKS, 'errors', 'partial'], checks?.errors?.partial?.parity ?? null),
    ...shareCanPass([...CHECKS, 'errors', 'unread'], checks?.errors?.unread?.parity ?? null),
    ...contentCanPass(checks),
    ...categoriesCanPass(checks),
    ...shareCanPass([...CHECKS, 'kinds'], checks?.kinds?.parity ?? null),
    ...holdComesFirst([...CHECKS, 'kinds'], checks?.kinds ?? null),
    ...shareCanPass(CLASSIC, checks?.latency?.classic?.parity ?? null),
    ...sharesAreOrdered([...CHECKS, 'errors'], checks?.errors?.rollback ?? null, checks?.errors?.parity ?? null),
    ...sharesAreOrdered(CLASSIC, checks?.latency?.classic?.rollback ?? null, checks?.latency?.classic?.parity ?? null),
    ...Object.entries(checks?.latency?.quantiles ?? {}).flatMap(([name, check]) =>
      latencyIsOrdered([...CHECKS, 'latency', 'quantiles', name], check?.rollback ?? null, check?.parity ?? null),
    ),
    ...Object.entries(checks?.values ?? {}).flatMap(([name, check]) => {
      const path = [...CHECKS, 'values', name, 'missing'];
      const { rollback = null, parity = null } = check?.missing ?? {};
      return [...shareCanPass(path, parity), ...sharesAreOrdered(path, rollback, parity)];
    }),
    ...probesAreOrdered(checks),
    ...QUANTILES.flatMap((quantile) => {
      const check = checks?.latency?.[quantile];
      return latencyIsOrdered([...CHECKS, 'latency', quantile], check?.rollback ?? null, check?.parity ?? null);
    }),
  ];
}

function shareCanPass(check: Path, parity: Legible<ErrorMargin>): DocumentFault[] {
  if (parity?.relative !== 0 || parity.absolute !== 0) return [];
  return [
    { path: [...check, 'parity'], message: 'parity must allow some difference, or it can never be shown', at: 'key' },
  ];
}

/** Errors by content are compared with margins of their own where they have any. */
function contentCanPass(checks: LegibleSpec['checks']): DocumentFault[] {
  const { content, rollback = null, parity = null } = checks?.errors ?? {};
  if (!content || (content.rollback === undefined && content.parity === undefined)) return [];
  const path = [...CHECKS, 'errors', 'content'];
  const shown = content.parity === undefined ? defaultParity(parity) : content.parity;
  return [...shareCanPass(path, shown), ...sharesAreOrdered(path, content.rollback ?? rollback, shown)];
}

function defaultParity(errors: Legible<ErrorMargin>): ErrorMargin | null {
  const { relative = null, absolute = null } = errors ?? {};
  return relative === null || absolute === null ? null : contentParity({ relative, absolute });
}

function categoriesCanPass(checks: LegibleSpec['checks']): DocumentFault[] {
  return Object.entries(checks?.categories ?? {}).flatMap(([name, category]) => {
    const path = [...CHECKS, 'categories', name];
    const parity = category?.parity ?? null;
    return [...shareCanPass(path, parity), ...sharesAreOrdered(path, category?.rollback ?? null, parity)];
  });
}

/** A rise that is rolled back has been held before that. */
function holdComesFirst(
  check: Path,
  declared: { readonly hold: Legible<ErrorMargin>; readonly rollback: Legible<ErrorMargin | 'off'> } | null,
): DocumentFault[] {
  const { hold = null, rollback = null } = declared ?? {};
  if (rollback === null || rollback === 'off') return [];
  const path = [...check, 'rollback'];
  const fault = (key: 'relative' | 'absolute', format: (share: number) => string): DocumentFault[] => {
    const holds = hold?.[key] ?? null;
    const rollsBack = rollback[key];
    if (holds === null || rollsBack === null || rollsBack >= holds) return [];
    const message = `rollback margin must be at least the one that holds: ${format(rollsBack)} against ${format(holds)}`;
    return [{ path: [...path, key], message, at: 'key' }];
  };
  return [...fault('relative', formatPercent), ...fault('absolute', formatPp)];
}

/**
 * Rollback allows `rr s + ra` more events than the stable's rate s, parity the larger of `pr s` and `pa`. The larger is
 * closest to the sum where the two are equal, s = pa / pr, so parity is never the narrower one when
 * rr / pr + ra / pa <= 1.
 */
function sharesAreOrdered(check: Path, rollback: Legible<ErrorMargin>, parity: Legible<ErrorMargin>): DocumentFault[] {
  const { relative: rr = null, absolute: ra = null } = rollback ?? {};
  const { relative: pr = null, absolute: pa = null } = parity ?? {};
  if (rr === null || ra === null || pr === null || pa === null || (pr === 0 && pa === 0)) return [];
  const path = [...check, 'parity'];
  const faults: DocumentFault[] = [];
  if (pr < rr) {
    const message = `parity margin must be at least the rollback margin: ${formatPercent(pr)} against ${formatPercent(rr)}`;
    faults.push({ path: [...path, 'relative'], message, at: 'key' });
  }
  if (pa < ra) {
    const message = `parity margin must be at least the rollback margin: ${formatPp(pa)} against ${formatPp(ra)}`;
    faults.push({ path: [...path, 'absolute'], message, at: 'key' });
  }
  if (faults.length === 0 && part(rr, pr) + part(ra, pa) > 1 + 1e-9) {
    const meet = formatPercent(Number((pa / pr).toPrecision(2)));
    const message = `parity margin must be at least the rollback margin: at ${meet} ${eventsOf(check)} the larger of ${formatPercent(pr)} and ${formatPp(pa)} is less than ${formatPercent(rr)} plus ${formatPp(ra)}`;
    faults.push({ path, message, at: 'key' });
  }
  return faults;
}

function eventsOf(check: Path): string {
  switch (check.at(-1)) {
    case 'errors':
    case 'content':
      return 'errors';
    case 'classic':
      return 'slow answers';
    case 'missing':
      return 'answers without it';
    default:
      return 'answers with such a word';
  }
}

function part(rollback: number, parity: number): number {
  return rollback === 0 ? 0 : rollback / parity;
}

/** Probes are compared by their times, and with the margins of the median where they have none of their own. */
function probesAreOrdered(checks: LegibleSpec['checks']): DocumentFault[] {
  const probes = checks?.probes;
  if (!probes) return [];
  const { relative: rr = null, absoluteMs: ra = null } = probes.rollback ?? checks?.latency?.p50?.rollback ?? {};
  const { relative: pr = null, absoluteMs: pa = null } = probes.parity ?? checks?.latency?.p50?.parity ?? {};
  if (rr === null || ra === null || pr === null || pa === null) return [];
  if (pr >= rr && pa >= ra && (pr > 0 || pa > 0)) return [];
  const message = 'parity margin of probes must be above nothing, and at least their rollback margin';
  return [{ path: [...CHECKS, 'probes'], message, at: 'key' }];
}

/** Compared as the judge does, in whole buckets; the absolute parts apply at other latencies and are compared apart. */
function latencyIsOrdered(
  check: Path,
  rollback: Legible<LatencyMargin>,
  parity: Legible<LatencyMargin>,
): DocumentFault[] {
  const { relative: pr = null, absoluteMs: pa = null } = parity ?? {};
  if (pr === null || pa === null) return [];
  const fault = (message: string): DocumentFault[] => [{ path: [...check, 'parity'], message, at: 'key' }];
  if (latencyBuckets(pr) === 0 && pa === 0) {
    return fault(`parity must be at least 2%, one latency bucket, or it can never be shown: ${formatPercent(pr)}`);
  }
  const { relative: rr = null, absoluteMs: ra = null } = rollback ?? {};
  if (rr === null || ra === null) return [];
  if (latencyBuckets(pr) < latencyBuckets(rr)) {
    return fault(
      `parity margin must be at least the rollback margin: ${formatPercent(pr)} against ${formatPercent(rr)}`,
    );
  }
  if (pa < ra) {
    return fault(
      `parity margin must be at least the rollback margin: ${formatDuration(pa)} against ${formatDuration(ra)}`,
    );
  }
  return [];
}

/**
 * A relative latency margin as whole buckets: the largest j with 1.02^j <= 1 + margin. The tolerance keeps a margin
 * that is exactly a power of 1.02 from losing a bucket to rounding.
 * @example latencyBuckets(0.04) // 1, because 1.02^2 is 1.0404
 * @example latencyBuckets(0.041) // 2
 */
export function latencyBuckets(margin: number): number {
  return Math.floor(Math.log1p(margin) / Math.log(BUCKET_RATIO) + 1e-9);
}
