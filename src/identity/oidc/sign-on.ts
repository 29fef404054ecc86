import type { CustomFetch } from 'openid-client';
import { Problem } from '../../problem/problem.ts';
import { type BegunFlow, codeFlow, type FlowOutcome } from './code-flow.ts';
import { type OidcSettings, oidcOffer } from './oidc-offer.ts';
import { claimAt, type Person, type PersonRule, personOf } from './person.ts';
import { type PersonSession, personSessions } from './person-session.ts';
import { OidcProvider, type ProviderParts, type ProviderVerdict } from './provider.ts';
import { type Seal, sealFor } from './sealed.ts';

/** `control.oidc`, with the secret itself. */
export interface SignOnSettings extends OidcSettings, PersonRule {
  readonly audience: readonly string[];
  /** How long a browser stays signed in, ms. */
  readonly session: number;
}

interface SignOnParts extends Omit<ProviderParts, 'issuer' | 'audience'> {
  readonly secret: Uint8Array;
  /** How the provider is asked for tokens. */
  readonly fetch?: CustomFetch;
}

/** How long somebody may take at the provider. */
const FLOW_MS = 600_000;

/** Three parts, of which the first is an object in base64url: no token of Serin's own is that. */
const SIGNED = /^e[w-z][\w-]*\.[\w-]*\.[\w-]*$/;

const REFUSALS = {
  malformed: 'the token is not one that an OpenID provider signs with a key pair',
  'bad-signature': "the token is forged or broken: its signature is not that of the provider's key",
  'unknown-key': 'the token is signed with a key that the OpenID provider does not have',
  'wrong-issuer': 'the token is of another issuer than control.oidc.issuer in serin.yaml',
  'wrong-audience': 'the token is for somebody else: its claim aud names none of control.oidc.audience in serin.yaml',
} as const;

/** The OpenID provider that the configuration names now. */
export class SignOn {
  private readonly parts: SignOnParts;
  private readonly flows: Seal;
  private readonly sessions: ReturnType<typeof personSessions>;
  private current: { readonly settings: SignOnSettings; readonly provider: OidcProvider } | null = null;

  constructor(parts: SignOnParts) {
    this.parts = parts;
    this.flows = sealFor(parts.secret, 'serin sign-in under way');
    this.sessions = personSessions(parts.secret, parts.wall);
  }

  /** The keys of a provider that stays the same stay known. */
  configure(settings: SignOnSettings | undefined): void {
    const before = this.current;
    if (settings !== undefined && before !== null && isSameProvider(before.settings, settings)) {
      this.current = { settings, provider: before.provider };
      return;
    }
    before?.provider.stop();
    this.current = null;
    if (settings === undefined) return;
    const { issuer, audience } = settings;
    const provider = new OidcProvider({ ...this.parts, issuer, audience });
    this.current = { settings, provider };
    provider.start();
  }

  stop(): void {
    this.configure(undefined);
  }

  offer() {
    return oidcOffer(this.current?.settings);
  }

  isToken(token: string): boolean {
    return this.current !== null && SIGNED.test(token);
  }

  /**
   * Whose a token is. Throws Problem: 'unauthenticated' for one that was valid or will be, 'forbidden' for somebody without a role, 'unavailable' when
   * its key is not known and the provider does not answer.
   */
  async authenticate(token: string) {
    const { settings, provider } = this.named();
    const verified = read(await provider.verify(token));
    if ('refused' in verified) return verified;
    const { name, role, subject } = admitted(verified.claims, settings);
    return { name, role, subject, expiresAt: verified.until };
  }

  /**
   * Where to send a browser, and what it has to keep meanwhile, in a cookie of this name. Throws Problem('unavailable') when the provider does
   * not answer.
   */
  async begin({ redirectUri, to }: { readonly redirectUri: string; readonly to: string }, cookie: string) {
    const { settings, provider } = this.named();
    const flow = await codeFlow(await provider.metadata(), settings, this.parts.fetch);
    const { location, begun } = await flow.begin(redirectUri);
    const until = this.parts.wall() + FLOW_MS;
    return { location, kept: this.flows.seal({ ...begun, to, until }, cookie), lastsMs: FLOW_MS };
  }

  /** Where the browser that kept this wanted to go; null where it was not begun here. */
  destinationOf(kept: string, cookie: string): string | null {
    const to = this.flows.open(kept, cookie)?.['to'];
    return typeof to === 'string' ? to : null;
  }

  /**
   * The session of a browser that comes back from the provider. `query`: what it came with. Throws Problem: 'forbidden' for somebody without a
   * role, 'unavailable' when the provider does not answer.
   */
  async finish(
    { query, kept }: { readonly query: string; readonly kept: string },
    cookies: { readonly flow: string; readonly session: string },
  ) {
    const { settings, provider } = this.named();
    const begun = this.flows.open(kept, cookies.flow);
    if (begun === null || Number(begun['until']) < this.parts.wall()) {
      const within = `within ${FLOW_MS / 60_000} minutes`;
      return { refused: `a sign-in has to be finished in the browser that began it, ${within}: begin again` };
    }
    const { state, nonce, verifier, redirectUri } = begun as unknown as BegunFlow;
    const flow = await codeFlow(await provider.metadata(), settings, this.parts.fetch);
    const outcome = await flow.finish(query, { state, nonce, verifier, redirectUri });
    if ('refused' in outcome) return outcome;
    // What came from the token endpoint is believed by its signature as well.
    const verified = read(await provider.verify(outcome.idToken, [settings.clientId]));
    if ('refused' in verified) return verified;
    const { claims } = verified;
    // Some providers tell groups and addresses at the user info endpoint alone.
    const isWhole = claimAt(claims, settings.roles.claim) !== undefined;
    const person = admitted(isWhole ? claims : { ...(await moreClaims(outcome)), ...claims }, settings);
    const { session: lastsMs } = settings;
    return { value: this.sessions.open(person, lastsMs, cookies.session), lastsMs };
  }

  isSession(value: string): boolean {
    return this.sessions.isOne(value);
  }

  readSession(value: string, cookie: string): PersonSession | null {
    return this.sessions.read(value, cookie, this.current?.settings);
  }

  private named() {
    if (this.current === null) throw new Problem('refused', 'serin.yaml names no OpenID provider (control.oidc)');
    return this.current;
  }
}

/** The claims of a token that holds, or why it does not. */
function read(verdict: ProviderVerdict) {
  if (typeof verdict === 'object') {
    if ('unavailable' in verdict) throw new Problem('unavailable', verdict.unavailable);
    return verdict;
  }
  switch (verdict) {
    case 'expired':
      throw new Problem('unauthenticated', 'the token of the OpenID provider has expired: sign in again');
    case 'not-yet-valid':
      throw new Problem(
        'unauthenticated',
        'the token is not valid yet (nbf): compare the clocks of the provider and of this machine',
      );
    default:
      return { refused: REFUSALS[verdict] };
  }
}

async function moreClaims({ userInfo }: Exclude<FlowOutcome, { readonly refused: string }>) {
  try {
    return await userInfo();
  } catch (cause) {
    const message = 'the OpenID provider does not say who signed in: its user info endpoint does not answer';
    throw new Problem('unavailable', message, { cause });
  }
}

/** Throws Problem('forbidden') for whoever has no role. */
function admitted(claims: Readonly<Record<string, unknown>>, rule: PersonRule): Person {
  const person = personOf(claims, rule);
  if ('refused' in person) throw new Problem('forbidden', person.refused);
  return person;
}

function isSameProvider(one: SignOnSettings, other: SignOnSettings): boolean {
  return one.issuer === other.issuer && JSON.stringify(one.audience) === JSON.stringify(other.audience);
}
