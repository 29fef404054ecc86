/** What one key did: how many of its requests were events. */
export interface KeyEvents {
  readonly events: number;
  readonly trials: number;
}

/** More keys than this are no exception. */
const FEW = 3;
/** What few keys have together, and what one has that is said where no few have as much. */
const MOST = { together: 0.8, ofOne: 0.5 };
/** Fewer events are chance: for one key of them on average, and for each. */
const FEWEST_EVENTS = 5;
const FEWEST_OF_EACH = 3;
/** A heavy key has many events, too: those that are said have at least this many times the rate of the others. */
const TIMES = 2;

/** The fewest keys, worst first, that make most of the events; null where many keys do, or too few events are there. */
export function fewWithMost(keys: readonly KeyEvents[]): { readonly keys: number; readonly part: number } | null {
  const all = { events: 0, trials: 0 };
  for (const { events, trials } of keys) {
    all.events += events;
    all.trials += trials;
  }
  if (all.events <= 0) return null;
  const worst = keys.toSorted((left, right) => right.events - left.events).slice(0, FEW);
  const few = { events: 0, trials: 0 };
  let one: { readonly keys: number; readonly part: number } | null = null;
  for (const [index, { events, trials }] of worst.entries()) {
    const count = index + 1;
    few.events += events;
    few.trials += trials;
    if (few.events < FEWEST_EVENTS * count || events < FEWEST_OF_EACH || 2 * count > keys.length) break;
    const part = few.events / all.events;
    const others = { events: all.events - few.events, trials: all.trials - few.trials };
    if (few.events * others.trials < TIMES * others.events * few.trials) continue;
    if (part >= MOST.together) return { keys: count, part };
    if (count === 1 && part >= MOST.ofOne) one = { keys: 1, part };
  }
  return one;
}
