import { z } from 'zod';

// What a file and the API take. The patterns have no flags, because JSON Schema has none.

export const groupName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a lower-case name such as beta');

export const waveNumber = z.int('must be a whole number such as 1').min(1).max(1_000);

export const dueDay = z.iso.date('must be a day such as 2027-03-01');

/** Control characters, characters that change the direction of text, and halves of pairs. */
const UNWANTED = '\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff';

export const contactText = z
  .string()
  .regex(
    new RegExp(`^[^\\s${UNWANTED}][^${UNWANTED}]{0,199}$`),
    'must be at most 200 characters on one line, such as api@acme.example',
  );

/** SHA-256 of a credential. */
export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');
