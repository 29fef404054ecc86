import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { TokenRule } from '../../src/gateway/gateway.ts';

/** An issuer of tokens whose key set is text: everything is made by hand here, so that also what no library signs can be tried. */
export interface Issuer {
  readonly kid: string;
  readonly publicKey: KeyObject;
  /** The entry of its key set. */
  readonly jwk: Readonly<Record<string, unknown>>;
  token(claims?: object, header?: object): string;
}

export const RULE: Omit<TokenRule, 'jwks'> = {
  issuer: 'https://issuer.test',
  audience: ['https://api.test'],
  claim: 'client_id',
};

type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA';

export function issuer(kid = 'k1', alg: Algorithm = 'ES256', nowMs = () => Date.now()): Issuer {
  const { publicKey, privateKey } = pairOf(alg);
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
  const token = (claims: object = {}, header: object = {}): string => {
    const now = Math.floor(nowMs() / 1_000);
    const payload = { iss: RULE.issuer, aud: RULE.audience[0], client_id: 'acme', iat: now, exp: now + 600, ...claims };
    const signed = `${part({ alg, kid, typ: 'at+jwt', ...header })}.${part(payload)}`;
    return `${signed}.${signatureOf(alg, privateKey, signed)}`;
  };
  return { kid, publicKey, jwk, token };
}

export function keySet(...issuers: readonly Pick<Issuer, 'jwk'>[]): string {
  return JSON.stringify({ keys: issuers.map(({ jwk }) => jwk) });
}

export function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** As a library would take it that lets the header choose the algorithm: the public key for the secret of an HMAC. */
export function hmacToken({ publicKey, kid }: Issuer, claims: object, form: 'pem' | 'jwk'): string {
  const now = Math.floor(Date.now() / 1_000);
  const payload = { iss: RULE.issuer, aud: RULE.audience[0], client_id: 'acme', exp: now + 600, ...claims };
  const signed = `${part({ alg: 'HS256', kid })}.${part(payload)}`;
  const secret =
    form === 'pem'
      ? publicKey.export({ type: 'spki', format: 'pem' })
      : JSON.stringify(publicKey.export({ format: 'jwk' }));
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function pairOf(alg: Algorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (alg) {
    case 'RS256':
    case 'PS256':
      return generateKeyPairSync('rsa', { modulusLength: 2_048 });
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'EdDSA':
      return generateKeyPairSync('ed25519');
  }
}

function signatureOf(alg: Algorithm, key: KeyObject, text: string): string {
  const bytes = Buffer.from(text);
  switch (alg) {
    case 'RS256':
      return sign('sha256', bytes, key).toString('base64url');
    case 'PS256':
      return sign('sha256', bytes, { key, padding: 6, saltLength: 32 }).toString('base64url');
    case 'ES256':
      return sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    case 'EdDSA':
      return sign(null, bytes, key).toString('base64url');
  }
}
