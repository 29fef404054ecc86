import type { Faults } from '../../gateway/http/faults.ts';
import { KeySource } from '../../gateway/route/jwt/key-source.ts';
import { type ClaimsFault, signedBy, type VerifiedClaims, verifyClaims } from '../../gateway/route/jwt/verify-token.ts';
import type { FetchedText } from '../../gateway/upstream/fetch-text.ts';
import { Problem } from '../../problem/problem.ts';
import { discoveryUrl, type ProviderMetadata, readMetadata } from './discovery.ts';

/** How long a request waits for the provider at most. */
export const PROVIDER_WAIT_MS = 2_000;
const KEYS_EVERY_MS = 300_000;
const METADATA_EVERY_MS = 3_600_000;

export interface ProviderParts {
  readonly issuer: string;
  readonly audience: readonly string[];
  /** A GET of a URL, within bounds of time and size. Never throws. */
  readonly fetchText: (url: string) => Promise<FetchedText>;
  readonly faults: Faults;
  /** The keys were asked for; the failure continues a sentence that begins with the provider. */
  readonly onLoaded?: (failure: string | null) => void;
  /** Epoch ms. */
  readonly wall: () => number;
  /** Ms. */
  readonly monotonic: () => number;
}

/** `unavailable`: whether the token holds cannot be told now, with the reason as a sentence. */
export type ProviderVerdict =
  | Exclude<VerifiedClaims, string>
  | ClaimsFault
  | 'unknown-key'
  | { readonly unavailable: string };

/** An OpenID provider: where it answers, and its keys. Known keys are used while it does not answer. */
export class OidcProvider {
  private readonly parts: ProviderParts;
  private readonly keys: KeySource;
  private found: { readonly metadata: ProviderMetadata; readonly at: number } | null = null;
  private discovering: Promise<ProviderMetadata | { readonly reason: string }> | null = null;
  /** Of the last load; null once one was successful. */
  private failure: string | null = 'has not answered yet';
  private loads = 0;
  private waiting: (() => void)[] = [];

  constructor(parts: ProviderParts) {
    const { faults, monotonic } = parts;
    this.parts = parts;
    this.keys = new KeySource({
      load: () => this.load(),
      refreshMs: KEYS_EVERY_MS,
      waitMs: PROVIDER_WAIT_MS,
      now: monotonic,
      faults,
      onLoaded: (failure) => this.loaded(failure),
    });
  }

  start(): void {
    this.keys.start();
  }

  stop(): void {
    this.keys.stop();
    this.release();
  }

  /** Verifies a token for these audiences; those of the configuration unless others are asked for. */
  async verify(token: string, audience = this.parts.audience): Promise<ProviderVerdict> {
    const signed = signedBy(token);
    if (signed === null) return 'malformed';
    let key = this.keys.find(signed);
    if (key === null) {
      const before = this.loads;
      const waitMs = this.keys.ask();
      if (waitMs > 0) await this.nextLoad(waitMs);
      key = this.keys.find(signed);
      const isLate = waitMs > 0 && this.loads === before;
      if (key === null && waitMs > 0 && !isLate && this.failure === null) return 'unknown-key';
      if (key === null) return { unavailable: this.whyUnavailable(isLate) };
    }
    const { issuer, wall } = this.parts;
    return verifyClaims(token, key, { issuer, audience }, wall());
  }

  /** What its discovery document says. Throws Problem('unavailable'). */
  async metadata(): Promise<ProviderMetadata> {
    const found = await this.discover();
    if (!('reason' in found)) return found;
    throw new Problem('unavailable', `the OpenID provider ${this.parts.issuer} ${found.reason}`);
  }

  private whyUnavailable(isLate: boolean): string {
    const { issuer } = this.parts;
    const what = 'whether the token holds cannot be told now: its key is not known';
    if (isLate)
      return `${what}, and the OpenID provider ${issuer} does not answer within ${PROVIDER_WAIT_MS / 1_000} s`;
    return this.failure === null
      ? `${what}, and the OpenID provider ${issuer} was asked for its keys a moment ago; try again in 10 s`
      : `${what}, and the OpenID provider ${issuer} ${this.failure}`;
  }

  private async nextLoad(waitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.push(resolve);
    const timer = setTimeout(resolve, waitMs);
    await promise;
    clearTimeout(timer);
    this.waiting = this.waiting.filter((one) => one !== resolve);
  }

  private release(): void {
    for (const goOn of this.waiting.splice(0)) goOn();
  }

  private loaded(failure: string | null): void {
    this.failure = failure;
    this.loads++;
    this.release();
    this.parts.onLoaded?.(failure);
  }

  private async load(): Promise<FetchedText> {
    const found = await this.discover();
    if ('reason' in found) return { ok: false, reason: found.reason };
    const fetched = await this.parts.fetchText(found.jwksUri);
    if (fetched.ok) return fetched;
    // It may have moved.
    this.found = null;
    return { ok: false, reason: `has a key set that ${fetched.reason}` };
  }

  /** Everybody may begin a sign-in: one request is under way at a time. */
  private discover(): Promise<ProviderMetadata | { readonly reason: string }> {
    const { found } = this;
    if (found !== null && this.parts.monotonic() - found.at < METADATA_EVERY_MS) return Promise.resolve(found.metadata);
    this.discovering ??= this.askMetadata().finally(() => {
      this.discovering = null;
    });
    return this.discovering;
  }

  private async askMetadata(): Promise<ProviderMetadata | { readonly reason: string }> {
    const { issuer, fetchText, monotonic } = this.parts;
    const fetched = await fetchText(discoveryUrl(issuer));
    const read = fetched.ok ? readMetadata(fetched.text, issuer) : fetched;
    if (!read.ok) return { reason: `has a discovery document that ${read.reason}` };
    this.found = { metadata: read.metadata, at: monotonic() };
    return read.metadata;
  }
}
