/** Two readings in milliseconds: one that never jumps, for durations, and the time of day, for what people and databases read. */
export interface Clock {
  monotonic(): number;
  wall(): number;
}

const systemClock: Clock = { monotonic: () => performance.now(), wall: () => Date.now() };

/** The system's clocks, or one injected function that serves as both. */
export function clockFrom(now: (() => number) | undefined): Clock {
  return now ? { monotonic: now, wall: now } : systemClock;
}
