import { counted } from '../policy/counted.ts';
import { suggest } from '../policy/suggest.ts';
import { type Issue, Problem } from '../problem/problem.ts';
import type { ConsumerRule } from '../split/order.ts';
import { type Consumer, MOST_CONSUMERS } from './consumer.ts';
import { inMovingOrder, shareInWords, shareOf } from './group-share.ts';
import type { ImportedConsumer, ListCommand, MovedConsumers } from './list-command.ts';

/** One consumer before and after; null where it is not listed. Both are the same where it was meant, and nothing changes for it. */
export interface ConsumerChange {
  readonly name: string;
  readonly before: Consumer | null;
  readonly after: Consumer | null;
  /** Why it is among them, in a clause: `wave 2`. */
  readonly why: string;
}

type List = readonly Consumer[];

/**
 * What a command makes of a list, for every consumer that it means. Throws Problem when it cannot be done as a whole; then nothing is
 * done.
 */
export function changeList(route: string, list: List, command: ListCommand): readonly ConsumerChange[] {
  const changes = changesOf(route, list, command);
  const after = listAfter(list, changes);
  if (after.length > MOST_CONSUMERS && after.length > list.length) {
    throw new Problem('refused', `a route lists at most ${counted(MOST_CONSUMERS, 'consumer')}, not ${after.length}`);
  }
  return changes;
}

export function listAfter(list: List, changes: readonly ConsumerChange[]): List {
  const changed = new Set(changes.map(({ name }) => name));
  return [...list.filter(({ name }) => !changed.has(name)), ...changes.flatMap(({ after }) => after ?? [])];
}

/** Whether anything is different afterwards. */
export function isEffective({ before, after }: ConsumerChange): boolean {
  if (before === null || after === null) return before !== after;
  return FIELDS.some((field) => before[field] !== after[field]);
}

const FIELDS = ['keyHash', 'rule', 'group', 'wave', 'due', 'contact'] as const;

function changesOf(route: string, list: List, command: ListCommand): readonly ConsumerChange[] {
  switch (command.kind) {
    case 'move':
      return moved(route, list, command.who, command.to);
    case 'import':
      return imported(list, command.consumers, command.others);
    case 'put':
      return [put(list, command.consumer)];
    case 'remove': {
      const { name } = command;
      const before = list.find((one) => one.name === name);
      if (!before) throw new Problem('not-found', `route ${route} lists no consumer ${name}`);
      return [{ name, before, after: null, why: 'taken off the list' }];
    }
  }
}

function moved(route: string, list: List, who: MovedConsumers, to: ConsumerRule): readonly ConsumerChange[] {
  const ruled = (before: Consumer, rule: ConsumerRule, why: string) => {
    return { name: before.name, before, after: { ...before, rule }, why };
  };
  switch (who.by) {
    case 'names': {
      const names = new Set(who.names);
      const unknown = [...names].filter((name) => !list.some((one) => one.name === name));
      if (unknown.length > 0) throw notListed(route, list, unknown);
      return list.filter(({ name }) => names.has(name)).map((one) => ruled(one, to, 'named'));
    }
    case 'wave': {
      const members = list.filter(({ wave }) => wave === who.wave);
      if (members.length === 0) throw nobodyIn(route, `wave ${who.wave}`, 'waves', wavesOf(list));
      return members.map((one) => ruled(one, to, `wave ${who.wave}`));
    }
    case 'group':
      return membersOf(route, list, who.group).map((one) => ruled(one, to, `group ${who.group}`));
    case 'share': {
      const { group, shareBps } = who;
      if (to !== 'canary') throw new Problem('invalid-input', 'a share says how much of a group gets the canary');
      const members = inMovingOrder(route, group, membersOf(route, list, group));
      const most = shareOf(members.length, shareBps);
      const why = shareInWords(group, members.length, shareBps);
      return members.map((one, place) => {
        if (place < most) return ruled(one, 'canary', why);
        return ruled(one, one.rule === 'canary' ? 'stable' : one.rule, `beyond ${why}`);
      });
    }
  }
}

function membersOf(route: string, list: List, group: string): List {
  const members = list.filter((one) => one.group === group);
  if (members.length === 0) throw nobodyIn(route, `group ${group}`, 'groups', groupsOf(list));
  return members;
}

function imported(
  list: List,
  consumers: readonly ImportedConsumer[],
  others: 'stay' | 'removed',
): readonly ConsumerChange[] {
  const named = new Set(consumers.map(({ name }) => name));
  const gone = others === 'removed' ? list.filter(({ name }) => !named.has(name)) : [];
  const staying = list.filter((one) => !named.has(one.name) && !gone.includes(one));
  const faults = faultsOf(list, staying, consumers);
  if (faults.length > 0) {
    throw new Problem('invalid-input', `${counted(faults.length, 'consumer')} cannot be listed like this`, {
      issues: faults,
    });
  }
  return [
    ...consumers.map(({ keyHash, ...said }) => {
      const before = list.find(({ name }) => name === said.name) ?? null;
      const after = { ...said, keyHash: keyHash ?? before?.keyHash ?? '', rule: before?.rule ?? ('stable' as const) };
      return { name: said.name, before, after, why: before === null ? 'new in the file' : 'in the file' };
    }),
    ...gone.map((before) => ({ name: before.name, before, after: null, why: 'not in the file' })),
  ];
}

function faultsOf(list: List, staying: List, consumers: readonly ImportedConsumer[]): readonly Issue[] {
  const owners = new Map(staying.map(({ keyHash, name }) => [keyHash, name]));
  const names = new Set<string>();
  return consumers.flatMap(({ name, keyHash: given }, index): Issue[] => {
    const fault = (message: string) => [{ path: `consumers[${index}]`, message }];
    const keyHash = given ?? list.find((one) => one.name === name)?.keyHash;
    if (names.has(name)) return fault(`${name} is listed twice`);
    names.add(name);
    if (keyHash === undefined) return fault(`${name} is not listed yet: its credential is needed`);
    const owner = owners.get(keyHash);
    owners.set(keyHash, name);
    return owner === undefined ? [] : fault(`${name} has the same credential as ${owner}`);
  });
}

function put(list: List, { name, ...said }: Pick<Consumer, 'name'> & Partial<Consumer>): ConsumerChange {
  const before = list.find((one) => one.name === name) ?? null;
  const { keyHash, ...rest } = {
    rule: 'stable' as const,
    group: null,
    wave: null,
    due: null,
    contact: null,
    ...before,
    ...said,
  };
  if (keyHash === undefined) {
    throw new Problem('invalid-input', `consumer ${name} is not listed yet: its key is needed`, {
      issues: [{ path: 'key', message: 'is needed for a consumer that is not listed yet' }],
    });
  }
  return { name, before, after: { ...rest, name, keyHash }, why: 'named' };
}

function notListed(route: string, list: List, [first = '', ...more]: readonly string[]): Problem {
  const near = suggest(
    first,
    list.map(({ name }) => name),
  );
  const others = more.length === 0 ? '' : ` and ${more.length} more of those that were named`;
  const meant = near === null ? '' : `; did you mean ${near}?`;
  return new Problem('not-found', `route ${route} lists no consumer ${first}${others}${meant}`);
}

function nobodyIn(route: string, what: string, kind: string, known: readonly string[]): Problem {
  const are = known.length === 0 ? `no consumer of it has one` : `its ${kind} are ${known.join(', ')}`;
  return new Problem('not-found', `route ${route} lists nobody in ${what}: ${are}`);
}

function wavesOf(list: List): readonly string[] {
  const waves = new Set(list.flatMap(({ wave }) => (wave === null ? [] : [wave])));
  return [...waves]
    .toSorted((a, b) => a - b)
    .slice(0, 20)
    .map(String);
}

function groupsOf(list: List): readonly string[] {
  return [...new Set(list.flatMap(({ group }) => group ?? []))].toSorted().slice(0, 20);
}
