import { z } from 'zod';
import { readableLine } from '../policy/names.ts';

// What a file and the API take. The patterns have no flags, because JSON Schema has none.

export const groupName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a lower-case name such as beta');

export const waveNumber = z.int('must be a whole number such as 1').min(1).max(1_000);

export const dueDay = z.iso.date('must be a day such as 2027-03-01');

export const contactText = readableLine(200);

/** SHA-256 of a credential. */
export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');

export const clientIdText = readableLine(256);
