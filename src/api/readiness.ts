import { z } from '@hono/zod-openapi';
import type { Health } from './control.ts';

export const readinessSchema = z.strictObject({
  ready: z.boolean(),
  degraded: z.boolean().describe('Ready, with problems'),
  problems: z.array(z.string()),
});

/** What `/readyz` answers, on whichever listener it is asked. */
export function readinessOf({ ready, problems }: Health) {
  return { ready, degraded: ready && problems.length > 0, problems: [...problems] };
}
