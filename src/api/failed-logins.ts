const WINDOW_MS = 60_000;
const LIMIT = 20;
const ADDRESSES = 10_000;

/** Counts failed authentications per address in windows of a minute. */
export interface FailedLogins {
  /** Milliseconds until the address may try again; null when it may now. */
  blockedMs(address: string): number | null;
  count(address: string): void;
}

export function failedLogins(now: () => number): FailedLogins {
  const windows = new Map<string, { readonly since: number; readonly failures: number }>();

  const current = (address: string) => {
    const window = windows.get(address);
    return window && now() - window.since < WINDOW_MS ? window : null;
  };

  return {
    blockedMs(address) {
      const window = current(address);
      return window && window.failures >= LIMIT ? window.since + WINDOW_MS - now() : null;
    },
    count(address) {
      const window = current(address) ?? { since: now(), failures: 0 };
      // Re-inserted, so that the map's first key is the address that failed longest ago.
      windows.delete(address);
      windows.set(address, { ...window, failures: window.failures + 1 });
      for (const oldest of windows.keys()) {
        if (windows.size <= ADDRESSES) break;
        windows.delete(oldest);
      }
    },
  };
}
