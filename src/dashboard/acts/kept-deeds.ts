import type { ConfirmedDeed } from './confirmed-deed.ts';

/** The part of `Storage` that is used: of a browser that has none, or whose reader forbids it, nothing is kept. */
export interface DeedStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEY = 'serin-deeds-1';

/** The deeds whose outcome nobody has been told, through a reload of the page: for this tab, and until it is closed. */
export class KeptDeeds {
  private readonly storage: () => DeedStorage;

  constructor(storage: () => DeedStorage) {
    this.storage = storage;
  }

  all(): readonly ConfirmedDeed[] {
    try {
      const found: unknown = JSON.parse(this.storage().getItem(KEY) ?? '[]');
      return Array.isArray(found) ? found.filter(isDeed) : [];
    } catch {
      return [];
    }
  }

  keep(deed: ConfirmedDeed): void {
    this.put([...this.all(), deed]);
  }

  drop({ key }: ConfirmedDeed): void {
    this.put(this.all().filter((one) => one.key !== key));
  }

  private put(deeds: readonly ConfirmedDeed[]): void {
    try {
      this.storage().setItem(KEY, JSON.stringify(deeds));
    } catch {
      // Full, or forbidden: a reload then forgets it, and shows what the server says.
    }
  }
}

function isDeed(value: unknown): value is ConfirmedDeed {
  const { key, rollout, words, sent } = (value ?? {}) as Partial<ConfirmedDeed>;
  const texts = [
    key,
    rollout?.id,
    rollout?.route,
    words?.did,
    words?.confirm,
    sent?.draft?.verb,
    sent?.reason,
    sent?.by,
  ];
  return texts.every((text) => typeof text === 'string') && typeof sent?.version === 'number';
}
