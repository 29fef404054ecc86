import type { PulledBrake, SplitOrder, Track } from '../../../split/order.ts';
import { blamedFor, FewKeysTrial, type TrialEnd } from './few-keys-trial.ts';

const WATCHED = 50;
/** At least 90 % of the stable's last 50 must have succeeded. */
const HEALTHY = 45;
/** A row of fewer keys may be a few clients that fail on either version; the stable answers the others well. */
const LEAST_KEYS = 5;

/** What the gateway has to do now. */
export type BrakeMove =
  | ({ readonly do: 'to-stable' } & PulledBrake)
  /** The stable serves the canary's few keys, until `give-back` or `to-stable`. */
  | { readonly do: 'try-stable' }
  /** The stable answered one of them: the trial goes on. */
  | { readonly do: 'go-on' }
  | { readonly do: 'give-back' };

/**
 * Counts the canary's failures in a row. It trips only while the stable is known to be healthy: when both fail at once, a
 * shared dependency has failed, and with fewer than 50 answers nothing is known about the stable. Requests of one key go to the
 * same version, so the row has to be of five keys at least. One that chance alone drew, or a rule sent, counts as a key; and so
 * does one that no connection was made for, which no client can aim. Where a sticky route gives the canary fewer keys, the
 * stable serves them for a trial first (`FewKeysTrial`).
 */
export class Brake {
  private limit: number | null = null;
  private inARow = 0;
  /** Keys in the row, as many as it takes, and its requests without one. */
  private readonly keys: number[] = [];
  private keyless = 0;
  private stable: string | null = null;
  /** The stable's last outcomes, 1 for a success, as a ring. */
  private readonly seen = new Uint8Array(WATCHED);
  private next = 0;
  private healthy = 0;
  private readonly trial = new FewKeysTrial();
  private drawnBy: 'request' | 'key' = 'request';
  private order: Pick<SplitOrder, 'rolloutId' | 'canary' | 'canaryBps'> | null = null;
  private readonly monotonic: () => number;

  constructor(monotonic: () => number) {
    this.monotonic = monotonic;
  }

  /** @param drawnBy whether requests of one key are drawn together for good */
  follow(order: SplitOrder, drawnBy: 'request' | 'key' = 'request'): void {
    const { brakeAfter, canary, stable } = order;
    this.limit = canary === null ? null : brakeAfter;
    this.drawnBy = drawnBy;
    // A pause, or a person who goes on, is no other weight.
    if (this.order !== null && isSameWeight(this.order, order)) this.trial.giveUp();
    else this.trial.begin(this.monotonic());
    this.order = order;
    this.beginRow();
    if (stable.url === this.stable) return;
    this.stable = stable.url;
    this.seen.fill(0);
    this.healthy = 0;
  }

  /**
   * Records one outcome; null if nothing is to be done. It goes to the stable once per order.
   *
   * @param key alike for requests that are drawn together; null for one by itself
   */
  observe(track: Track, outcome: 'success' | 'failure', key: number | null): BrakeMove | null {
    if (track === 'stable') {
      this.observeStable(outcome === 'success' ? 1 : 0);
      return this.ended(this.trial.observeStable(outcome, key));
    }
    const isTried = this.observeFewKeys(outcome, key);
    if (outcome === 'success') {
      // Nearly every answer of a healthy canary ends here, and emptying an array is dear.
      if (this.inARow > 0) this.beginRow();
      return null;
    }
    this.inARow++;
    this.addKey(key);
    if (isTried) return { do: 'try-stable' };
    if (this.limit === null || this.inARow < this.limit || this.healthy < HEALTHY) return null;
    if (this.keys.length + this.keyless < LEAST_KEYS) return null;
    const of = this.keys.length < LEAST_KEYS ? '' : `, of at least ${LEAST_KEYS} different keys,`;
    return this.toStable(`${this.inARow} requests in a row${of} failed on the canary`, 'canary');
  }

  /** The trial has lasted long enough without telling anything: the next row begins another. */
  giveUpTrial(): void {
    this.trial.giveUp();
  }

  private beginRow(): void {
    this.inARow = 0;
    this.keys.length = 0;
    this.keyless = 0;
  }

  private observeFewKeys(outcome: 'success' | 'failure', key: number | null): boolean {
    if (this.drawnBy === 'request' || this.limit === null || this.trial.isOver) return false;
    const limit = this.healthy < HEALTHY ? Number.POSITIVE_INFINITY : this.limit;
    return this.trial.observe(outcome, key, { limit, now: this.monotonic() });
  }

  private ended(trial: TrialEnd | 'goes-on' | null): BrakeMove | null {
    if (trial === null) return null;
    if (trial === 'goes-on') return { do: 'go-on' };
    if (trial.with === 'ill' || this.limit === null) return { do: 'give-back' };
    const { keys, answers } = trial;
    const blames = blamedFor(keys, this.order?.canaryBps ?? 0);
    const whose = keys === 1 ? 'one key' : `${keys} keys`;
    const but =
      blames === 'canary'
        ? ''
        : `; ${keys === 1 ? 'one key' : 'so few keys'} may do that on purpose or by chance, so nobody is blamed`;
    return this.toStable(
      `nearly all requests of ${whose} failed on the canary, and ${answers} of the same then succeeded on the stable`,
      blames,
      but,
    );
  }

  private toStable(seen: string, blames: PulledBrake['blames'], but = ''): BrakeMove {
    this.limit = null;
    this.trial.giveUp();
    return {
      do: 'to-stable',
      reason: `${seen}, while ${this.healthy} of the stable's last ${WATCHED} succeeded${but}`,
      blames,
    };
  }

  private addKey(key: number | null): void {
    if (key === null) this.keyless++;
    else if (this.keys.length < LEAST_KEYS && !this.keys.includes(key)) this.keys.push(key);
  }

  private observeStable(success: 0 | 1): void {
    this.healthy += success - (this.seen[this.next] ?? 0);
    this.seen[this.next] = success;
    this.next = (this.next + 1) % WATCHED;
  }
}

function isSameWeight(before: Pick<SplitOrder, 'rolloutId' | 'canary' | 'canaryBps'>, now: typeof before): boolean {
  return (
    before.rolloutId === now.rolloutId && before.canary?.url === now.canary?.url && before.canaryBps === now.canaryBps
  );
}
