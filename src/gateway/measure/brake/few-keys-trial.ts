import { WHOLE_BPS } from '../../../split/assign.ts';
import type { PulledBrake } from '../../../split/order.ts';

/** With this many keys or more a row of them says enough, and no trial is needed. */
const MANY_KEYS = 5;
/** A success takes back this many failures, so that only a canary that fails nearly everything gets to the limit. */
const FAILURES_OF_A_SUCCESS = 9;
/** A key with fewer is not known to fail: one failure of a client among many would count as much as the client that fails on purpose. */
const FAILURES_OF_A_KEY = 7;
/** How long a weight lasts before a trial, in ms: on a busy route others are the canary's too, and have only not come yet. */
const SETTLED_MS = 10_000;
/** Answers of the stable, to the keys that failed, that settle the trial: nearly all of them have to be well. */
const TRIAL_ANSWERS = 10;
const ILL_OF_THEM = 2;
/** The canary is blamed where the draw would give it that many keys at most once in so many rollouts. */
const BLAMED_ONCE_IN = 1_000;
const LEAST_BLAMED = 2;

/** How a trial ends: the stable answers these keys well, or it does not either. */
export type TrialEnd =
  | { readonly with: 'well'; readonly keys: number; readonly answers: number }
  | { readonly with: 'ill' };

interface Trial {
  readonly keys: ReadonlySet<number>;
  readonly well: Map<number, number>;
  readonly ill: Map<number, number>;
}

/** What the row of failures is held against. */
interface TrialTerms {
  /** Failures that begin a trial. */
  readonly limit: number;
  /** Monotonic ms. */
  readonly now: number;
}

/**
 * Whether a canary that serves fewer than five keys fails nearly everything (docs/statistics.md section 3.18). That may
 * be the version or the clients, so the stable serves the same keys for a trial: a client that fails by either version fails
 * there as well, and is left out from then on. Units are drawn independently, so that keys that fail anyway are all the
 * canary's with the probability weight^keys.
 */
export class FewKeysTrial {
  /** Every key that the canary served at this weight, up to `MANY_KEYS`. */
  private readonly served = new Set<number>();
  /** Keys that failed on the stable as well. */
  private readonly own = new Set<number>();
  /** Failures of the present row by key, and together. */
  private readonly row = new Map<number, number>();
  private failures = 0;
  private trial: Trial | null = null;
  private since = 0;

  /** A new weight, or another canary, at a monotonic time in ms. */
  begin(now: number): void {
    this.served.clear();
    this.own.clear();
    this.since = now;
    this.giveUp();
  }

  /** Ends a trial that told nothing. */
  giveUp(): void {
    this.trial = null;
    this.row.clear();
    this.failures = 0;
  }

  /** Whether the canary has served so many keys at this weight that no outcome of it begins a trial. */
  get isOver(): boolean {
    return this.served.size >= MANY_KEYS;
  }

  /** Records an outcome of the canary; true if the stable should serve its keys for a trial now. */
  observe(outcome: 'success' | 'failure', key: number | null, terms: TrialTerms): boolean {
    if (this.trial !== null || this.isOver) return false;
    if (key !== null) this.served.add(key);
    if (this.isOver) {
      this.giveUp();
      return false;
    }
    if (outcome === 'success') {
      this.takeBack(key);
      return false;
    }
    if (key === null || this.own.has(key)) return false;
    this.row.set(key, (this.row.get(key) ?? 0) + 1);
    this.failures++;
    const keys = this.failingKeys(terms);
    if (2 * keys.length <= this.served.size - this.own.size) return false;
    this.trial = { keys: new Set(keys), well: new Map(), ill: new Map() };
    return true;
  }

  /** Records an answer of the stable during a trial; null if it is none that the trial is about. */
  observeStable(outcome: 'success' | 'failure', key: number | null): TrialEnd | 'goes-on' | null {
    const { trial } = this;
    if (trial === null || key === null || !trial.keys.has(key)) return null;
    const of = outcome === 'success' ? trial.well : trial.ill;
    of.set(key, (of.get(key) ?? 0) + 1);
    const [well, ill] = [sum(trial.well), sum(trial.ill)];
    if (ill >= ILL_OF_THEM) {
      for (const failed of trial.ill.keys()) this.own.add(failed);
      this.giveUp();
      return { with: 'ill' };
    }
    if (well + ill < TRIAL_ANSWERS) return 'goes-on';
    this.giveUp();
    return { with: 'well', keys: trial.well.size, answers: well };
  }

  private takeBack(key: number | null): void {
    if (this.failures === 0) return;
    this.failures = Math.max(0, this.failures - FAILURES_OF_A_SUCCESS);
    if (this.failures === 0) this.row.clear();
    if (key === null) return;
    const left = (this.row.get(key) ?? 0) - FAILURES_OF_A_SUCCESS;
    if (left > 0) this.row.set(key, left);
    else this.row.delete(key);
  }

  /** The keys that fail nearly everything; none before the row is long enough. */
  private failingKeys({ limit, now }: TrialTerms): readonly number[] {
    if (this.failures < limit || now - this.since < SETTLED_MS) return [];
    const failing = [...this.row].filter(([, failures]) => failures >= FAILURES_OF_A_KEY).map(([key]) => key);
    // Another key may be about to, or has left.
    return failing.length < this.row.size && this.failures < 2 * limit ? [] : failing;
  }
}

function sum(counts: ReadonlyMap<number, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

/**
 * Whom a trial that went well blames: one client that knows which version serves it can fail on purpose, so a single key
 * never blames the canary.
 */
export function blamedFor(keys: number, canaryBps: number): PulledBrake['blames'] {
  return keys >= LEAST_BLAMED && BLAMED_ONCE_IN * canaryBps ** keys <= WHOLE_BPS ** keys ? 'canary' : 'nobody';
}
