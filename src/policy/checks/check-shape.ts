import type { DocumentFault, Path } from '../fault.ts';
import type { LegibleSpec } from '../legible.ts';

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
    ...(shape.expect ?? []).flatMap((one, index): DocumentFault[] => {
      if (one === null || !('renamed' in one) || one.renamed === null) return [];
      const [from, to] = one.renamed.split(' -> ');
      const path = [...SHAPE, 'expect', index, 'renamed'];
      return from === to ? [{ path, message: 'renamed must have two different names', at: 'value' }] : [];
    }),
  ];
}

function saidTwice(key: string, entries: readonly (string | null)[]): readonly DocumentFault[] {
  return entries.flatMap((entry, index): DocumentFault[] =>
    entry === null || entries.indexOf(entry) === index
      ? []
      : [{ path: [...SHAPE, key, index], message: `${key} has this twice`, at: 'value' }],
  );
}
