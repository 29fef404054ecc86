import { z } from '@hono/zod-openapi';

const fault = z.strictObject({
  detail: z.string(),
  pointer: z.string().optional().describe('JSON pointer into the body as a URI fragment: #/reason'),
  parameter: z.string().optional().describe('Name of the query, path or header parameter at fault'),
});

/** RFC 9457; `code` is the stable identifier for programs. */
export const problemDetails = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    errors: z.array(fault).optional(),
  })
  .openapi('Problem');

export type ProblemDetails = z.infer<typeof problemDetails>;
export type RequestFault = z.infer<typeof fault>;
