import { z } from 'zod';

const serviceName = z.string().min(1).max(200);

/** Where a route's logs come from besides those that are sent with its name. */
export const routeLogsSchema = z.strictObject({
  services: z
    .array(serviceName)
    .max(50)
    .default([])
    .describe('`service.name` of what is sent by OTLP, besides the name of the route itself'),
  files: z
    .array(
      z.strictObject({
        path: z.string().min(1).max(1_000).describe('Relative to this file; it may be absent for now'),
        version: z
          .string()
          .min(1)
          .max(100)
          .optional()
          .describe('Whose lines they are; what the lines say when it is absent'),
      }),
    )
    .max(20)
    .default([])
    .describe('Files of this machine that are read as they grow: lines of JSON, or of text'),
});
