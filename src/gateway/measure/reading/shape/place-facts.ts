import { isSecretValue } from '../../../../redact/example.ts';
import type { Track } from '../../../../split/order.ts';
import type { GoneFact } from '../../../../stats/answers/shape-counts.ts';
import { type FactText, factText, parentPath, readFact } from '../../../../stats/answers/shape-fact.ts';
import type { Sighting } from '../../../../stats/answers/sighting.ts';
import { type CountedPath, CountedPaths } from './counted-paths.ts';
import type { FactRoom } from './fact-room.ts';
import { type Answerer, FactSeen } from './fact-seen.ts';
import { NamesOfData } from './names-of-data.ts';
import { exampleAt, type ShowPart } from './shown-value.ts';

/** Of one place, so that others have room. */
const MOST_OF_A_PLACE = 500;
/** Texts that are remembered with what they count as; beyond it all are looked at again. */
const MOST_TEXTS = 4_000;
/** What so large a share of a version's answers has is compared wherever there is room, and missed where there is none. */
const COMMON = 0.25;
/** What is counted gives way to what is found so many times as often. */
const FAR_MORE = 2;
/** Answers, in which what is found least hardly changes. */
const BETWEEN_SCANS = 8;
const WORD = 'value:';

/** A fact of a place that is counted. */
export interface CountedFact {
  readonly text: FactText;
  /** Null for what is told of a head. */
  readonly path: string | null;
  /** A path, or of the head a name, with which it comes and goes. */
  readonly of: CountedPath;
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

/** A path for which there was no room, and what it was in the answer at hand. */
interface UncountedPath {
  readonly path: string;
  answer: number;
  /** The answers of the version that had it lately. */
  seen: number;
}

type Known = CountedFact | UncountedPath | 'ignored';

/** What one answer says. */
export interface ReadFacts {
  readonly facts: readonly CountedFact[];
  /** Whether some of what was found is not counted. */
  readonly isCut: boolean;
  /** Whether many answers have some of it. */
  readonly isShort: boolean;
  /** What is not counted any more, at any place of the route. */
  readonly gone: readonly GoneFact[];
}

/**
 * The facts of one place that are counted, bounded. What few answers have gives way to what many have, so that nobody can take the room
 * with names of their own. Both versions share them, so that what is left out of one is left out of the other.
 */
export class PlaceFacts {
  private readonly name: string;
  private readonly number: number;
  private readonly room: FactRoom;
  private readonly ignore: readonly string[];
  private readonly byText = new Map<FactText, CountedFact>();
  /** The same in a list. */
  private all: CountedFact[] = [];
  private readonly paths = new CountedPaths();
  /** What texts count as, as they are found. */
  private readonly known = new Map<FactText, Known>();
  private readonly uncounted = new Map<string, UncountedPath>();
  private readonly names = new NamesOfData();
  /** What is found least, as far as it was asked for in an answer. */
  private least: { readonly answer: number; readonly of: ReturnType<CountedPaths['least']> } | null = null;
  private answer = 0;
  /** Who gave it. */
  private track: Track = 'stable';

  constructor(name: string, room: FactRoom, ignore: readonly string[]) {
    this.name = name;
    this.room = room;
    this.ignore = ignore;
    this.number = room.join(this);
  }

  get size(): number {
    return this.byText.size;
  }

  /** What an answer counts as in which these were found. */
  read({ found, answerer, show }: FoundFacts): ReadFacts {
    this.answer += 1;
    this.track = answerer.track;
    this.paths.begin(answerer.track, this.room.halvings);
    const facts: CountedFact[] = [];
    let isCut = false;
    let isShort = false;
    for (const text of found) {
      const known = this.known.get(text) ?? this.look(text);
      if (known === 'ignored') continue;
      const fact = 'text' in known ? known : this.admit(text, known);
      if (fact === null) isCut = true;
      else if (fact.answer !== this.answer) {
        fact.answer = this.answer;
        this.paths.note(fact.of, answerer.track, this.answer);
        facts.push(fact);
      }
      isShort ||= fact === null && this.isCommon(known);
    }
    this.note(answerer, show);
    return { facts, isCut, isShort, gone: this.room.takeGone() };
  }

  /** What is remembered of a fact, for people; null for one that is not counted. */
  sightingOf(text: FactText): Sighting | null {
    return this.byText.get(text)?.seen.read() ?? null;
  }

  giveUp(): boolean {
    const least = this.paths.least(this.answer);
    if (least !== null) this.drop(least.path);
    return least !== null;
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

  private look(found: FactText): Known {
    const fact = readFact(found);
    if (fact === null) return 'ignored';
    const path = isHead(fact.path) ? fact.path : this.names.inTables(fact.path);
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
    const hasRoom = this.room.left > 0 && this.size < MOST_OF_A_PLACE;
    return this.remember(found, hasRoom ? this.add(fact.trait, path, 1) : this.withoutRoom(path));
  }

  private remember(found: FactText, is: Known): Known {
    if (this.known.size >= MOST_TEXTS) this.known.clear();
    this.known.set(found, is);
    return is;
  }

  /** Of a path that this answer has, for the first time or once more. */
  private withoutRoom(path: string): UncountedPath {
    const known = this.uncounted.get(path);
    if (known !== undefined) return known;
    if (this.uncounted.size >= MOST_TEXTS) this.uncounted.clear();
    const fresh = { path, answer: 0, seen: 0 };
    this.uncounted.set(path, fresh);
    return fresh;
  }

  /** Counts a fact from now on for which there was no room so far; null where there is none still. */
  private admit(found: FactText, uncounted: UncountedPath): CountedFact | null {
    const { path } = uncounted;
    if (uncounted.answer !== this.answer) {
      uncounted.answer = this.answer;
      uncounted.seen = this.room.noteUncounted(this.number, this.track, path);
    }
    if (!this.makeRoom(this.shareOf(uncounted))) return null;
    const trait = readFact(found)?.trait ?? '';
    const added = this.byText.get(factText({ trait, path })) ?? this.add(trait, path, uncounted.seen);
    this.known.set(found, added);
    return added;
  }

  private add(trait: string, path: string, seen: number): CountedFact {
    this.room.left -= 1;
    const holder = this.byText.get(factText({ trait: 'present', path: holderOf(trait, path) ?? '' })) ?? null;
    const added = {
      text: factText({ trait, path }),
      path: isHead(path) ? null : path,
      of: this.paths.find(path) ?? this.paths.add(path, this.track, seen),
      holder: isHead(path) ? null : holder,
      seen: new FactSeen(),
      answer: 0,
    };
    this.byText.set(added.text, added);
    this.all.push(added);
    return added;
  }

  private makeRoom(share: number): boolean {
    const isFull = this.size >= MOST_OF_A_PLACE;
    if (!isFull && (this.room.left > 0 || this.room.takeFromLargest(this))) return true;
    const least = this.findLeast();
    if (least === null || share <= FAR_MORE * least.share) return false;
    this.drop(least.path);
    return true;
  }

  private findLeast(): ReturnType<CountedPaths['least']> {
    const { least, answer, paths } = this;
    const isUsable = least !== null && answer - least.answer < BETWEEN_SCANS && !paths.isIn(least.of?.path, answer);
    const found = isUsable ? least.of : paths.least(answer);
    if (!isUsable) this.least = { answer, of: found };
    return found;
  }

  private shareOf({ path, seen }: UncountedPath): number {
    const counted = this.paths.find(path);
    return counted === null ? this.paths.shareOf(this.track, seen) : this.paths.shareOfPath(counted);
  }

  private isCommon(known: Exclude<Known, 'ignored'>): boolean {
    return !('text' in known) && this.shareOf(known) >= COMMON;
  }

  /** A path, and all that is in it. */
  private drop(path: string): void {
    const below = `${path}/`;
    this.forget(({ of }) => of.path === path || of.path.startsWith(below));
  }

  private isOneOfFew(path: string): boolean {
    const words = this.names.countWord(path);
    if (words === 'many-now') this.forget(({ text, of }) => of.path === path && text.startsWith(WORD));
    return words === 'few';
  }

  /** Counts another name in an object; true where that makes it a table. */
  private makesTable(path: string): boolean {
    const table = this.names.countName(path);
    if (table === null) return false;
    const inside = this.all.filter(({ of }) => parentPath(of.path) === table);
    // What many answers have is no key that one of their clients chose.
    const fields = inside.filter(({ of }) => this.paths.shareOfPath(of) >= COMMON).map(({ of }) => of.path);
    this.names.makeTable(table, fields);
    this.forget(({ of }) => of.path.startsWith(`${table}/`) && this.names.inTables(of.path) !== of.path);
    this.known.clear();
    this.uncounted.clear();
    return true;
  }

  private forget(isGone: (fact: CountedFact) => boolean): void {
    const gone = new Set(this.all.filter(isGone));
    if (gone.size === 0) return;
    this.all = this.all.filter((fact) => !gone.has(fact));
    const left = new Set(this.all.map(({ of }) => of));
    for (const { text, of } of gone) {
      this.byText.delete(text);
      if (!left.has(of)) this.paths.remove(of.path);
      this.room.tellGone({ place: this.name, text });
    }
    for (const [found, fact] of this.known) {
      if (fact !== 'ignored' && 'text' in fact && gone.has(fact)) this.known.delete(found);
    }
    this.least = null;
  }
}

function isHead(path: string): boolean {
  return !path.startsWith('/') && path !== '';
}

/** What has to be there for a fact to be true or not. */
function holderOf(trait: string, path: string): string | null {
  return trait === 'present' || trait === 'absent' ? parentPath(path) : path;
}
