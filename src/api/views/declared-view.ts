import { z } from '@hono/zod-openapi';
import type { Verdict } from '../../judge/verdict.ts';
import { declaredAndSeen } from '../../parity/declared/declared-and-seen.ts';
import type { DeclaredReading } from '../../parity/declared/declared-reading.ts';

const TOLD = ['declared-and-seen', 'declared-and-not-seen', 'seen-and-not-declared'] as const;
/** Differences of a rollout that are shown. */
const MOST_SHOWN = 50;

export const declaredViewSchema = z
  .strictObject({
    state: z.enum(['reading', 'unread', 'compared']),
    says: z.string(),
    differences: z
      .array(
        z.strictObject({
          told: z.enum(TOLD),
          kind: z.string(),
          effect: z.enum(['breaking', 'compatible']),
          place: z.string().describe('As the document or the finding calls it: `GET /orders/{id} 2xx`'),
          path: z.string().describe('Of the field; empty for the whole answer'),
          to: z.string().nullable().describe('What it became'),
          says: z.string(),
        }),
      )
      .max(MOST_SHOWN),
  })
  .describe(
    'How the OpenAPI documents of both versions differ, beside what was seen of their answers; it decides nothing',
  );

export type DeclaredView = z.infer<typeof declaredViewSchema>;

export function declaredView(reading: DeclaredReading, verdict: Verdict | null): DeclaredView {
  if (reading.state === 'reading') {
    return { state: 'reading', says: 'the OpenAPI documents of both versions are being read', differences: [] };
  }
  if (reading.state === 'unread') return { state: 'unread', says: reading.says, differences: [] };
  // In the internal phase a reservation has what was seen.
  const said = [...(verdict?.findings ?? []), ...(verdict?.reservations ?? [])];
  const seen = said.flatMap(({ check, differences = [] }) => (check === 'responseShape' ? differences : []));
  const told = declaredAndSeen(reading.differences, seen);
  const counted = TOLD.map((how) => `${told.filter((one) => one.told === how).length} ${how.replaceAll('-', ' ')}`);
  const left = reading.left === 0 ? [] : [`${reading.left} more are declared than are told`];
  const says =
    told.length + left.length === 0
      ? 'the OpenAPI documents declare no difference, and none was seen'
      : [...counted, ...left].join(', ');
  return { state: 'compared', says, differences: told.slice(0, MOST_SHOWN).map((one) => ({ ...one })) };
}
