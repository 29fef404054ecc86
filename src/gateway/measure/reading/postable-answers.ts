import type { PostedValue, PostOutcome } from '../../../stats/answers/posted-value.ts';
import { valueBucket } from '../../../stats/answers/value-grid.ts';

/** Answers of a route that are remembered; beyond it the oldest are forgotten. */
export const MOST_POSTABLE = 20_000;
export const POSTABLE_FOR_MS = 3_600_000;

/** Where the answer counts: the part of `Findings` that is needed here. */
interface OpenForValues {
  value(name: string, value: number): boolean;
}

const NONE: readonly string[] = [];

interface PostableAnswer {
  readonly findings: OpenForValues;
  /** Monotonic ms. */
  readonly endedAt: number;
  /** Whether another answer has the same id: nobody can tell which is meant. */
  isAmbiguous: boolean;
  /** The values that were counted. */
  counted: readonly string[];
}

/** The answers of a route for which values may still be posted, by the id of their request. */
export class PostableAnswers {
  private readonly now: () => number;
  /** In the order in which they ended. */
  private readonly answers = new Map<string, PostableAnswer>();
  private names: ReadonlySet<string> = new Set();

  /** @param now monotonic ms */
  constructor(now: () => number) {
    this.now = now;
  }

  /** @param names of the values that may be posted from now on; while there are none, nothing is remembered */
  follow(names: ReadonlySet<string>): void {
    this.names = names;
    if (names.size === 0) this.answers.clear();
  }

  /** An answer has come to its proper end. */
  note(requestId: string, findings: OpenForValues): void {
    if (this.names.size === 0) return;
    const known = this.answers.get(requestId);
    if (known !== undefined) {
      known.isAmbiguous = true;
      return;
    }
    const endedAt = this.now();
    this.forget(endedAt);
    this.answers.set(ownCopy(requestId), { findings, endedAt, isAmbiguous: false, counted: NONE });
  }

  /** What became of each, in their order. */
  post(values: readonly PostedValue[]): PostOutcome[] {
    this.forget(this.now());
    return values.map((value) => this.postOne(value));
  }

  private postOne({ requestId, name, value }: PostedValue): PostOutcome {
    if (!this.names.has(name)) return 'unknown-value';
    if (typeof value !== 'number' || valueBucket(value) === null) return 'unusable';
    const answer = this.answers.get(requestId);
    if (answer === undefined) return 'unknown-request';
    if (answer.isAmbiguous) return 'ambiguous-request';
    if (answer.counted.includes(name)) return 'twice';
    if (!answer.findings.value(name, value)) return 'late';
    // A list that is pushed to has room for sixteen more.
    answer.counted = answer.counted.concat(name);
    return 'counted';
  }

  /** Makes room for one more. */
  private forget(now: number): void {
    for (const [requestId, { endedAt }] of this.answers) {
      if (this.answers.size < MOST_POSTABLE && now - endedAt < POSTABLE_FOR_MS) return;
      this.answers.delete(requestId);
    }
  }
}

/** The id that a client sent may be a part of the whole head of its request, which would be kept with it. */
function ownCopy(requestId: string): string {
  return Buffer.from(requestId, 'latin1').toString('latin1');
}
