import { labelsKey, type MatrixSeries } from './read-matrix.ts';

/** Prometheus identifies targets by these two labels, which it adds to every series that it scrapes. */
export function targetOf(labels: Readonly<Record<string, string>>): string {
  const { instance, job } = labels;
  return instance === undefined ? labelsKey(labels) : labelsKey({ instance, ...(job === undefined ? {} : { job }) });
}

/** The time of the newest sample by target, epoch ms. */
export function newestByTarget(series: readonly MatrixSeries[]): ReadonlyMap<string, number> {
  const newest = new Map<string, number>();
  for (const { labels, samples, histograms } of series) {
    const last = (samples.at(-1) ?? histograms.at(-1))?.at;
    if (last === undefined) continue;
    const target = targetOf(labels);
    newest.set(target, Math.max(last, newest.get(target) ?? last));
  }
  return newest;
}

/** A replica that has been missing for this long was removed. */
export const GONE_MS = 300_000;

/**
 * How current the series of a version are. `silent`: nothing is newer than two scrapes; `partial`: some replicas are
 * current, and others went missing in the last five minutes.
 */
export type Currency =
  | { readonly kind: 'current'; readonly newest: number }
  | { readonly kind: 'partial'; readonly newest: number; readonly missing: number; readonly of: number }
  | { readonly kind: 'silent'; readonly newest: number | null };

export function currencyOf(series: readonly MatrixSeries[], at: number, intervalMs: number): Currency {
  const targets = [...newestByTarget(series).values()].filter((newest) => newest > at - GONE_MS - intervalMs);
  if (targets.length === 0) return { kind: 'silent', newest: null };
  const newest = Math.max(...targets);
  const oldest = at - 2 * intervalMs;
  if (newest < oldest) return { kind: 'silent', newest };
  const missing = targets.filter((last) => last < oldest && last > at - GONE_MS).length;
  return missing === 0 ? { kind: 'current', newest } : { kind: 'partial', newest, missing, of: targets.length };
}
