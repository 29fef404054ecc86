import type { DocumentFault, Path } from '../fault.ts';
import type { LegibleSpec } from '../legible.ts';
import { consumerGroups, MOST_GROUPS } from './consumer-groups.ts';

const SHAPE: Path = ['spec', 'checks', 'responseShape'];

/** Rules about the shape of answers: what is said twice is a mistake in one of both. */
export function checkShape({ checks }: LegibleSpec): readonly DocumentFault[] {
  const shape = checks?.responseShape;
  if (!shape) return [];
  return [
    ...saidTwice('ignore', shape.ignore ?? []),
    ...saidTwice('exceptConsumers', shape.exceptConsumers ?? []),
    ...saidTwice(
      'expect',
      (shape.expect ?? []).map((one) => (one === null ? null : JSON.stringify(one))),
    ),
    ...ofConsumers(shape.expect ?? [], shape.exceptConsumers ?? []),
    ...(shape.expect ?? []).flatMap((one, index): DocumentFault[] => {
      if (one === null || !('renamed' in one) || one.renamed === null) return [];
      const [from, to] = one.renamed.split(' -> ');
      const path = [...SHAPE, 'expect', index, 'renamed'];
      return from === to ? [{ path, message: 'renamed must have two different names', at: 'value' }] : [];
    }),
  ];
}

type Expected = NonNullable<NonNullable<NonNullable<LegibleSpec['checks']>['responseShape']>['expect']>;

function ofConsumers(expect: Expected, except: readonly (string | null)[]): readonly DocumentFault[] {
  const named = expect.map((one) => ({ consumers: one?.consumers?.filter((name) => name !== null) ?? [] }));
  const unread = named.flatMap(({ consumers }, index) =>
    consumers.flatMap((name, at): DocumentFault[] => {
      const path = [...SHAPE, 'expect', index, 'consumers', at];
      if (consumers.indexOf(name) !== at) return [{ path, message: 'consumers has this twice', at: 'value' }];
      if (!except.includes(name)) return [];
      return [{ path, message: `${name} is in exceptConsumers, so nothing of it is compared`, at: 'value' }];
    }),
  );
  const groups = consumerGroups(named).length;
  if (groups <= MOST_GROUPS) return unread;
  const message =
    `expect tells ${groups} groups of consumers apart, at most ${MOST_GROUPS} are compared by themselves: ` +
    'consumers of whom the same is expected are one group';
  return [...unread, { path: [...SHAPE, 'expect'], message, at: 'key' }];
}

function saidTwice(key: string, entries: readonly (string | null)[]): readonly DocumentFault[] {
  return entries.flatMap((entry, index): DocumentFault[] =>
    entry === null || entries.indexOf(entry) === index
      ? []
      : [{ path: [...SHAPE, key, index], message: `${key} has this twice`, at: 'value' }],
  );
}
