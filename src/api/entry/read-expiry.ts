import { z } from 'zod';
import { parseDurationMs } from '../../policy/units.ts';
import type { Expiry } from '../../rollout/event.ts';

const INSTANT = z.iso.datetime({ offset: true });

export const NO_EXPIRY = 'must be a duration of at most 365d such as 30d, or a time such as 2026-12-31T23:59:59Z';

/** `30d` from now, or a time as in RFC 3339; null for anything else. */
export function readExpiry(text: string): Expiry | null {
  const afterMs = parseDurationMs(text);
  if (afterMs !== null) return { afterMs };
  if (!INSTANT.safeParse(text).success) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : { at };
}
