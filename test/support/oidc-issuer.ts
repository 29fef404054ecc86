import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

export interface OidcKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export function oidcKey(kid: string): OidcKey {
  return { kid, ...generateKeyPairSync('rsa', { modulusLength: 2_048 }) };
}

/** A real OpenID provider on loopback, which gives its clients signed access tokens for one resource (RFC 8707). */
export interface OidcIssuer {
  readonly url: string;
  /** By the grant of client credentials (RFC 6749 section 4.4). */
  token(client: string, resource: string): Promise<string>;
  /** From now on it signs with the first of these, and these are its key set. */
  rotate(...keys: readonly OidcKey[]): void;
  /** What becomes of those who ask for the key set: how often they did is counted. */
  mood: 'well' | 'down' | { readonly slowMs: number };
  keySetRequests: number;
  /** Whom it signs in, without asking for a password; null refuses. */
  person: OidcPerson | null;
  /** What it puts into access tokens beside the usual. */
  extraClaims: Readonly<Record<string, unknown>>;
  /** From now on browsers may be sent back there, with a code for the client `WEB_CLIENT`. */
  sendsBackTo(...redirectUris: readonly string[]): void;
  readonly secret: string;
  close(): Promise<void>;
}

export interface OidcPerson {
  readonly sub: string;
  readonly email: string;
  readonly groups: readonly string[];
}

export const WEB_CLIENT = 'serin';
const SECRET = randomUUID();

export async function startOidcIssuer(clients: readonly string[], ...keys: readonly OidcKey[]): Promise<OidcIssuer> {
  const server = createServer((incoming, outgoing) => answer(incoming, outgoing));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let present = { keys, redirectUris: [] as readonly string[] };
  const rebuilt = () => providerOf(url, clients, present, () => issuer);
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (incoming.url?.startsWith('/interaction/')) {
      void signIn(built.provider, issuer.person, incoming, outgoing);
      return;
    }
    const { serve } = built;
    if (incoming.url !== '/jwks') {
      void serve(incoming, outgoing);
      return;
    }
    issuer.keySetRequests++;
    if (issuer.mood === 'down') incoming.socket.destroy();
    else if (issuer.mood === 'well') void serve(incoming, outgoing);
    else setTimeout(() => void serve(incoming, outgoing), issuer.mood.slowMs);
  };
  const issuer: OidcIssuer = {
    url,
    mood: 'well',
    keySetRequests: 0,
    person: null,
    extraClaims: {},
    secret: SECRET,
    rotate: (...next) => {
      present = { ...present, keys: next };
      built = rebuilt();
    },
    sendsBackTo: (...redirectUris) => {
      present = { ...present, redirectUris };
      built = rebuilt();
    },
    token: async (client, resource) => {
      const response = await fetch(`${url}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope: 'orders' }),
      });
      const { access_token: token } = (await response.json()) as { readonly access_token?: string };
      if (token === undefined) throw new Error(`the provider answered ${response.status}`);
      return token;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  let built = rebuilt();
  return issuer;
}

async function signIn(
  provider: Provider,
  person: OidcPerson | null,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const result = person === null ? { error: 'access_denied' } : { login: { accountId: person.sub }, consent: {} };
  await provider.interactionFinished(incoming, outgoing, result);
}

function providerOf(
  url: string,
  clients: readonly string[],
  { keys, redirectUris }: { readonly keys: readonly OidcKey[]; readonly redirectUris: readonly string[] },
  issuer: () => Pick<OidcIssuer, 'person' | 'extraClaims'>,
) {
  const web = {
    client_id: WEB_CLIENT,
    client_secret: SECRET,
    application_type: 'native' as const,
    redirect_uris: [...redirectUris],
  };
  const provider = new Provider(url, {
    clients: [
      ...(redirectUris.length > 0 ? [web] : []),
      ...clients.map((client) => ({
        client_id: client,
        client_secret: SECRET,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      })),
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: [], groups: ['groups'] },
    cookies: { keys: [SECRET] },
    pkce: { required: () => true },
    extraTokenClaims: async () => ({ ...issuer().extraClaims }),
    findAccount: async (_context, accountId) => ({
      accountId,
      claims: async () => ({ ...issuer().person, sub: accountId, email_verified: true }),
    }),
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: async ({ oidc }) => {
      const accountId = oidc.session?.accountId;
      if (accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: WEB_CLIENT, accountId });
      grant.addOIDCScope('openid email profile groups');
      await grant.save();
      return grant;
    },
    jwks: {
      keys: keys.map(({ kid, privateKey }) => ({
        ...privateKey.export({ format: 'jwk' }),
        kid,
        alg: 'RS256',
        use: 'sig',
      })),
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          scope: 'orders',
          audience: resource,
          accessTokenTTL: 600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  return { provider, serve: provider.callback() };
}
