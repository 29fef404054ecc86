import {
  AuthorizationResponseError,
  allowInsecureRequests,
  ClientError,
  type Configuration,
  customFetch,
  discovery,
  None,
  ResponseBodyError,
  refreshTokenGrant,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
  tokenRevocation,
} from 'openid-client';
import { certificateFault } from '../../problem/certificate.ts';
import { errorCode } from '../../problem/error-code.ts';
import { Problem } from '../../problem/problem.ts';
import type { Session } from '../terminal.ts';
import { clean } from '../text.ts';
import type { KeptSignIn } from './kept-sign-in.ts';

export interface ProviderClient {
  readonly issuer: string;
  readonly clientId: string;
}

export type TokenAnswer = TokenEndpointResponse & TokenEndpointResponseHelpers;

const TIMEOUT_S = 10;
/** What a bearer of the control API may have. */
const MOST_CHARACTERS = 8 * 1024;

/** Asks a provider what it can do (OpenID Connect Discovery 1.0). Throws Problem. */
export async function providerOf({ issuer, clientId }: ProviderClient, { fetch }: Session): Promise<Configuration> {
  const url = new URL(issuer);
  try {
    return await discovery(url, clientId, undefined, None(), {
      timeout: TIMEOUT_S,
      // The types of its body are older than those of `fetch`.
      [customFetch]: (to, options) => fetch(to, options as RequestInit),
      // Serin takes a provider over http on the loopback of its machine only; elsewhere the token would be readable on its way.
      ...(url.protocol === 'http:' && isLoopback(url) ? { execute: [allowInsecureRequests] } : {}),
    });
  } catch (error) {
    throw providerFault(issuer, error);
  }
}

/** Throws Problem: 'refused' where the provider does not renew it any more, 'unavailable' where it could not be asked. */
export async function renewed(
  kept: KeptSignIn & { readonly refreshToken: string },
  session: Session,
): Promise<KeptSignIn> {
  const provider = await providerOf(kept, session);
  let answer: TokenAnswer;
  try {
    answer = await refreshTokenGrant(provider, kept.refreshToken);
  } catch (error) {
    throw providerFault(kept.issuer, error);
  }
  const next = signInOf(kept.server, kept, answer, kept.refreshToken);
  // OpenID Connect Core 1.0 section 12.2.
  if (subjectOf(next.idToken) === subjectOf(kept.idToken)) return next;
  throw new Problem('refused', `${kept.issuer} answered with the token of somebody else`);
}

/** RFC 7009. False where the provider cannot. Throws Problem. */
export async function revoked(
  kept: ProviderClient & { readonly refreshToken: string },
  session: Session,
): Promise<boolean> {
  const provider = await providerOf(kept, session);
  if (provider.serverMetadata().revocation_endpoint === undefined) return false;
  try {
    await tokenRevocation(provider, kept.refreshToken, { token_type_hint: 'refresh_token' });
    return true;
  } catch (error) {
    throw providerFault(kept.issuer, error);
  }
}

/** What is kept of an answer of the token endpoint. Throws Problem where it has no ID token that Serin would take. */
export function signInOf(
  server: string,
  { issuer, clientId }: ProviderClient,
  answer: TokenAnswer,
  refreshToken: string | null = null,
): KeptSignIn {
  const claims = answer.claims();
  if (answer.id_token === undefined || claims === undefined) {
    throw new Problem('refused', `${issuer} answered without an ID token`);
  }
  if (answer.id_token.length > MOST_CHARACTERS) {
    throw new Problem(
      'refused',
      `the ID token of ${issuer} has ${answer.id_token.length} characters, and Serin takes ${MOST_CHARACTERS}: let the provider put fewer claims into it`,
    );
  }
  const receivedAtMs = Date.now();
  return {
    server,
    issuer,
    clientId,
    idToken: answer.id_token,
    refreshToken: answer.refresh_token ?? refreshToken,
    receivedAtMs,
    // By its length, as the clock of the provider may differ.
    expiresAtMs: receivedAtMs + Math.max(0, claims.exp - claims.iat) * 1_000,
  };
}

/** A failure of the library or of the network in a sentence; a Problem stays what it is. */
export function providerFault(issuer: string, error: unknown): Problem {
  if (error instanceof Problem) return error;
  const status = statusOf(error);
  if (status !== null && (status >= 500 || status === 429)) {
    return new Problem('unavailable', `${issuer} is not well: it answered with status ${status}`, { cause: error });
  }
  if (error instanceof ResponseBodyError || error instanceof AuthorizationResponseError) {
    const { error: code, error_description: says } = error;
    const why = says === undefined ? '' : ` (${clean(says).slice(0, 200)})`;
    return new Problem('refused', `${issuer} refused: ${clean(code).slice(0, 100)}${why}`, { cause: error });
  }
  if (error instanceof ClientError) {
    switch (error.code) {
      case 'OAUTH_TIMEOUT':
        return new Problem('unavailable', `${issuer} did not answer within ${TIMEOUT_S} s`, { cause: error });
      case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
        return new Problem(
          'refused',
          `the ID token of ${issuer} is not valid at this time: see whether the clock of this machine is right`,
          { cause: error },
        );
      default:
        return new Problem(
          'internal',
          `what ${issuer} answered cannot be used: ${clean(error.message).slice(0, 200)} (${clean(String(error.code ?? 'no code')).slice(0, 100)})`,
          { cause: error },
        );
    }
  }
  const code = error instanceof Error ? errorCode(error.cause) : null;
  const why = code === null ? '' : (certificateFault(code, 'the file of NODE_EXTRA_CA_CERTS') ?? code);
  return new Problem('unavailable', `cannot reach ${issuer}${why === '' ? '' : `: ${why}`}`, { cause: error });
}

function statusOf(error: unknown): number | null {
  if (error instanceof ResponseBodyError) return error.status;
  return error instanceof ClientError && error.cause instanceof Response ? error.cause.status : null;
}

function isLoopback({ hostname }: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

function subjectOf(idToken: string): unknown {
  const claims: unknown = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString());
  return typeof claims === 'object' && claims !== null && 'sub' in claims ? claims.sub : null;
}
