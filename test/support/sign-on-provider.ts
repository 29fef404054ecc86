import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Configuration, Provider } from 'oidc-provider';

export interface SignOnOptions {
  readonly idTokenS?: number;
  readonly deviceCodeS?: number;
  /** Without it the provider gives no refresh token, and cannot revoke any. */
  readonly offline?: 'no';
}

/** A real OpenID provider on loopback at which people sign in, with one public client, `serin-login`. */
export interface SignOnProvider {
  readonly url: string;
  /** Who asked for what at the token endpoint, and how it was answered. */
  readonly grants: { readonly type: string; readonly status: number }[];
  readonly revocations: number[];
  /** Answers 503 to everything while it is. */
  isDown: boolean;
  close(): Promise<void>;
}

export const SIGN_ON_CLIENT = 'serin-login';

export async function startSignOnProvider(options: SignOnOptions = {}): Promise<SignOnProvider> {
  const server = createServer((incoming, outgoing) => {
    if (state.isDown) outgoing.writeHead(503).end();
    else void serve(incoming, outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(url, settingsOf(options));
  const state: SignOnProvider = {
    url,
    grants: [],
    revocations: [],
    isDown: false,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  provider.use(async (context, next) => {
    await next();
    // RFC 8628 has five seconds where the provider says nothing.
    if (context.path === '/device/auth' && context.status === 200) {
      context.body = { ...(context.body as object), interval: 0.2 };
    }
    if (context.path === '/token') {
      const type = String(context.oidc.params?.['grant_type']);
      state.grants.push({ type, status: context.status });
    }
    if (context.path === '/token/revocation') state.revocations.push(context.status);
  });
  const serve = provider.callback();
  return state;
}

function settingsOf({ idTokenS = 600, deviceCodeS = 600, offline }: SignOnOptions): Configuration {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const refreshes = offline === undefined;
  return {
    clients: [
      {
        client_id: SIGN_ON_CLIENT,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: [
          'authorization_code',
          'urn:ietf:params:oauth:grant-type:device_code',
          ...(refreshes ? ['refresh_token'] : []),
        ],
        redirect_uris: ['http://127.0.0.1/callback'],
        response_types: ['code'],
      },
    ],
    scopes: ['openid', ...(refreshes ? ['offline_access'] : [])],
    claims: { openid: ['sub'], profile: ['groups', 'preferred_username'], email: [] },
    conformIdTokenClaims: false,
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: async () => ({ sub, preferred_username: sub, groups: [`${sub}-team`] }),
    }),
    cookies: { keys: ['a key of the test'] },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }] },
    ttl: { IdToken: idTokenS, DeviceCode: deviceCodeS, AccessToken: 600, RefreshToken: 86_400, Session: 86_400 },
    features: {
      devInteractions: { enabled: true },
      deviceFlow: { enabled: true },
      revocation: { enabled: refreshes },
    },
  };
}

/** What the last page said. */
export interface Visited {
  readonly status: number;
  readonly url: string;
  readonly text: string;
}

/**
 * Somebody with a browser, who opens a page of the provider and goes on, form by form, to the first page that has none. Who denies
 * cancels at the first page that offers to.
 */
export async function visit(url: string, name: string, does: 'allows' | 'denies' = 'allows'): Promise<Visited> {
  const { origin } = new URL(url);
  const jar = new Map<string, string>();
  let isOver = false;
  let next: { readonly url: string; readonly form?: URLSearchParams } = { url };
  for (let page = 0; page < 20; page++) {
    const isTheirs = new URL(next.url).origin === origin;
    const response = await fetch(next.url, {
      redirect: 'manual',
      headers: isTheirs ? { cookie: [...jar].map((pair) => pair.join('=')).join('; ') } : {},
      ...(next.form === undefined ? {} : { method: 'POST', body: next.form }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '') jar.delete(key);
      else jar.set(key, value);
    }
    const text = await response.text();
    const to = response.headers.get('location');
    const cancel = /href="([^"]+\/abort)"/.exec(text)?.[1];
    const action = /<form[^>]* action="([^"]+)"/.exec(text)?.[1];
    if (to !== null) next = { url: new URL(to, next.url).href };
    else if (does === 'denies' && cancel !== undefined) {
      isOver = true;
      next = { url: new URL(cancel, next.url).href };
    } else if (!isOver && isTheirs && action !== undefined)
      next = { url: new URL(action, next.url).href, form: filled(text, name) };
    else return { status: response.status, url: next.url, text };
  }
  throw new Error(`the provider led on and on, last to ${next.url}`);
}

function filled(page: string, name: string): URLSearchParams {
  const form = new URLSearchParams();
  for (const [input] of page.matchAll(/<input[^>]*>/g)) {
    const key = /name="([^"]+)"/.exec(input)?.[1];
    const value = /value="([^"]*)"/.exec(input)?.[1];
    if (key !== undefined) form.set(key, value ?? name);
  }
  return form;
}
