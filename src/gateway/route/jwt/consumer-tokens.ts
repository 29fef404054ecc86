import { hash as digest } from 'node:crypto';
import type { TokenFault, TokenNews, TokenOutcome, TokenRule, TokenTotals } from '../../gateway.ts';
import type { Clock } from '../../http/clock.ts';
import type { Faults } from '../../http/faults.ts';
import type { FetchedText } from '../../upstream/fetch-text.ts';
import { Allowance } from './allowance.ts';
import type { IssuerKey, SignedBy } from './key-set.ts';
import { KeySource, WAIT_MS } from './key-source.ts';
import { KnownTokens, type TokenVerdict } from './known-tokens.ts';
import { noTokenOutcomes } from './token-outcomes.ts';
import { signedBy, verifyToken } from './verify-token.ts';

const MOST_BYTES = 8_192;
/** Requests that wait at the same time; each holds its head and the first part of its body. */
const MOST_WAITING = 256;
/** Signatures that are verified: so many at once, and then 200 a second, which take about 2 % of a core with RSA. */
const BUDGET = { most: 1_000, everyMs: 5 };
const TOLD_EVERY_MS = 60_000;
const REFRESH_MS = { url: 300_000, file: 30_000 };

/** `refused` for good, until its key or its time may have come. */
type Settled = { readonly clientId: string; readonly until: number } | TokenFault | 'no-key' | 'over-budget';

/** A token that is not known yet. */
interface Pending {
  readonly token: string;
  readonly hash: string;
  readonly signed: SignedBy;
  /** Of the requests that wait for it. */
  waiting: (() => void)[];
  /** It waits for a key, and not for its verification. */
  isUnkeyed: boolean;
  timer: NodeJS.Timeout | undefined;
}

export interface TokenParts {
  readonly route: string;
  readonly rule: TokenRule;
  readonly load: () => Promise<FetchedText>;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly onNews: (news: TokenNews) => void;
}

/**
 * Whose a token is, for one route. What is known is told at once. For a token that is seen for the first time a request may wait; a token
 * that cannot be verified has nobody's client id.
 */
export class ConsumerTokens {
  private readonly parts: TokenParts;
  private readonly keys: KeySource;
  private readonly known = new KnownTokens();
  private readonly budget: Allowance;
  private readonly pending = new Map<string, Pending>();
  private waiting = 0;
  private readonly outcomes = noTokenOutcomes();
  /** The last token that was asked about: a request asks twice, and a client many times. */
  private last = { token: '', hash: '' };
  private failure: string | null = null;
  private unbudgeted = 0;
  private toldAt = Number.NEGATIVE_INFINITY;

  constructor(parts: TokenParts) {
    const { load, clock, faults, rule } = parts;
    const now = () => clock.monotonic();
    this.parts = parts;
    this.budget = new Allowance(BUDGET.most, BUDGET.everyMs, now);
    this.keys = new KeySource({
      load,
      refreshMs: 'url' in rule.jwks ? REFRESH_MS.url : REFRESH_MS.file,
      now,
      faults,
      onLoaded: (failure) => this.loaded(failure),
    });
  }

  start(): void {
    this.keys.start();
  }

  /** The configuration is read again: so is a file of keys. An issuer that is asked by URL says by itself when its keys are others. */
  renew(): void {
    if ('file' in this.parts.rule.jwks) this.keys.renew();
  }

  /** The route is gone, or knows its consumers by something else now: who waits goes on. */
  stop(): void {
    this.keys.stop();
    for (const pending of [...this.pending.values()].filter(({ timer }) => timer !== undefined)) {
      clearTimeout(pending.timer);
      this.giveUp(pending);
    }
  }

  totals(): TokenTotals {
    return { route: this.parts.route, outcomes: { ...this.outcomes }, keys: this.keys.size };
  }

  /** The client id that a token is known to have; null for every other token. */
  clientIdOf(token: string): string | null {
    return token.length > MOST_BYTES ? null : (this.knownNow(this.hashOf(token))?.clientId ?? null);
  }

  /**
   * Asks about the token of a request, once. True when it is worth while to wait: then `then` is called when all is known that can be,
   * after `WAIT_MS` at most.
   */
  awaits(token: string, then: () => void): boolean {
    if (token.length > MOST_BYTES) return this.counted('malformed');
    const hash = this.hashOf(token);
    const known = this.knownNow(hash);
    if (known !== null) return this.counted(known.clientId === null ? 'refused-before' : 'cached');
    const pending = this.pending.get(hash) ?? this.begin(token, hash);
    if (pending === null) return false;
    // Nobody waits twice as long because the one before did.
    if (pending.timer === undefined || this.waiting >= MOST_WAITING) return this.counted('late');
    pending.waiting.push(then);
    this.waiting++;
    return true;
  }

  private hashOf(token: string): string {
    if (token !== this.last.token) this.last = { token, hash: digest('sha256', token, 'base64') };
    return this.last.hash;
  }

  private knownNow(hash: string): TokenVerdict | null {
    return this.known.get(hash, this.parts.clock.wall(), this.keys.generation);
  }

  /** Null where it is decided already, and counted. */
  private begin(token: string, hash: string): Pending | null {
    const signed = signedBy(token);
    if (signed === null) {
      this.remember(hash, 'malformed', null);
      this.counted('malformed');
      return null;
    }
    const key = this.keys.find(signed);
    const waitMs = key === null ? this.keys.ask() : WAIT_MS;
    const decided = this.waiting >= MOST_WAITING ? 'late' : this.decidedBefore(key, waitMs);
    if (decided !== null) {
      if (decided === 'no-key') this.remember(hash, decided, null);
      this.counted(decided);
      return null;
    }
    const pending: Pending = { token, hash, signed, waiting: [], isUnkeyed: key === null, timer: undefined };
    pending.timer = setTimeout(() => this.contained(() => this.giveUp(pending)), waitMs).unref();
    this.pending.set(hash, pending);
    if (key !== null) this.verify(pending, key);
    return pending;
  }

  private decidedBefore(key: IssuerKey | null, waitMs: number): 'no-key' | 'over-budget' | null {
    if (key === null) return waitMs === 0 ? 'no-key' : null;
    return this.mayVerify() ? null : 'over-budget';
  }

  /** The requests go on; what is found out later is for those that follow. */
  private giveUp(pending: Pending): void {
    pending.timer = undefined;
    if (pending.isUnkeyed) this.pending.delete(pending.hash);
    this.goOn(pending, 'late');
  }

  private loaded(failure: string | null): void {
    // Requests that go on may have others wait, for the next load.
    const unkeyed = [...this.pending.values()].filter(({ isUnkeyed }) => isUnkeyed);
    for (const pending of unkeyed) {
      const key = this.keys.find(pending.signed);
      if (key === null) this.settle(pending, 'no-key', null);
      else if (this.mayVerify()) this.verify(pending, key);
      else this.settle(pending, 'over-budget', null);
    }
    const { route, onNews } = this.parts;
    const keys = this.keys.size;
    if (failure !== null && failure !== this.failure) {
      onNews({ route, what: 'keys-unavailable', reason: failure, keys });
    } else if (failure === null && this.failure !== null) onNews({ route, what: 'keys-loaded', keys });
    this.failure = failure;
  }

  private verify(pending: Pending, key: IssuerKey): void {
    pending.isUnkeyed = false;
    const { rule, clock, faults } = this.parts;
    const settle = (settled: Settled, by: IssuerKey | null) => {
      this.pending.delete(pending.hash);
      this.contained(() => this.settle(pending, settled, by));
    };
    Promise.resolve()
      .then(() => verifyToken(pending.token, key, rule, clock.wall()))
      .then(
        (verification) => settle(verification, key),
        (error: unknown) => {
          faults.report(error, 'keys');
          settle('malformed', null);
        },
      );
  }

  /** Whatever throws, the requests go on: now, or when their time is up. */
  private settle(pending: Pending, settled: Settled, key: IssuerKey | null): void {
    this.pending.delete(pending.hash);
    if (settled !== 'over-budget') this.contained(() => this.remember(pending.hash, settled, key));
    this.goOn(pending, typeof settled === 'string' ? settled : 'verified');
    clearTimeout(pending.timer);
  }

  private remember(hash: string, settled: Exclude<Settled, 'over-budget'>, key: IssuerKey | null): void {
    if (typeof settled !== 'string') {
      if (key !== null) this.known.verify(hash, settled, key);
    } else this.known.refuse(hash, settled, this.parts.clock.wall(), this.keys.generation);
  }

  /** Those who wait must not throw; one that does is contained. */
  private goOn(pending: Pending, outcome: TokenOutcome): void {
    const { waiting } = pending;
    pending.waiting = [];
    this.waiting -= waiting.length;
    this.outcomes[outcome] += waiting.length;
    for (const then of waiting) this.parts.faults.attempt(then, 'request');
  }

  private contained(step: () => void): void {
    this.parts.faults.attempt(step, 'keys');
  }

  private mayVerify(): boolean {
    if (this.budget.take()) return true;
    const { route, clock, onNews } = this.parts;
    const now = clock.monotonic();
    this.unbudgeted++;
    if (now - this.toldAt >= TOLD_EVERY_MS) {
      onNews({ route, what: 'over-budget', requests: this.unbudgeted });
      this.toldAt = now;
      this.unbudgeted = 0;
    }
    return false;
  }

  /** False, for who counts and does not wait. */
  private counted(outcome: TokenOutcome): false {
    this.outcomes[outcome]++;
    return false;
  }
}
