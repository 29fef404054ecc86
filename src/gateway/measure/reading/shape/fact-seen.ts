import type { Track } from '../../../../split/order.ts';
import type { Sighting } from '../../../../stats/answers/sighting.ts';

const MOST_CONSUMERS = 10;
/** Of each version, of answers with a fact as of answers without it. */
const MOST_EXAMPLES = 2;

/** Whose answer it is. */
export interface Answerer {
  readonly track: Track;
  /** Name of the consumer that asked; null where none is known. */
  readonly consumer: string | null;
}

interface SeenSide {
  /** The stable's answers. */
  answers: number;
  /** Of those that the canary answered, the last. */
  readonly consumers: string[];
  /** Where the next of them goes. */
  next: number;
  /** Of both versions: of how many answers an example was asked for, and those that are not alike. */
  readonly asked: Record<Track, number>;
  readonly examples: Record<Track, string[]>;
}

const newSide = (): SeenSide => ({
  answers: 0,
  consumers: [],
  next: 0,
  asked: { stable: 0, canary: 0 },
  examples: { stable: [], canary: [] },
});

/** What is remembered, for people, of the answers with a fact, and of those that could have it and do not. Bounded. */
export class FactSeen {
  private readonly having = newSide();
  private lacking: SeenSide | null = null;

  /** @returns whether an example of this answer is wanted */
  note(how: 'has' | 'lacks', { track, consumer }: Answerer): boolean {
    const side = this.sideOf(how);
    if (track === 'stable') side.answers += 1;
    else if (consumer !== null && !side.consumers.includes(consumer)) {
      side.consumers[side.next] = consumer;
      side.next = (side.next + 1) % MOST_CONSUMERS;
    }
    if (side.asked[track] >= MOST_EXAMPLES) return false;
    side.asked[track] += 1;
    return true;
  }

  addExample(how: 'has' | 'lacks', track: Track, text: string): void {
    const examples = this.sideOf(how).examples[track];
    if (!examples.includes(text)) examples.push(text);
  }

  /** What a difference is about: that the canary lacks what most answers of the stable have, or has what they lack. */
  read(): Sighting {
    const { having, lacking } = this;
    const isCommon = having.answers > (lacking?.answers ?? 0);
    const [stables, canarys] = isCommon ? [having, lacking] : [lacking, having];
    const of = (track: Track, side: SeenSide | null) => (side?.examples[track] ?? []).map((text) => ({ track, text }));
    return {
      consumers: [...(canarys?.consumers ?? [])],
      examples: [...of('canary', canarys), ...of('stable', stables)],
    };
  }

  private sideOf(how: 'has' | 'lacks'): SeenSide {
    if (how === 'has') return this.having;
    this.lacking ??= newSide();
    return this.lacking;
  }
}
