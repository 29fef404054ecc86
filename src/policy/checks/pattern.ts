import { z } from 'zod';
import { faultOfPattern } from '../../split/pattern.ts';

/** A regular expression of which no text takes long. */
export const pattern = z
  .string()
  .min(1)
  .max(500)
  .superRefine((source, context) => {
    const fault = faultOfPattern(source);
    if (fault !== null) context.addIssue({ code: 'custom', message: `is no pattern that Serin can ask: it ${fault}` });
  });
