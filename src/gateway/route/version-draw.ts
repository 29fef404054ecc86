import { saltOf, stickyHash } from '../../split/assign.ts';
import type { SplitOrder } from '../../split/order.ts';
import { anyUnit, drawSaltOf, LAST_HASH, unitHash, unitOf } from '../../split/unit-draw.ts';
import type { Block } from '../../stats/block.ts';
import type { GatewayRoute, StickyKey } from '../gateway.ts';
import type { Drawn } from '../measure/ticket.ts';
import type { Chance, RecentDraws } from './chance.ts';

/** How an order draws versions. */
export interface VersionDraw {
  /** What identifies a requester. */
  readonly sticky: StickyKey;
  /** `by-key`: each key by itself, as rollouts did that began before there were units. */
  readonly by: 'request' | 'unit' | 'key';
  readonly salt: number;
  /** Units that come last. */
  readonly last: ReadonlySet<number>;
}

const NO_UNITS: ReadonlySet<number> = new Set();

export interface DrawParts {
  readonly chance: Chance;
  readonly recentDraws: RecentDraws;
  readonly unitSalt: number;
}

export function versionDrawOf(
  { sticky, formerSticky = sticky }: Pick<GatewayRoute, 'sticky' | 'formerSticky'>,
  order: SplitOrder,
): VersionDraw {
  const { route, canary, attempt, lastUnits } = order;
  const version = canary?.version ?? '';
  const isFormer = canary !== null && attempt === undefined;
  const key = isFormer ? formerSticky : sticky;
  if (isFormer || key.kind === 'request') {
    const by = key.kind === 'request' ? 'request' : 'key';
    return { sticky: key, by, salt: saltOf(route, version), last: NO_UNITS };
  }
  const last = lastUnits === undefined ? NO_UNITS : new Set(lastUnits);
  return { sticky: key, by: 'unit', salt: drawSaltOf(route, version, attempt ?? 0), last };
}

/** What a block says of the draw. Of keys without units nothing more is known than of another router's. */
export function assignmentOf({ by }: VersionDraw): NonNullable<Block['assignment']> | null {
  switch (by) {
    case 'request':
      return 'per-request';
    case 'unit':
      return 'by-key';
    case 'key':
      return null;
  }
}

/**
 * Draws the number that chooses the version.
 *
 * @param key the value of the sticky key; null where there is none
 * @param proxysId the request id that a trusted proxy gave a request without a key
 */
export function drawn(
  { by, salt, last }: VersionDraw,
  key: string | null,
  proxysId: string | null,
  { chance, recentDraws, unitSalt }: DrawParts,
): Drawn {
  const known = key ?? proxysId;
  if (by === 'unit') {
    // A request without a key is of any unit, and counts with the keys of that unit.
    const unit = known === null ? anyUnit(chance.draw()) : unitOf(unitSalt, known);
    return { hash: last.has(unit) ? LAST_HASH : unitHash(salt, unit), unit, key: unit, isAgain: false };
  }
  if (known === null) return { hash: chance.draw(), unit: null, key: null, isAgain: false };
  const hash = stickyHash(salt, known);
  return { hash, unit: null, key: hash, isAgain: key === null && recentDraws.again(hash) };
}
