import type { CustomFetch } from 'openid-client';
import { errorCode } from '../../problem/error-code.ts';
import { Problem } from '../../problem/problem.ts';
import type { ProviderMetadata } from './discovery.ts';
import type { OidcSettings } from './oidc-offer.ts';

const ANSWER_S = 5;

/** What the browser keeps, sealed, until the provider sends it back. */
export interface BegunFlow {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

/** What a sign-in came to: the ID token and what the user info endpoint says, or a sentence why there is none. */
export type FlowOutcome =
  | { readonly idToken: string; readonly userInfo: () => Promise<Readonly<Record<string, unknown>>> }
  | { readonly refused: string };

export interface CodeFlow {
  begin(redirectUri: string): Promise<{ readonly location: string; readonly begun: BegunFlow }>;
  /** `query`: what the provider sent the browser back with. Throws Problem('unavailable') when the provider does not answer. */
  finish(query: string, begun: BegunFlow): Promise<FlowOutcome>;
}

/** The authorization code flow with PKCE, state and nonce (RFC 6749, 7636; OpenID Connect Core 1.0 section 3.1). */
export async function codeFlow(
  metadata: ProviderMetadata,
  { issuer, clientId, clientSecret, scopes }: OidcSettings,
  fetch: CustomFetch | undefined,
): Promise<CodeFlow> {
  const client = await import('openid-client');
  const supported = metadata.document['token_endpoint_auth_methods_supported'];
  // Basic is what a provider supports that does not say (Discovery section 3).
  const isPost = Array.isArray(supported) && !supported.includes('client_secret_basic');
  const secretAuth = isPost ? client.ClientSecretPost : client.ClientSecretBasic;
  const auth = clientSecret === undefined ? client.None() : secretAuth(clientSecret);
  const configuration = new client.Configuration({ ...metadata.document, issuer }, clientId, undefined, auth);
  configuration.timeout = ANSWER_S;
  if (fetch !== undefined) configuration[client.customFetch] = fetch;
  if (issuer.startsWith('http:')) client.allowInsecureRequests(configuration);

  return {
    async begin(redirectUri) {
      const begun = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
        redirectUri,
      };
      const location = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: scopes.join(' '),
        state: begun.state,
        nonce: begun.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(begun.verifier),
        code_challenge_method: 'S256',
      });
      return { location: location.href, begun };
    },
    async finish(query, { state, nonce, verifier, redirectUri }) {
      const back = new URL(redirectUri);
      back.search = query;
      if (back.searchParams.get('state') !== state) {
        return { refused: 'the answer of the provider belongs to another sign-in of this browser: begin again' };
      }
      try {
        const tokens = await client.authorizationCodeGrant(configuration, back, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        const { access_token: accessToken, id_token: idToken } = tokens;
        const subject = tokens.claims()?.sub;
        if (idToken === undefined || subject === undefined) return { refused: 'the provider sent no ID token' };
        const hasMore = typeof metadata.document['userinfo_endpoint'] === 'string';
        return {
          idToken,
          userInfo: async () => (hasMore ? await client.fetchUserInfo(configuration, accessToken, subject) : {}),
        };
      } catch (error) {
        return { refused: refusalOf(error, client) };
      }
    },
  };
}

/** Only a code that the standards name is quoted: what else the provider says may hold anything. Throws Problem('unavailable'). */
function refusalOf(error: unknown, client: typeof import('openid-client')): string {
  if (error instanceof client.AuthorizationResponseError) return `the provider says ${plainCode(error.error)}`;
  if (error instanceof client.ResponseBodyError) {
    const code = plainCode(error.error);
    return code === 'invalid_grant'
      ? 'the provider does not take the answer that it sent the browser back with (invalid_grant): it may have been used, or is too old'
      : `the provider gives no token for its answer: it says ${code}`;
  }
  const code = errorCode(error);
  if (code === null || code === 'OAUTH_TIMEOUT' || !code.startsWith('OAUTH_')) {
    throw new Problem('unavailable', 'the OpenID provider does not answer at its token endpoint', { cause: error });
  }
  return `the answer of the provider does not hold (${code})`;
}

function plainCode(code: string): string {
  return /^[a-z_]{1,60}$/.test(code) ? code : 'that something is wrong';
}
