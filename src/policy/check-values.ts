import { latencyBuckets } from './check-margins.ts';
import type { OwnValueTerms, ValueMargin } from './checks/answer-checks.ts';
import type { DocumentFault, Path } from './fault.ts';
import type { Legible, LegibleSpec } from './legible.ts';
import { formatPercent } from './units.ts';

const CHECKS: Path = ['spec', 'checks'];

interface PlacedValue {
  readonly path: Path;
  readonly terms: Legible<Pick<OwnValueTerms, 'quantiles' | 'weight' | 'dryRun'>>;
  readonly worse: Legible<'higher' | 'lower' | 'both'>;
}

/** The numbers of answers that a policy has compared, with their places. */
export function valuesOf({ checks }: LegibleSpec): readonly PlacedValue[] {
  const streams = checks?.streams;
  return [
    ...Object.entries(checks?.values ?? {}).map(([name, terms]) => ({
      path: [...CHECKS, 'values', name],
      terms,
      worse: terms?.worse ?? null,
    })),
    ...(streams
      ? [
          { path: [...CHECKS, 'streams', 'firstEvent'], terms: streams.firstEvent, worse: 'higher' as const },
          { path: [...CHECKS, 'streams', 'gap'], terms: streams.gap, worse: 'higher' as const },
          { path: [...CHECKS, 'streams', 'rate'], terms: streams.rate, worse: 'lower' as const },
        ]
      : []),
    ...(checks?.upload ? [{ path: [...CHECKS, 'upload'], terms: checks.upload, worse: 'higher' as const }] : []),
    ...(checks?.size ? [{ path: [...CHECKS, 'size'], terms: checks.size, worse: 'both' as const }] : []),
  ];
}

/** Rules about the margins of numbers that answers carry: as those of latencies, and what is lower has an end. */
export function checkValues(spec: LegibleSpec): readonly DocumentFault[] {
  return valuesOf(spec).flatMap(({ path, terms, worse }) =>
    Object.entries(terms?.quantiles ?? {}).flatMap(([name, quantile]) => {
      const at = [...path, 'quantiles', name];
      const { rollback = null, parity = null } = quantile ?? {};
      const faults =
        worse === 'lower' ? [...isReached(at, 'rollback', rollback), ...isReached(at, 'parity', parity)] : [];
      return faults.length > 0 ? faults : isOrdered(at, rollback, parity);
    }),
  );
}

function isReached(at: Path, key: 'rollback' | 'parity', margin: Legible<ValueMargin>): DocumentFault[] {
  const relative = margin?.relative ?? null;
  if (relative === null || relative < 1) return [];
  const message = `relative must be below 100% where lower values are worse, or none ever would be: ${formatPercent(relative)}`;
  return [{ path: [...at, key, 'relative'], message, at: 'key' }];
}

function isOrdered(at: Path, rollback: Legible<ValueMargin>, parity: Legible<ValueMargin>): DocumentFault[] {
  const { relative: pr = null, absolute: pa = null } = parity ?? {};
  if (pr === null || pa === null) return [];
  const path = [...at, 'parity'];
  if (latencyBuckets(pr) === 0 && pa === 0) {
    const message = `parity must be at least 2%, or above 0 in the unit of the value, or it can never be shown: ${formatPercent(pr)}`;
    return [{ path, message, at: 'key' }];
  }
  const { relative: rr = null, absolute: ra = null } = rollback ?? {};
  if (rr === null || ra === null) return [];
  const wider = 'parity margin must be at least the rollback margin';
  if (latencyBuckets(pr) < latencyBuckets(rr)) {
    return [{ path, message: `${wider}: ${formatPercent(pr)} against ${formatPercent(rr)}`, at: 'key' }];
  }
  return pa < ra ? [{ path, message: `${wider}: ${pa} against ${ra}`, at: 'key' }] : [];
}
