import { z } from 'zod';

/** Characters of a path, or of an endpoint, in a policy. */
export const LONGEST_PATH = 500;

/** Where a declared difference is expected. */
export const endpoint = z
  .string()
  .min(1)
  .max(LONGEST_PATH)
  .optional()
  .describe('Of this endpoint alone, `GET /orders/{id}`; left out, of all');
