import type { Block, SeriesPoint } from '../stats/block.ts';
import { askQueries } from './queries/check.ts';
import { type CheckCursor, formatCursor, parseCursor } from './queries/cursor.ts';
import type { QuerySource } from './queries/query-source.ts';
import { type Taking, take } from './queries/take.ts';
import type { LabelsOf } from './queries/words.ts';
import type { Collected, CollectRequest, MetricsSource } from './source.ts';

export interface QueryOptions {
  /** By the `source` name that query checks use. */
  readonly sources: ReadonlyMap<string, QuerySource>;
  /** What `metrics` of a route says of the versions' series; by default no route has any. */
  readonly labels?: LabelsOf;
  /** Epoch ms. */
  readonly now?: () => number;
}

/**
 * A source whose blocks also carry the values of the request's query checks: each value once, on one block of the split
 * it was taken under, in order. If there is no block for a value, it is taken again at the next look.
 */
export function withQueries(
  inner: MetricsSource,
  { sources, labels = () => null, now = Date.now }: QueryOptions,
): MetricsSource {
  return {
    name: inner.name,
    async collect(request, signal) {
      const cursor = parseCursor(request.after);
      const names = Object.keys(request.queries);
      const asked = { ...request, after: cursor.blocks };
      if (names.length === 0) return inner.collect(asked, signal);
      const at = now();
      const [collected, takings] = await Promise.all([
        inner.collect(asked, signal),
        Promise.all(
          Object.entries(request.queries).map(([name, check]) => {
            const takenUpTo = cursor.checks[name]?.takenUpTo ?? null;
            return take({ name, check, request, takenUpTo, now: at, labels }, sources.get(check.source), signal);
          }),
        ),
      ]);
      return collected.kind === 'unusable' ? collected : attach(collected, takings, request, cursor.checks);
    },
    async check(request, signal) {
      const [own, queries] = await Promise.all([
        inner.check?.(request, signal) ?? [],
        askQueries(request, { sources, labels }, now(), signal),
      ]);
      return [...own, ...queries];
    },
    slices: async (route) => (await inner.slices?.(route)) ?? [],
    sightings: async (route, names) => (await inner.sightings?.(route, names)) ?? new Map(),
    units: async (route, draws) => (inner.units ? inner.units(route, draws) : 'uncounted'),
  };
}

type Blocks = Extract<Collected, { kind: 'blocks' }>;

function attach(
  collected: Blocks,
  takings: readonly Taking[],
  { queries, split }: CollectRequest,
  before: Readonly<Record<string, CheckCursor>>,
): Blocks {
  const slots = collected.blocks.flatMap(({ splitEpoch }, index) => (splitEpoch === split.epoch ? [index] : []));
  const series = new Map<number, Record<string, SeriesPoint>>();
  const checks: Record<string, CheckCursor> = {};
  const missing = collected.missing === undefined ? [] : [collected.missing];

  for (const { name, points, waiting } of takings) {
    const fitting = points.slice(0, slots.length);
    for (const [index, { point }] of fitting.entries()) {
      const slot = slots[slots.length - fitting.length + index] ?? 0;
      series.set(slot, { ...series.get(slot), [name]: point });
    }
    const last = fitting.at(-1);
    const reached = last ? { takenUpTo: last.end, missing: last.missing } : before[name];
    if (reached) checks[name] = reached;
    const says = waiting ?? reached?.missing ?? null;
    if (says !== null && queries[name]?.dryRun === false) missing.push(says);
  }

  return {
    kind: 'blocks',
    blocks: collected.blocks.map((block, index) => withSeries(block, series.get(index))),
    cursor: formatCursor({ blocks: collected.cursor, checks }),
    ...(missing.length > 0 ? { missing: missing.join('; ') } : {}),
  };
}

function withSeries(block: Block, series: Block['series']): Block {
  return series === undefined ? block : { ...block, series: { ...block.series, ...series } };
}
