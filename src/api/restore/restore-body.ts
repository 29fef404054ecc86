import { z } from '@hono/zod-openapi';
import { reason } from '../request-schemas.ts';

const to = z
  .int()
  .min(1)
  .describe('The number of an entry of the audit of this route: the configuration before it is put back');

export const restorePreviewBody = z.strictObject({ to });

export const restoreBody = z.strictObject({ to, reason });
