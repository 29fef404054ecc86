import {
  type LineLevel,
  type LogCounts,
  MOST_CALLS,
  MOST_LOG_FIELDS,
  MOST_TEMPLATES,
} from '../../stats/logs/log-counts.ts';
import type { LogLine } from '../lines/log-line.ts';

/** Of `MOST_TEMPLATES`: so that no flood of one level takes the place of an error. */
const TEMPLATES: Readonly<Record<LineLevel, number>> = {
  error: MOST_TEMPLATES * 0.4,
  warn: MOST_TEMPLATES * 0.2,
  info: MOST_TEMPLATES * 0.3,
  debug: MOST_TEMPLATES * 0.1,
};

/**
 * Names and how often each came, as many as there may be. Where there are more, the one that came once, and longest ago, makes room: what
 * comes again and again is told apart, however many others come beside it.
 */
class BoundedCounts {
  readonly counts = new Map<string, number>();
  other = 0;
  private readonly once = new Set<string>();
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  add(name: string, count: number): void {
    const before = this.counts.get(name) ?? 0;
    if (before === 0 && this.counts.size >= this.most && !this.makesRoom()) {
      this.other += count;
      return;
    }
    this.counts.set(name, before + count);
    if (before + count === 1) this.once.add(name);
    else this.once.delete(name);
  }

  private makesRoom(): boolean {
    const [oldest] = this.once;
    if (oldest === undefined) return false;
    this.once.delete(oldest);
    this.counts.delete(oldest);
    this.other++;
    return true;
  }

  addAll({ counts, other }: BoundedCounts): void {
    for (const [name, count] of counts) this.add(name, count);
    this.other += other;
  }
}

/** What one version logged so far, in the bounds of `LogCounts`. */
export class OpenCounts {
  private lines = 0;
  private malformed = 0;
  private readonly levels: Record<LineLevel, number> = { error: 0, warn: 0, info: 0, debug: 0 };
  private readonly templates: Readonly<Record<LineLevel, BoundedCounts>> = {
    error: new BoundedCounts(TEMPLATES.error),
    warn: new BoundedCounts(TEMPLATES.warn),
    info: new BoundedCounts(TEMPLATES.info),
    debug: new BoundedCounts(TEMPLATES.debug),
  };
  private readonly fields = new BoundedCounts(MOST_LOG_FIELDS);
  private readonly calls = new BoundedCounts(MOST_CALLS);

  add({ level, fields, call }: LogLine, template: string): void {
    this.lines++;
    this.levels[level]++;
    this.templates[level].add(template, 1);
    for (const name of fields) this.fields.add(name, 1);
    if (call !== null) this.calls.add(call, 1);
  }

  addMalformed(count: number): void {
    this.malformed += count;
  }

  addAll(more: OpenCounts): void {
    this.lines += more.lines;
    this.malformed += more.malformed;
    for (const level of LEVELS) {
      this.levels[level] += more.levels[level];
      this.templates[level].addAll(more.templates[level]);
    }
    this.fields.addAll(more.fields);
    this.calls.addAll(more.calls);
  }

  /** Whether nothing has come. */
  get isEmpty(): boolean {
    return this.lines === 0 && this.malformed === 0;
  }

  closed(): LogCounts {
    const { lines, malformed } = this;
    const templates = LEVELS.map((level) => this.templates[level]);
    return {
      lines,
      malformed,
      levels: { ...this.levels },
      templates: Object.fromEntries(templates.flatMap(({ counts }) => [...counts])),
      fields: Object.fromEntries(this.fields.counts),
      calls: Object.fromEntries(this.calls.counts),
      other: {
        templates: templates.reduce((sum, { other }) => sum + other, 0),
        fields: this.fields.other,
        calls: this.calls.other,
      },
    };
  }
}

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;
