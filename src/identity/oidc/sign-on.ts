import { Problem } from '../../problem/problem.ts';
import { type OidcSettings, oidcOffer } from './oidc-offer.ts';
import { type Person, type PersonRule, personOf } from './person.ts';
import { OidcProvider, type ProviderParts, type ProviderVerdict } from './provider.ts';

/** `control.oidc`, with the secret itself. */
export interface SignOnSettings extends OidcSettings, PersonRule {
  readonly audience: readonly string[];
  /** How long a browser stays signed in, ms. */
  readonly session: number;
}

type SignOnParts = Omit<ProviderParts, 'issuer' | 'audience'>;

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
  private current: { readonly settings: SignOnSettings; readonly provider: OidcProvider } | null = null;

  constructor(parts: SignOnParts) {
    this.parts = parts;
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

/** Throws Problem('forbidden') for whoever has no role. */
function admitted(claims: Readonly<Record<string, unknown>>, rule: PersonRule): Person {
  const person = personOf(claims, rule);
  if ('refused' in person) throw new Problem('forbidden', person.refused);
  return person;
}

function isSameProvider(one: SignOnSettings, other: SignOnSettings): boolean {
  return one.issuer === other.issuer && JSON.stringify(one.audience) === JSON.stringify(other.audience);
}
