import { counted } from '../policy/counted.ts';
import { type ConsumerChange, isEffective } from './change-list.ts';
import type { Consumer } from './consumer.ts';
import {
  type Got,
  POLICY_TO_COME,
  type ServedRoute,
  versionNow,
  versionOnceRulesCount,
  whenRulesCount,
} from './ruled-versions.ts';

/** What a consumer is and gets, on one side of a change. */
export interface ConsumerSide extends Omit<Consumer, 'name' | 'keyHash' | 'rule'> {
  /** Null where it is not listed. */
  readonly rule: Consumer['rule'] | null;
  readonly now: Got;
  /** Null where rules count already, and where they count no more. */
  readonly onceRulesCount: Got | null;
}

export interface ToldConsumer {
  readonly name: string;
  readonly what: 'listed' | 'changed' | 'removed';
  readonly why: string;
  readonly before: ConsumerSide;
  readonly after: ConsumerSide;
  readonly credential: 'kept' | 'new' | 'gone';
}

/** What a change of a list does to whom. */
export interface ToldChange {
  /** Finished sentences. */
  readonly says: readonly string[];
  readonly changes: readonly ToldConsumer[];
  /** Meant as well, and as they are already. */
  readonly unchanged: readonly string[];
}

export function tellChange(route: string, served: ServedRoute, meant: readonly ConsumerChange[]): ToldChange {
  const changes = meant.filter(isEffective).map((change) => told(served, change));
  const unchanged = meant.filter((change) => !isEffective(change)).map(({ name }) => name);
  return { says: saysOf(route, served, changes, unchanged), changes, unchanged };
}

function told(served: ServedRoute, { name, before, after, why }: ConsumerChange): ToldConsumer {
  const keys = [before?.keyHash, after?.keyHash];
  return {
    name,
    what: before === null ? 'listed' : after === null ? 'removed' : 'changed',
    why,
    before: sideOf(served, before),
    after: sideOf(served, after),
    credential: after === null ? 'gone' : keys[0] === keys[1] ? 'kept' : 'new',
  };
}

function sideOf(served: ServedRoute, consumer: Consumer | null): ConsumerSide {
  const { rule = null, group = null, wave = null, due = null, contact = null } = consumer ?? {};
  const got = { now: versionNow(served, rule), onceRulesCount: versionOnceRulesCount(served, rule) };
  return { rule, group, wave, due, contact, ...got };
}

function saysOf(
  route: string,
  served: ServedRoute,
  changes: readonly ToldConsumer[],
  unchanged: readonly string[],
): readonly string[] {
  const already =
    unchanged.length === 0 ? [] : [`${counted(unchanged.length, 'consumer')} ${isOrAre(unchanged)} like this already.`];
  if (changes.length === 0) return [`Nothing of the consumers of ${route} is changed.`, ...already];
  return [
    `${counted(changes.length, 'consumer')} of ${route} ${isOrAre(changes)} changed. ${whoGetsOther(changes)}`,
    ...already,
    whenRulesCount(served),
  ];
}

function whoGetsOther(changes: readonly ToldConsumer[]): string {
  const atOnce = changes.filter(({ before, after }) => before.now.says !== after.now.says).length;
  const others = changes.filter(
    ({ before, after }) =>
      before.now.says === after.now.says && before.onceRulesCount?.says !== after.onceRulesCount?.says,
  );
  const open = others.filter(({ before, after }) =>
    [before, after].some(({ onceRulesCount }) => onceRulesCount === POLICY_TO_COME),
  ).length;
  const later = others.length - open;
  if (atOnce === 0 && others.length === 0) return 'Nobody gets another version by it.';
  const get = (count: number) => `${counted(count, 'consumer')} ${count === 1 ? 'gets' : 'get'} another version`;
  return [
    ...(atOnce === 0 ? [] : [`${get(atOnce)} at once.`]),
    ...(later === 0 ? [] : [`${get(later)} once rules count, and not before.`]),
    ...(open === 0
      ? []
      : [`${counted(open, 'consumer')} may get another version once rules count: that is up to the policy of then.`]),
  ].join(' ');
}

function isOrAre(many: readonly unknown[]): string {
  return many.length === 1 ? 'is' : 'are';
}
