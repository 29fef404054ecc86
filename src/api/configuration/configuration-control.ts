import type { Actor } from '../../rollout/event.ts';

/** A difference, by names: `routes.shop.timeouts`. Values are as they are written: of a secret, its name. */
export interface ConfigurationDifference {
  readonly path: string;
  /** Null where it is left out. */
  readonly before: unknown;
  readonly after: unknown;
  /** `promoted`: a rollout made another version the stable, which the file need not say. */
  readonly effect: 'applied' | 'needs-restart' | 'refused' | 'promoted';
}

/** What is in force, and what came of the last reading of the file. */
export interface ConfigurationInForce {
  /** Null where this Serin was started without one. */
  readonly file: string | null;
  /** When it was read, epoch ms. */
  readonly since: number;
  /** The first fault of the file as it was last read; null where what it says is in force. */
  readonly fault: string | null;
  /** What the file says and only a restart brings. */
  readonly waiting: readonly ConfigurationDifference[];
  /** As a file. */
  readonly yaml: string;
}

/** What a reading changed, or would. */
export interface ConfigurationReload {
  readonly applied: readonly ConfigurationDifference[];
  readonly waiting: readonly ConfigurationDifference[];
}

export interface ConfigurationControl {
  inForce(): Promise<ConfigurationInForce>;
  /** From what is in force to a text; it is read as it is written, and nothing that it refers to is. Throws Problem for one that is not valid. */
  compare(text: string, file: string): Promise<readonly ConfigurationDifference[]>;
  /** Throws Problem: then everything is as it was. */
  reload(by: Actor, reason: string, mode: 'apply' | 'dry-run'): Promise<ConfigurationReload>;
}
