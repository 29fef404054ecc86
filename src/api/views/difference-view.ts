import { z } from '@hono/zod-openapi';
import type { Difference, SeenShare } from '../../parity/differences/difference.ts';

/** Of a path, a template or a clause: upstreams chose what they are made of. */
const LONGEST = 400;

const seenShare = z.strictObject({
  count: z.number().describe('Answers or lines that are so'),
  of: z.number().describe('Of so many'),
  share: z.number().nullable().describe('Of lines per request it may be above 1; null of nothing'),
  bounds: z
    .strictObject({ low: z.number(), high: z.number().nullable() })
    .nullable()
    .describe('95 % confidence sequence: it holds at all looks together'),
});

export const differenceViewSchema = z
  .strictObject({
    kind: z.string().describe('removed, renamed, retyped, nullable, optional, new-value, new-template, new-call, ...'),
    effect: z
      .enum(['breaking', 'compatible'])
      .describe('Whether it can break a client that worked before; what cannot changes no verdict'),
    place: z.string().describe('Endpoint and class of the status, as in GET /orders/{id} 2xx, or the logger'),
    path: z
      .string()
      .describe('What differs: a JSON pointer, a header, a template of log lines, a service that is called'),
    to: z.string().nullable().describe('What it became: the new path, type or value'),
    canary: seenShare,
    stable: seenShare,
    logHarm: z.number().nullable().describe('Natural logarithm of its e-value'),
    firstSeen: z.string().nullable().describe('RFC 3339; null where that is unknown'),
    consumers: z
      .array(z.string())
      .describe(
        'Consumers whose requests met it, by their names, at most ten; of the worst differences of a verdict. None of log ' +
          'lines, which do not say whose request they are of',
      ),
    examples: z
      .array(z.strictObject({ track: z.enum(['canary', 'stable']), text: z.string() }))
      .describe(
        'At most three of each version, redacted and cut to 80 characters; of the worst differences of a verdict',
      ),
    says: z.string().describe('A clause'),
  })
  .openapi('Difference');

export type DifferenceView = z.infer<typeof differenceViewSchema>;

/** A difference as users, the command line and the dashboard see it; bounded, whatever upstreams answered. */
export function differenceView({ seen, sighting: _sighting, ...difference }: Difference): DifferenceView {
  const { place, path, to, canary, stable, logHarm, firstSeen, says } = difference;
  return {
    ...difference,
    place: cut(place),
    path: cut(path),
    to: to === null ? null : cut(to),
    canary: shareView(canary),
    stable: shareView(stable),
    logHarm: Number.isFinite(logHarm) ? logHarm : null,
    firstSeen: firstSeen === null ? null : new Date(firstSeen).toISOString(),
    consumers: [...(seen?.consumers ?? [])],
    examples: [...(seen?.examples ?? [])],
    says: cut(says),
  };
}

function shareView({ count, of, bounds }: SeenShare): DifferenceView['canary'] {
  return { count, of, share: of === 0 ? null : count / of, bounds: bounds && { ...bounds } };
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
