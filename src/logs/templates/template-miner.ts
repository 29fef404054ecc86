import type { LineLevel } from '../../stats/logs/log-counts.ts';
import type { LogLine } from '../lines/log-line.ts';
import { isOf, type Merged, merged } from './leaf.ts';
import { maskedLogger, maskedWords } from './mask.ts';
import { withoutSecrets } from './without-secrets.ts';

/** Texts that are remembered, by level: a flood of one level leaves the others what they have. */
const MOST_TEXTS: Readonly<Record<LineLevel, number>> = { error: 1_000, warn: 500, info: 1_000, debug: 250 };
/** Of one leaf, and in all. */
const MOST_MERGED = 50;
const MOST_MERGED_IN_ALL = 1_000;

interface Leaf {
  /** By the template that they are for now; the newest last. */
  readonly texts: Map<string, readonly string[]>;
  readonly merged: Merged[];
}

/**
 * Finds the template of a line: its level, its logger, and its text with `<*>` for what varies. As Drain does (He et al., ICWS 2017)
 * texts are compared within a leaf alone: one level, logger, number of words and first word. Unlike it, a text that is like
 * another is not merged with it at once, which would make the outcome depend on the order, but when a dozen of them differ in the same places.
 * One for all versions of a route, so that they name alike what they log alike.
 */
export class TemplateMiner {
  private readonly leaves = new Map<string, Leaf>();
  /** The leaf of each remembered text, by level, the one that was not seen for longest first. */
  private readonly recent: Readonly<Record<LineLevel, Map<string, string>>> = {
    error: new Map(),
    warn: new Map(),
    info: new Map(),
    debug: new Map(),
  };
  private mergedInAll = 0;

  templateOf({ level, logger, message }: Pick<LogLine, 'level' | 'logger' | 'message'>): string {
    const head = `${level} ${maskedLogger(logger)}:`;
    const words = maskedWords(message);
    return this.find(level, head, words) ?? this.learn(level, head, withoutSecrets(words));
  }

  /** Texts and merged templates that are remembered. */
  get size(): number {
    const texts = Object.values(this.recent).reduce((sum, { size }) => sum + size, 0);
    return texts + this.mergedInAll;
  }

  private find(level: LineLevel, head: string, words: readonly string[]): string | null {
    const template = templateText(head, words);
    const recent = this.recent[level];
    const known = recent.get(template);
    if (known === undefined) {
      return this.leaves.get(placeOf(head, words))?.merged.find((one) => isOf(words, one))?.template ?? null;
    }
    recent.delete(template);
    recent.set(template, known);
    return template;
  }

  private learn(level: LineLevel, head: string, masked: readonly string[]): string {
    const found = this.find(level, head, masked);
    if (found !== null) return found;
    const template = templateText(head, masked);
    const words = wordsOf(template, head);
    const recent = this.recent[level];
    const place = placeOf(head, words);
    const leaf = this.leafAt(place);
    const common = this.mayMerge(leaf) ? merged(words, [...leaf.texts.values()]) : null;
    if (common !== null) return this.merge(leaf, recent, { words: common, template: templateText(head, common) });
    leaf.texts.set(template, words);
    recent.set(template, place);
    this.forgetOldest(level);
    return template;
  }

  private leafAt(place: string): Leaf {
    const leaf = this.leaves.get(place) ?? { texts: new Map(), merged: [] };
    this.leaves.set(place, leaf);
    return leaf;
  }

  private mayMerge(leaf: Leaf): boolean {
    return leaf.merged.length < MOST_MERGED && this.mergedInAll < MOST_MERGED_IN_ALL;
  }

  private merge(leaf: Leaf, recent: Map<string, string>, one: Merged): string {
    leaf.merged.push(one);
    this.mergedInAll++;
    for (const [text, words] of leaf.texts) {
      if (!isOf(words, one)) continue;
      leaf.texts.delete(text);
      recent.delete(text);
    }
    return one.template;
  }

  private forgetOldest(level: LineLevel): void {
    const recent = this.recent[level];
    if (recent.size <= MOST_TEXTS[level]) return;
    const [oldest] = recent;
    if (oldest === undefined) return;
    const [text, place] = oldest;
    recent.delete(text);
    const leaf = this.leaves.get(place);
    leaf?.texts.delete(text);
    if (leaf?.texts.size === 0 && leaf.merged.length === 0) this.leaves.delete(place);
  }
}

function placeOf(head: string, words: readonly string[]): string {
  return `${head} ${words.length} ${words[0] ?? ''}`;
}

/** The words again, as parts of the template: those of the message would keep all of its line in memory. */
function wordsOf(template: string, head: string): readonly string[] {
  return template.slice(head.length + 1).split(' ');
}

function templateText(head: string, words: readonly string[]): string {
  return `${head} ${words.join(' ')}`;
}
