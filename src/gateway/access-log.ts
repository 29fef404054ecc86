import type { ChosenBy } from '../split/match.ts';
import type { Track } from '../split/order.ts';
import { flat } from './flat-text.ts';

const FLUSH_MS = 200;
const FLUSH_CHARACTERS = 65_536;

export interface AccessLogOptions {
  /** Takes whole lines, many at a time. Must not throw. */
  readonly write: (lines: string) => void;
  /** The share of the requests that are logged, 0..1; those that failed always are. */
  readonly sample: number;
}

/** What is known of a request when it is routed. The query is left out: credentials stand in queries. */
export interface AccessNote {
  readonly route: string;
  readonly version: string;
  readonly method: string;
  readonly path: string;
  readonly requestId: string;
  readonly client: string;
}

/** How it ended: `unanswered` covers everything that is no complete answer, `client-gone` is nobody's fault. */
export interface AccessEnd {
  readonly outcome: 'complete' | 'unanswered' | 'client-gone';
  readonly track: Track;
  readonly by: ChosenBy;
  /** 0 where no answer has begun. */
  readonly status: number;
  /** From the request head to the end. */
  readonly ms: number;
}

interface Subject {
  readonly route: string;
  readonly version: string;
  readonly by: ChosenBy | null;
  readonly text: string;
}

const NO_SUBJECT: Subject = { route: '', version: '', by: null, text: '' };

/** One JSON line per request, written in batches: a log line costs less than a tenth of a system call. */
export class AccessLog {
  private readonly options: AccessLogOptions;
  private readonly wall: () => number;
  private pending = '';
  private timer: NodeJS.Timeout | null = null;
  /** Grows by the share at each request; a whole one is a line. */
  private due = 0;
  private time = { ms: 0, text: '' };
  private readonly subjects: Record<Track, Subject> = { stable: NO_SUBJECT, canary: NO_SUBJECT };

  /** `wall` gives epoch ms. */
  constructor(options: AccessLogOptions, wall: () => number) {
    this.options = options;
    this.wall = wall;
  }

  add(note: AccessNote, { outcome, track, by, status, ms }: AccessEnd): void {
    const isFailure = outcome === 'unanswered' || status >= 500;
    if (!isFailure && !this.isDrawn()) return;
    const { method, path, requestId, client } = note;
    this.pending +=
      `${this.now()}${this.subjectOf(note, track, by)}"method":"${method}","path":${quoted(path)},` +
      `"status":${status},"outcome":"${outcome}",` +
      `"ms":${ms.toFixed(2)},"requestId":${quoted(requestId)},"client":"${client}"}\n`;
    if (this.pending.length >= FLUSH_CHARACTERS) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref();
  }

  /** Writes what is pending. */
  flush(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const lines = this.pending;
    this.pending = '';
    if (lines !== '') this.options.write(lines);
  }

  private isDrawn(): boolean {
    this.due += this.options.sample;
    if (this.due < 1) return false;
    this.due -= 1;
    return true;
  }

  /** The fields that one line mostly has in common with the one before it. */
  private subjectOf({ route, version }: AccessNote, track: Track, by: ChosenBy): string {
    let subject = this.subjects[track];
    if (subject.route !== route || subject.version !== version || subject.by !== by) {
      const text = `"route":"${route}","track":"${track}","by":"${by}","version":${quoted(version)},`;
      subject = { route, version, by, text: flat(text) };
      this.subjects[track] = subject;
    }
    return subject.text;
  }

  /** How a line of this very millisecond begins. */
  private now(): string {
    const ms = Math.round(this.wall());
    if (ms !== this.time.ms) this.time = { ms, text: flat(`{"time":"${new Date(ms).toISOString()}",`) };
    return this.time.text;
  }
}

/** Visible ASCII in which JSON escapes nothing. */
const NOTHING_TO_ESCAPE = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** A JSON string. Nearly all need no escapes, and to see that costs half of what escaping does. */
function quoted(text: string): string {
  return NOTHING_TO_ESCAPE.test(text) ? `"${text}"` : JSON.stringify(text);
}
