import { z } from 'zod';
import { fraction, points } from '../units.ts';

/** Of a share of the requests. */
export const errorMargin = z.strictObject({
  relative: fraction.describe("Of the stable's rate"),
  absolute: points.describe('Of all requests'),
});

export const HARM = 'More than this is harm: the parts are added';
export const PARITY = 'Shown to be within this, the check is at parity: the larger part counts';

export type ErrorMargin = z.output<typeof errorMargin>;
