import { parentPath } from '../../../../stats/answers/shape-fact.ts';

/** A field with more words than this is no enumeration: what its words are is not told. */
export const MOST_WORDS_OF_A_FIELD = 20;
/** An object that has had more names than this is a table, and its keys are data, but for those that many answers have. */
export const MOST_NAMES_OF_AN_OBJECT = 50;
/** Fields, and objects, whose words and names are counted. */
const MOST_COUNTED = 4_000;

/** What at one place is data and not shape: the keys of tables, and the words of fields that are no enumerations. */
export class NamesOfData {
  private readonly words = new Map<string, number>();
  private readonly names = new Map<string, number>();
  private readonly tables = new Set<string>();
  /** Names in tables that are none of their data. */
  private readonly fields = new Set<string>();

  /** A path in which the keys of tables are `{}`. */
  inTables(path: string): string {
    if (this.tables.size === 0) return path;
    let read = '';
    for (const segment of path.split('/').slice(1)) {
      const isKey = this.tables.has(read) && segment !== '*' && !this.fields.has(`${read}/${segment}`);
      read += isKey ? '/{}' : `/${segment}`;
    }
    return read;
  }

  /** Counts another word of a field; `many-now` for the one that makes it no enumeration. */
  countWord(path: string): 'few' | 'many-now' | 'many' {
    const words = this.words.get(path) ?? 0;
    if (words > MOST_WORDS_OF_A_FIELD) return 'many';
    setBounded(this.words, path, words + 1);
    return words < MOST_WORDS_OF_A_FIELD ? 'few' : 'many-now';
  }

  /** Counts another name in an object; returns the object where it has too many from now on, else null. */
  countName(path: string): string | null {
    const parent = parentPath(path);
    if (parent === null || path.endsWith('/*') || path.endsWith('/{}')) return null;
    const names = (this.names.get(parent) ?? 0) + 1;
    setBounded(this.names, parent, names);
    return names > MOST_NAMES_OF_AN_OBJECT ? parent : null;
  }

  /** The keys of an object are data from now on, but for these paths. */
  makeTable(table: string, fields: Iterable<string>): void {
    this.tables.add(table);
    for (const path of fields) this.fields.add(path);
    for (const counts of [this.names, this.words]) {
      for (const of of counts.keys()) if (of === table || of.startsWith(`${table}/`)) counts.delete(of);
    }
  }
}

/** So that no client makes it grow for ever: beyond the bound the counts begin anew. */
function setBounded(counts: Map<string, number>, key: string, count: number): void {
  if (counts.size >= MOST_COUNTED && !counts.has(key)) counts.clear();
  counts.set(key, count);
}
