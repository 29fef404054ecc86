import { exampleOfNamed, exampleOfText } from '../../redact/example.ts';
import type { Track } from '../../split/order.ts';
import type { Sighting, SightingName } from '../../stats/answers/sighting.ts';
import type { LineLevel } from '../../stats/logs/log-counts.ts';
import { type LogSighting, readLogSighting } from '../../stats/logs/log-sighting.ts';
import type { LogLine } from '../lines/log-line.ts';
import { KeptTexts } from './kept-texts.ts';

/** Templates of which there are examples, the one that came last longest ago is forgotten first; and examples read between two looks. */
const TEMPLATES: Readonly<Record<LineLevel, number>> = { error: 200, warn: 100, info: 100, debug: 50 };
/** Those that come first: what a version always calls, and always has, is in its first lines. */
const MOST_CALLS = 200;
const MOST_FIELDS = 500;
/** Of a level, of one template each. */
const MOST_OF_LEVEL = 3;
const TRACKS: readonly Track[] = ['canary', 'stable'];

/**
 * What people are shown of the lines of one route: redacted and cut at once, three of each version for a template, a call or a
 * field. Of a field only the stable's, because what is told of a field is that it is gone.
 */
export class LineExamples {
  private readonly templates: Readonly<Record<LineLevel, Map<string, KeptTexts>>> = {
    error: new Map(),
    warn: new Map(),
    info: new Map(),
    debug: new Map(),
  };
  private left: Record<LineLevel, number> = { ...TEMPLATES };
  private readonly calls = new Map<string, KeptTexts>();
  private readonly fields = new Map<string, KeptTexts>();

  /** To be called at each look. */
  allowMore(): void {
    this.left = { ...TEMPLATES };
  }

  note(track: Track, line: LogLine, template: string): void {
    const { level, message, call, fields, fieldValue } = line;
    const ofTemplate = this.templateAt(level, template);
    // A flood of templates would have every line redacted, which takes longer than counting it.
    if (this.left[level] > 0) {
      ofTemplate.offer(track, () => {
        this.left[level]--;
        return own(exampleOfText(message));
      });
    }
    if (call !== null) firstCome(this.calls, call, MOST_CALLS)?.offer(track, () => own(exampleOfText(message)));
    if (track === 'canary') return;
    for (const name of fields) {
      const kept = firstCome(this.fields, name, MOST_FIELDS);
      kept?.offer(track, () => own(exampleOfNamed(name, fieldValue(name), message)));
    }
  }

  /** What is remembered of these, as far as anything is. Lines do not say whose request it was. */
  sightings(names: readonly SightingName[]): ReadonlyMap<SightingName, Sighting> {
    const found = new Map<SightingName, Sighting>();
    for (const name of names) {
      const asked = readLogSighting(name);
      const examples = asked === null ? [] : TRACKS.flatMap((track) => this.examplesOf(asked, track));
      if (examples.length > 0) found.set(name, { consumers: [], examples });
    }
    return found;
  }

  private examplesOf(asked: LogSighting, track: Track): Sighting['examples'] {
    const texts = asked.of === 'level' ? this.newestOf(asked.name, track) : (this.keptOf(asked)?.of(track) ?? []);
    return texts.map((text) => ({ track, text }));
  }

  private keptOf({ of, name }: Exclude<LogSighting, { of: 'level' }>): KeptTexts | undefined {
    if (of === 'call') return this.calls.get(name);
    if (of === 'field') return this.fields.get(name);
    return Object.values(this.templates)
      .find((kept) => kept.has(name))
      ?.get(name);
  }

  private newestOf(level: LineLevel, track: Track): readonly string[] {
    const newest = [...this.templates[level].values()].reverse();
    return newest.flatMap((kept) => kept.of(track).slice(0, 1)).slice(0, MOST_OF_LEVEL);
  }

  private templateAt(level: LineLevel, template: string): KeptTexts {
    const kept = this.templates[level];
    const found = kept.get(template) ?? new KeptTexts();
    kept.delete(template);
    kept.set(template, found);
    const [oldest] = kept.keys();
    if (kept.size > TEMPLATES[level] && oldest !== undefined) kept.delete(oldest);
    return found;
  }
}

function firstCome(kept: Map<string, KeptTexts>, name: string, most: number): KeptTexts | null {
  const found = kept.get(name);
  if (found !== undefined) return found;
  if (kept.size >= most) return null;
  const made = new KeptTexts();
  kept.set(own(name), made);
  return made;
}

/** Copied: a part of a text keeps all of it in memory, a line of 64 KiB. */
function own(text: string): string {
  return Buffer.from(text).toString();
}
