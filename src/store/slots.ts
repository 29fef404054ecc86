import type { InTurn } from './embedded/turns.ts';

/** Runs at most `count` at once of what it is given; the others wait in the order of asking. */
export function slots(count: number): InTurn {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((granted) => waiting.push(granted));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
