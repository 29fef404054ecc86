import type { ChosenBy } from '../split/match.ts';
import type { Track } from '../split/order.ts';

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

/** One JSON line per request, written in batches: a log line costs less than a tenth of a system call. */
export class AccessLog {
  private readonly options: AccessLogOptions;
  private readonly wall: () => number;
  private pending = '';
  private timer: NodeJS.Timeout | null = null;
  /** Grows by the share at each request; a whole one is a line. */
  private due = 0;
  private time = { ms: 0, text: '' };

  /** `wall` gives epoch ms. */
  constructor(options: AccessLogOptions, wall: () => number) {
    this.options = options;
    this.wall = wall;
  }

  add(note: AccessNote, { outcome, track, by, status, ms }: AccessEnd): void {
    const isFailure = outcome === 'unanswered' || status >= 500;
    if (!isFailure && !this.isDrawn()) return;
    const { route, version, method, path, requestId, client } = note;
    this.pending +=
      `{"time":"${this.now()}","route":"${route}","track":"${track}","by":"${by}","version":${JSON.stringify(version)},` +
      `"method":"${method}","path":${JSON.stringify(path)},"status":${status},"outcome":"${outcome}",` +
      `"ms":${ms.toFixed(2)},"requestId":${JSON.stringify(requestId)},"client":"${client}"}\n`;
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

  private now(): string {
    const ms = Math.round(this.wall());
    if (ms !== this.time.ms) this.time = { ms, text: new Date(ms).toISOString() };
    return this.time.text;
  }
}
