import { type Fact, type FactText, factText, parentPath } from '../answers/shape-fact.ts';
import type { PresenceSide } from './presence-bet.ts';

const TYPES: ReadonlySet<string> = new Set(['null', 'boolean', 'integer', 'number', 'string', 'object', 'array']);

export function isType(trait: string): boolean {
  return TYPES.has(trait);
}

/** Of which answers a fact is a share: those in which another one is true; null for all answers of the place. */
export function basisOf({ trait, path }: Fact): FactText | null {
  if (trait === 'type' || trait === 'header') return null;
  if (trait === 'present' || trait === 'absent') {
    const parent = parentPath(path);
    if (parent === null) return null;
    return factText({ trait: path.endsWith('/*') ? 'array' : 'object', path: parent });
  }
  if (trait === 'empty') return factText({ trait: 'array', path });
  if (trait.startsWith('format:')) return factText({ trait: 'string', path });
  return factText({ trait: 'present', path });
}

const BOTH: readonly PresenceSide[] = ['missing', 'extra'];
const EXTRA: readonly PresenceSide[] = ['extra'];
const MISSING: readonly PresenceSide[] = ['missing'];
const NEITHER: readonly PresenceSide[] = [];

/**
 * What of a fact a client can notice: more of a type, of null, of items that lack something, of empty lists or of new words; less of a
 * format. That a list has items is tested by how often it is empty.
 */
export function sidesOf({ trait, path }: Fact): readonly PresenceSide[] {
  if (trait === 'present') return path.endsWith('/*') ? NEITHER : BOTH;
  if (trait === 'header') return BOTH;
  return trait.startsWith('format:') ? MISSING : EXTRA;
}
