import { z } from '@hono/zod-openapi';
import { MOST_TRAIL_ROWS, type TrailRow, type TrailTrack } from '../../rollout/so-far/trail.ts';

const column = (of: z.ZodNumber) => z.array(of).max(MOST_TRAIL_ROWS);
const gapped = (of: z.ZodNumber) => z.array(of.nullable()).max(MOST_TRAIL_ROWS);
const ms = gapped(z.number()).describe('In ms; of a row of several looks their mean, weighted by requests');

const track = z.strictObject({
  n: gapped(z.int()).describe('Requests; null where the version reported nothing'),
  x: gapped(z.int()).describe('Errors'),
  p50: ms,
  p95: ms,
  p99: ms,
});

export const trailViewSchema = z
  .strictObject({
    at: column(z.int()).describe("When the last look of the row was made, epoch ms by the database's clock"),
    everyMs: column(z.number()).describe('The time that the row covers'),
    bps: column(z.int()).describe('The share of the canary that was ordered, in basis points'),
    logHarm: gapped(z.number()).describe('The highest log evidence of harm, of all checks together'),
    logParityWeakest: gapped(z.number()).describe(
      'Log evidence of parity of the check that has the least, of those that a promotion waits for',
    ),
    canary: track,
    stable: track,
    checks: z.object({}).catchall(gapped(z.number())).describe('The highest log evidence of harm, by check'),
  })
  .describe('Columns of equal length, oldest first; null is what was not known')
  .openapi('Trail');

export type TrailView = z.infer<typeof trailViewSchema>;

/** The rows of a trail as columns. */
export function trailView(rows: readonly TrailRow[]): TrailView {
  const names = new Set(rows.flatMap(({ checks }) => Object.keys(checks)));
  return {
    at: rows.map(({ at }) => at),
    everyMs: rows.map(({ everyMs }) => everyMs),
    bps: rows.map(({ bps }) => bps),
    logHarm: rows.map(({ logHarm }) => logHarm),
    logParityWeakest: rows.map(({ logParityWeakest }) => logParityWeakest),
    canary: trackView(rows.map(({ canary }) => canary)),
    stable: trackView(rows.map(({ stable }) => stable)),
    checks: Object.fromEntries([...names].map((name) => [name, rows.map(({ checks }) => checks[name] ?? null)])),
  };
}

function trackView(tracks: readonly (TrailTrack | null)[]): TrailView['canary'] {
  const of = (figure: keyof TrailView['canary']) => tracks.map((track) => track?.[figure] ?? null);
  return { n: of('n'), x: of('x'), p50: of('p50'), p95: of('p95'), p99: of('p99') };
}
