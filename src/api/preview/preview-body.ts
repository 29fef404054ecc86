import { z } from '@hono/zod-openapi';
import type { Deed } from '../../rollout/acts/deed.ts';
import {
  advanceBody,
  extendBody,
  gateParams,
  promoteBody,
  reasonBody,
  skipBody,
  weightBody,
} from '../request-schemas.ts';

const reason = reasonBody.shape.reason.optional().describe('As it would be told; it may still be left out');

const bare = <V extends string>(verb: V) => z.strictObject({ verb: z.literal(verb), reason });

/** A verb with its own body, whose reason may be left out. */
export const previewBody = z.discriminatedUnion('verb', [
  bare('pause'),
  bare('resume'),
  bare('rollback'),
  bare('abort'),
  bare('finalise'),
  bare('rebase'),
  bare('retry'),
  z.strictObject({
    verb: z.literal('advance'),
    to: advanceBody.shape.to,
    leaveBehind: advanceBody.shape.leaveBehind,
    reason,
  }),
  z.strictObject({
    verb: z.literal('promote'),
    full: promoteBody.shape.full,
    repair: promoteBody.shape.repair,
    leaveBehind: promoteBody.shape.leaveBehind,
    reason,
  }),
  z.strictObject({ verb: z.literal('weight'), weight: weightBody.shape.weight, reason }),
  z.strictObject({ verb: z.literal('extend'), by: extendBody.shape.by, reason }),
  z.strictObject({ verb: z.literal('skip'), check: skipBody.shape.check, reason }),
  z.strictObject({ verb: z.literal('gate'), gate: gateParams.shape.gate, reason }),
]);

export function deedOf(body: z.output<typeof previewBody>): Deed {
  switch (body.verb) {
    case 'advance':
      return { verb: body.verb, to: body.to, leaveBehind: body.leaveBehind };
    case 'promote':
      return { verb: body.verb, full: body.full, repair: body.repair, leaveBehind: body.leaveBehind };
    case 'weight':
      return { verb: body.verb, canaryBps: body.weight };
    case 'extend':
      return { verb: body.verb, byMs: body.by };
    case 'skip':
      return { verb: body.verb, check: body.check };
    case 'gate':
      return { verb: body.verb, gate: body.gate };
    default:
      return { verb: body.verb };
  }
}
