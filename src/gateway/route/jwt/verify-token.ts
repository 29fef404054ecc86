import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { TokenFault, TokenRule } from '../../gateway.ts';
import { ALGORITHMS, type IssuerKey, type SignedBy } from './key-set.ts';

/** Between the clocks of the issuer and of this machine. */
const TOLERANCE_S = 60;
const THREE_PARTS = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** As `--client-id` takes it. */
const CLIENT_ID = /^\P{Cc}{1,256}$/u;

/** `{` in base64url, whatever follows it. */
const OBJECT = /^e[w-z]/;

/**
 * How a token says that it was signed; null for what is no token that could be verified. Everybody may send what is none, so it has to be
 * cheap: no error is made of it where that can be avoided. What is read here is read again, strictly, before it is believed.
 */
export function signedBy(token: string): SignedBy | null {
  if (!OBJECT.test(token) || !THREE_PARTS.test(token)) return null;
  try {
    const head: unknown = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString());
    const { alg, kid }: Readonly<Record<string, unknown>> = Object(head);
    if (typeof alg !== 'string' || !ALGORITHMS.includes(alg)) return null;
    return kid === undefined || typeof kid === 'string' ? { alg, kid: kid ?? null } : null;
  } catch {
    return null;
  }
}

/** `until`: epoch ms at which it is expired, with tolerance. */
export type TokenVerification = { readonly clientId: string; readonly until: number } | TokenFault;

/** Verifies the signature, then the claims. `nowMs`: epoch ms. Rejects only by a bug. */
export async function verifyToken(
  token: string,
  key: IssuerKey,
  rule: Pick<TokenRule, 'issuer' | 'audience' | 'claim'>,
  nowMs: number,
): Promise<TokenVerification> {
  const verified = await verifyClaims(token, key, rule, nowMs);
  if (typeof verified === 'string') return verified;
  const { claims, until } = verified;
  const clientId = Object.hasOwn(claims, rule.claim) ? claims[rule.claim] : undefined;
  if (typeof clientId !== 'string' || !CLIENT_ID.test(clientId) || !clientId.isWellFormed()) return 'no-client';
  return { clientId, until };
}

export type ClaimsFault = Exclude<TokenFault, 'no-client'>;

/** `until`: epoch ms at which it is expired, with tolerance. */
export type VerifiedClaims = { readonly claims: JWTPayload; readonly until: number } | ClaimsFault;

/** Verifies the signature, then what every token has to claim. `nowMs`: epoch ms. Rejects only by a bug. */
export async function verifyClaims(
  token: string,
  { key }: IssuerKey,
  { issuer, audience }: Pick<TokenRule, 'issuer' | 'audience'>,
  nowMs: number,
): Promise<VerifiedClaims> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [...ALGORITHMS],
      issuer,
      audience: [...audience],
      requiredClaims: ['exp'],
      clockTolerance: TOLERANCE_S,
      currentDate: new Date(nowMs),
    });
    return { claims: payload, until: ((payload.exp ?? 0) + TOLERANCE_S) * 1_000 };
  } catch (error) {
    if (error instanceof errors.JOSEError) return faultOf(error);
    throw error;
  }
}

function faultOf(error: errors.JOSEError): ClaimsFault {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad-signature';
  if (!(error instanceof errors.JWTClaimValidationFailed)) return 'malformed';
  switch (error.claim) {
    case 'iss':
      return 'wrong-issuer';
    case 'aud':
      return 'wrong-audience';
    case 'nbf':
      return error.reason === 'check_failed' ? 'not-yet-valid' : 'malformed';
    default:
      return 'malformed';
  }
}
