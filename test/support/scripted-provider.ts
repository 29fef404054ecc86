import { Faults } from '../../src/gateway/http/faults.ts';
import type { FetchedText } from '../../src/gateway/upstream/fetch-text.ts';
import { SignOn, type SignOnSettings } from '../../src/identity/oidc/sign-on.ts';
import { type Issuer, keySet, RULE } from './issuer.ts';

/** What a test may change of a provider while it runs. */
export interface ProviderMood {
  keys: readonly Pick<Issuer, 'jwk'>[];
  answers: 'well' | 'down' | 'never';
  /** In place of what discovery says. */
  discovery: object;
  asked: string[];
}

export const SIGN_ON: SignOnSettings = {
  issuer: RULE.issuer,
  clientId: 'serin',
  audience: [RULE.audience[0] ?? ''],
  scopes: ['openid'],
  session: 12 * 3_600_000,
  roles: { claim: 'groups', map: { admins: 'admin', team: 'operator', everybody: 'viewer' } },
};

/** A whole sign-on before a provider that is text. */
export function scriptedSignOn(issuer: Issuer, settings: SignOnSettings = SIGN_ON) {
  const mood: ProviderMood = { keys: [issuer], answers: 'well', discovery: {}, asked: [] };
  const discovery = () => ({
    issuer: RULE.issuer,
    jwks_uri: `${RULE.issuer}/jwks`,
    authorization_endpoint: `${RULE.issuer}/auth`,
    token_endpoint: `${RULE.issuer}/token`,
    ...mood.discovery,
  });
  const fetchText = async (url: string): Promise<FetchedText> => {
    mood.asked.push(url);
    if (mood.answers === 'never') return new Promise<FetchedText>(() => {});
    if (mood.answers === 'down') return { ok: false, reason: 'could not be asked for (ECONNREFUSED)' };
    return { ok: true, text: url.endsWith('/jwks') ? keySet(...mood.keys) : JSON.stringify(discovery()) };
  };
  const signOn = new SignOn({
    fetchText,
    faults: new Faults(({ error }) => {
      throw error;
    }),
    secret: Buffer.alloc(32, 7),
    wall: Date.now,
    monotonic: () => performance.now(),
  });
  signOn.configure(settings);
  return { signOn, mood };
}
