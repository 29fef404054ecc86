import { counted } from '../policy/counted.ts';
import { formatBps } from '../policy/units.ts';
import { saltOf, stickyHash, WHOLE_BPS } from '../split/assign.ts';
import type { Consumer } from './consumer.ts';

/**
 * How many consumers of a group a share of it is: rounded down, so that it is never more than was asked for, but at least one,
 * because a share above 0% is meant to move somebody. Of three: one up to 66%, two from 67% on, three at 100%.
 * @example shareOf(3, 3_000) // 1
 */
export function shareOf(size: number, shareBps: number): number {
  if (shareBps === 0 || size === 0) return 0;
  return Math.max(1, Math.floor((size * shareBps) / WHOLE_BPS));
}

/**
 * The members in the order in which they are moved: first those who are moved already, then the others, each by a hash of route, group
 * and name. So a larger share only adds, a smaller one only takes back the last of them, the same share again changes nothing, and
 * nobody goes back because another joined the group.
 */
export function inMovingOrder<Member extends Pick<Consumer, 'name' | 'rule'>>(
  route: string,
  group: string,
  members: readonly Member[],
): readonly Member[] {
  const salt = saltOf(route, group);
  const placed = members.map((member) => ({
    member,
    isMoved: member.rule === 'canary',
    hash: stickyHash(salt, member.name),
  }));
  const order = placed.toSorted(
    (a, b) => Number(b.isMoved) - Number(a.isMoved) || a.hash - b.hash || (a.member.name < b.member.name ? -1 : 1),
  );
  return order.map(({ member }) => member);
}

/** `1 of the 3 consumers of beta (30%, rounded down, at least one)`. */
export function shareInWords(group: string, size: number, shareBps: number): string {
  const of = `${shareOf(size, shareBps)} of the ${counted(size, 'consumer')} of ${group}`;
  const isExact = Number.isInteger((size * shareBps) / WHOLE_BPS);
  return `${of} (${formatBps(shareBps)}${isExact ? '' : ', rounded down, at least one'})`;
}
