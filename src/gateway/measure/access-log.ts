import type { ChosenBy } from '../../split/match.ts';
import type { Track } from '../../split/order.ts';
import type { AccessLogOptions } from '../gateway.ts';
import type { Faults } from '../http/faults.ts';
import { ESCAPED_BYTES, JsonLines } from './json-lines.ts';

const FLUSH_MS = 200;
/** More than the field names and the short values take. */
const FIXED_BYTES = 300;

/** What is known about a request when it is routed. The query is left out because queries carry credentials. */
export interface AccessNote {
  readonly route: string;
  readonly version: string;
  readonly method: string;
  readonly path: string;
  readonly requestId: string;
  readonly client: string;
}

/**
 * How it ended. `unanswered`: the version gave no complete answer. `client-gone`, `refused` (the gateway itself
 * did not serve it) and `internal-error` (a bug of the gateway) are not a version's fault.
 */
export interface AccessEnd {
  readonly outcome: 'complete' | 'unanswered' | 'client-gone' | 'refused' | 'internal-error';
  readonly track: Track;
  readonly by: ChosenBy;
  /** 0 if no answer has begun. */
  readonly status: number;
  /** From the request head to the end. */
  readonly ms: number;
}

/** What the lines of one version share: the fields after the time, up to the value of the method. */
interface Subject {
  readonly version: string;
  readonly bytes: Readonly<Record<ChosenBy, Uint8Array>>;
}

/** One JSON line per request, written in batches: a log line costs less than a tenth of a system call. */
export class AccessLog {
  private readonly sample: number;
  private readonly wall: () => number;
  private readonly lines: JsonLines;
  private readonly faults: Faults;
  private timer: NodeJS.Timeout | null = null;
  /** Grows by the sample share with each request; each time it reaches one, a line is written. */
  private due = 0;
  /** The beginning of every line of the current second, up to its milliseconds. */
  private second = { number: -1, bytes: new Uint8Array() };
  private readonly subjects: Readonly<Record<Track, Map<string, Subject>>> = { stable: new Map(), canary: new Map() };

  /** `wall` gives epoch ms. */
  constructor({ write, sample }: AccessLogOptions, wall: () => number, faults: Faults) {
    this.sample = sample;
    this.wall = wall;
    this.faults = faults;
    this.lines = new JsonLines(write);
  }

  /** A line that cannot be written does not fail the request. */
  add(note: AccessNote, end: AccessEnd): void {
    try {
      if (isFailure(end) || this.isDrawn()) this.write(note, end);
    } catch (error) {
      this.lines.drop();
      this.faults.report(error, 'access-log', note.requestId);
    }
  }

  private write(note: AccessNote, { outcome, track, by, status, ms }: AccessEnd): void {
    const { lines } = this;
    const { method, path, requestId, client } = note;
    const subject = this.subjectOf(note, track).bytes[by];
    const now = Math.round(this.wall());
    const hundredths = Math.round(ms * 100);
    lines.begin(subject.length + FIXED_BYTES + ESCAPED_BYTES * (path.length + requestId.length));
    lines.copy(this.secondOf(now));
    lines.digits(now, 3);
    lines.copy(subject);
    lines.plain(method);
    lines.plain('","path":');
    lines.string(path);
    lines.plain(',"status":');
    lines.plain(String(status));
    lines.plain(',"outcome":"');
    lines.plain(outcome);
    lines.plain('","ms":');
    lines.plain(String(Math.floor(hundredths / 100)));
    lines.plain('.');
    lines.digits(hundredths, 2);
    lines.plain(',"requestId":');
    lines.string(requestId);
    lines.plain(',"client":"');
    lines.plain(client);
    lines.plain('"}\n');
    lines.end();
    this.timer ??= setTimeout(this.onDue, FLUSH_MS).unref();
  }

  /** Writes what is pending. */
  flush(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.lines.flush();
  }

  private readonly onDue = (): void => {
    this.faults.attempt(() => this.flush(), 'access-log');
  };

  private isDrawn(): boolean {
    this.due += this.sample;
    if (this.due < 1) return false;
    this.due -= 1;
    return true;
  }

  private secondOf(ms: number): Uint8Array {
    const number = Math.floor(ms / 1_000);
    if (number !== this.second.number) {
      const time = new Date(ms).toISOString().slice(0, -'000Z'.length);
      this.second = { number, bytes: Buffer.from(`{"time":"${time}`) };
    }
    return this.second.bytes;
  }

  private subjectOf({ route, version }: AccessNote, track: Track): Subject {
    let subject = this.subjects[track].get(route);
    if (subject?.version !== version) {
      const bytes = (by: ChosenBy): Uint8Array => {
        const fields = JSON.stringify({ route, track, by, version, method: '' });
        return Buffer.from(`Z",${fields.slice('{'.length, -'"}'.length)}`);
      };
      subject = { version, bytes: { weight: bytes('weight'), force: bytes('force'), consumer: bytes('consumer') } };
      this.subjects[track].set(route, subject);
    }
    return subject;
  }
}

function isFailure({ outcome, status }: AccessEnd): boolean {
  return outcome === 'unanswered' || outcome === 'refused' || outcome === 'internal-error' || status >= 500;
}
