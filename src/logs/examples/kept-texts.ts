import type { Track } from '../../split/order.ts';

const MOST_EXAMPLES = 3;
/** So many lines of a version are looked at, so that those that are all alike are not redacted again and again. */
const MOST_LOOKED_AT = 10;

/** Examples of one thing in the lines of both versions, three different ones of each at most. */
export class KeptTexts {
  private readonly texts: Readonly<Record<Track, string[]>> = { stable: [], canary: [] };
  private readonly looked: Record<Track, number> = { stable: 0, canary: 0 };

  /** @param read the line as an example; only asked where there is room for it */
  offer(track: Track, read: () => string): void {
    const texts = this.texts[track];
    if (texts.length >= MOST_EXAMPLES || this.looked[track] >= MOST_LOOKED_AT) return;
    this.looked[track]++;
    const text = read();
    if (text !== '' && !texts.includes(text)) texts.push(text);
  }

  of(track: Track): readonly string[] {
    return this.texts[track];
  }
}
