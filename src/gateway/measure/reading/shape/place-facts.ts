import { isSecretValue } from '../../../../redact/example.ts';
import { type FactText, factText, parentPath, readFact } from '../../../../stats/answers/shape-fact.ts';
import type { Sighting } from '../../../../stats/answers/sighting.ts';
import { type Answerer, FactSeen } from './fact-seen.ts';
import { exampleAt, type ShowPart } from './shown-value.ts';

/** A field with more words than this is no enumeration: what its words are is not told. */
export const MOST_WORDS_OF_A_FIELD = 20;
/** An object that has had more names than this is a table, and its keys are data. */
export const MOST_NAMES_OF_AN_OBJECT = 50;
/** Of one place, so that others have room. */
const MOST_OF_A_PLACE = 500;
/** Texts that are remembered with what they count as; beyond it all are looked at again. */
const MOST_TEXTS = 4_000;
const WORD = 'value:';

/** A fact of a place that is counted. */
export interface CountedFact {
  readonly text: FactText;
  /** Null for what is told of a head. */
  readonly path: string | null;
  /** That there is something that could have it; null where there always is. */
  readonly holder: CountedFact | null;
  readonly seen: FactSeen;
  /** The answer that it was last found in. */
  answer: number;
}

/** Facts that were found in an answer, whose it is, and what shows it. */
export interface FoundFacts {
  readonly found: readonly FactText[];
  readonly answerer: Answerer;
  readonly show: ShowPart;
}

/** Room for facts of a route. */
export interface FactRoom {
  left: number;
}

/** What one answer says. */
export interface ReadFacts {
  readonly facts: readonly CountedFact[];
  /** Whether some of what was found is not counted. */
  readonly isCut: boolean;
}

/**
 * The facts of one place that are counted, bounded. A fact that is admitted is counted from then on in every answer; one for which there
 * was no room never is. Both versions share them, so that what is left out of one is left out of the other.
 */
export class PlaceFacts {
  private readonly room: FactRoom;
  private readonly ignore: readonly string[];
  private readonly byText = new Map<FactText, CountedFact>();
  /** The same in a list. */
  private all: CountedFact[] = [];
  /** What texts count as, as they are found; null for those that are not counted. */
  private readonly known = new Map<FactText, CountedFact | 'ignored' | 'no room'>();
  private readonly words = new Map<string, number>();
  private readonly names = new Map<string, number>();
  private readonly tables = new Set<string>();
  private answer = 0;

  constructor(room: FactRoom, ignore: readonly string[]) {
    this.room = room;
    this.ignore = ignore;
  }

  /** What an answer counts as in which these were found. */
  read({ found, answerer, show }: FoundFacts): ReadFacts {
    this.answer += 1;
    const facts: CountedFact[] = [];
    let isCut = false;
    for (const text of found) {
      const fact = this.known.get(text) ?? this.look(text);
      if (fact === 'no room') isCut = true;
      else if (fact !== 'ignored' && fact.answer !== this.answer) {
        fact.answer = this.answer;
        facts.push(fact);
      }
    }
    this.note(answerer, show);
    return { facts, isCut };
  }

  /** What is remembered of a fact, for people; null for one that is not counted. */
  sightingOf(text: FactText): Sighting | null {
    return this.byText.get(text)?.seen.read() ?? null;
  }

  private note(answerer: Answerer, show: ShowPart): void {
    for (const fact of this.all) {
      const isThere = fact.answer === this.answer;
      if (!isThere && fact.holder !== null && fact.holder.answer !== this.answer) continue;
      const how = isThere ? 'has' : 'lacks';
      if (!fact.seen.note(how, answerer) || fact.path === null) continue;
      const example = exampleAt(show, fact.path, how);
      if (example !== null) fact.seen.addExample(how, answerer.track, example);
    }
  }

  private look(found: FactText): CountedFact | 'ignored' | 'no room' {
    const fact = readFact(found);
    if (fact === null) return 'ignored';
    const isOfHead = !fact.path.startsWith('/') && fact.path !== '';
    const path = isOfHead ? fact.path : this.inTables(fact.path);
    if (this.ignore.some((ignored) => path === ignored || path.startsWith(`${ignored}/`))) {
      return this.remember(found, 'ignored');
    }
    const text = factText({ trait: fact.trait, path });
    const counted = this.byText.get(text);
    if (counted !== undefined) return this.remember(found, counted);
    if (fact.trait.startsWith(WORD)) {
      if (isSecretValue(path, fact.trait.slice(WORD.length))) return this.remember(found, 'ignored');
      if (!this.isOneOfFew(path)) return 'ignored';
    }
    if (fact.trait === 'present' && this.makesTable(path)) return this.look(found);
    if (this.room.left <= 0 || this.byText.size >= MOST_OF_A_PLACE) return this.remember(found, 'no room');
    this.room.left -= 1;
    const holder = this.byText.get(factText({ trait: 'present', path: holderOf(fact.trait, path) ?? '' })) ?? null;
    const added = {
      text,
      path: isOfHead ? null : path,
      holder: isOfHead ? null : holder,
      seen: new FactSeen(),
      answer: 0,
    };
    this.byText.set(text, added);
    this.all.push(added);
    return this.remember(found, added);
  }

  private remember<Is extends CountedFact | 'ignored' | 'no room'>(found: FactText, is: Is): Is {
    if (this.known.size >= MOST_TEXTS) this.known.clear();
    this.known.set(found, is);
    return is;
  }

  /** Counts another word of a field; false where it has had too many. */
  private isOneOfFew(path: string): boolean {
    const words = this.words.get(path) ?? 0;
    if (words > MOST_WORDS_OF_A_FIELD) return false;
    this.words.set(path, words + 1);
    if (words < MOST_WORDS_OF_A_FIELD) return true;
    this.forget((text) => text.startsWith(WORD) && text.endsWith(` ${path}`));
    return false;
  }

  /** Counts another name in an object; true where that makes it a table. */
  private makesTable(path: string): boolean {
    const parent = parentPath(path);
    if (parent === null || path.endsWith('/*') || path.endsWith('/{}')) return false;
    const names = (this.names.get(parent) ?? 0) + 1;
    this.names.set(parent, names);
    if (names <= MOST_NAMES_OF_AN_OBJECT) return false;
    this.tables.add(parent);
    const below = `${parent}/`;
    this.forget((text) => (readFact(text)?.path ?? '').startsWith(below));
    for (const counts of [this.names, this.words]) {
      for (const of of counts.keys()) if (of === parent || of.startsWith(below)) counts.delete(of);
    }
    return true;
  }

  private forget(isGone: (text: FactText) => boolean): void {
    for (const text of this.byText.keys()) {
      if (!isGone(text)) continue;
      this.byText.delete(text);
      this.room.left += 1;
    }
    this.all = [...this.byText.values()];
    this.known.clear();
  }

  /** A path in which the keys of tables are `{}`. */
  private inTables(path: string): string {
    if (this.tables.size === 0) return path;
    let read = '';
    for (const segment of path.split('/').slice(1)) {
      read += this.tables.has(read) && segment !== '*' ? '/{}' : `/${segment}`;
    }
    return read;
  }
}

/** What has to be there for a fact to be true or not. */
function holderOf(trait: string, path: string): string | null {
  return trait === 'present' || trait === 'absent' ? parentPath(path) : path;
}
