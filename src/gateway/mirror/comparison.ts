import type { Track } from '../../split/order.ts';
import type { PairPlace } from '../measure/pairs/route-pairs.ts';
import type { WholeBody } from '../measure/reading/ask-body.ts';
import type { BodyQueue } from '../measure/reading/body-queue.ts';
import type { ComparableAnswer } from '../measure/reading/compare/compared-answers.ts';
import type { CpuShare } from './cpu-share.ts';
import { KeptAnswer } from './kept-answer.ts';

export interface ComparisonParts {
  readonly bodies: BodyQueue;
  readonly ignore: readonly string[];
  readonly requestId: string;
  readonly place: PairPlace;
  /** What comparing may take of a core. */
  readonly share: CpuShare;
  /** The names of the versions. */
  readonly versions: Readonly<Record<Track, string>>;
}

/** The three answers to one request: the one that its client got, and those to the requests that were sent again. */
export class Comparison {
  readonly first: KeptAnswer;
  private readonly again: Readonly<Record<Track, KeptAnswer>>;
  private readonly parts: ComparisonParts;

  constructor(parts: ComparisonParts) {
    const { bodies } = parts;
    this.parts = parts;
    this.first = new KeptAnswer(bodies);
    this.again = { stable: new KeptAnswer(bodies), canary: new KeptAnswer(bodies) };
  }

  /** Where the answer of a version to the mirrored request goes. */
  keptOf(track: Track): KeptAnswer {
    return this.again[track];
  }

  /** All have ended. @param how `broken`: one of them has not come whole */
  end(how: 'whole' | 'broken', status: number): void {
    const { bodies, ignore, requestId, place, share, versions } = this.parts;
    if (how === 'broken' || !share.mayBegin()) {
      this.drop();
      place.tell(status, null);
      return;
    }
    const answers = {
      stable: this.first.take(versions.stable),
      canary: this.again.canary.take(versions.canary),
      again: this.again.stable.take(versions.stable),
    };
    const { stable, canary, again } = answers;
    if (stable === null || canary === null || again === null) {
      for (const answer of [stable, canary, again]) bodies.release(bytesOf(answer));
      place.tell(status, null);
      return;
    }
    const tell = (fields: Parameters<PairPlace['tell']>[1]) => place.tell(status, fields);
    const spent = (ms: number) => share.spend(ms);
    bodies.compare({ answers: { stable, canary, again }, ignore, tell, spent, requestId });
  }

  drop(): void {
    this.first.drop();
    this.again.stable.drop();
    this.again.canary.drop();
  }
}

function bytesOf(answer: ComparableAnswer<WholeBody> | null): number {
  return answer === null || answer.body === null || answer.body === 'unread' ? 0 : answer.body.bytes.length;
}
