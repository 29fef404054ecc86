import { createPublicKey, type KeyObject } from 'node:crypto';

/** How a token says that it was signed. */
export interface SignedBy {
  readonly alg: string;
  readonly kid: string | null;
}

/** A public key of an issuer. */
export interface IssuerKey {
  readonly key: KeyObject;
  readonly kid: string | null;
  /** It is no longer among the issuer's keys: what it signed is not believed any more. */
  isGone: boolean;
}

export type ReadKeys =
  | { readonly ok: true; readonly keys: readonly UsableKey[]; readonly unusable: number }
  /** Continues a sentence that begins with what was read. */
  | { readonly ok: false; readonly reason: string };

/** A key as it was read. */
interface UsableKey {
  readonly key: KeyObject;
  readonly kid: string | null;
  /** The algorithms of RFC 7518, 8037 and 9864 that it may be used with. */
  readonly algs: readonly string[];
  /** The same for the same key. */
  readonly identity: string;
}

type Jwk = Readonly<Record<string, unknown>>;

const MOST_KEYS = 100;
/** Shorter ones are unsafe (RFC 7518 section 3.3), longer ones slow. */
const RSA_BITS = { least: 2_048, most: 8_192 };
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const EDWARDS = ['EdDSA', 'Ed25519'];
const CURVES: Readonly<Record<string, readonly string[]>> = {
  'EC P-256': ['ES256'],
  'EC P-384': ['ES384'],
  'EC P-521': ['ES512'],
  'OKP Ed25519': EDWARDS,
};

/** All of them sign with a key pair: with HMAC, who can verify can forge, and could take the public key for the secret. */
export const ALGORITHMS: readonly string[] = [...RSA, ...Object.values(CURVES).flat()];

/** Reads a JSON Web Key Set (RFC 7517). Keys of other kinds and uses are left out, as section 5 says. */
export function readKeys(text: string): ReadKeys {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'is not JSON' };
  }
  const listed: unknown = Object(set)['keys'];
  if (!Array.isArray(listed)) return { ok: false, reason: 'is no JSON Web Key Set: it has no list of keys' };
  if (listed.length > MOST_KEYS) return { ok: false, reason: `has more than ${MOST_KEYS} keys` };
  const keys = listed.flatMap((jwk: unknown) => readKey(Object(jwk)) ?? []);
  return { ok: true, keys, unusable: listed.length - keys.length };
}

function readKey(jwk: Jwk): UsableKey | null {
  const { kty, crv, use, key_ops: operations, kid = null, alg } = jwk;
  const possible = kty === 'RSA' ? RSA : (CURVES[`${String(kty)} ${String(crv)}`] ?? []);
  const algs = alg === undefined ? possible : possible.filter((one) => one === alg || isSameEdwards(one, alg));
  // Who publishes a private key has made a mistake, and everybody can sign with it.
  if (algs.length === 0 || 'd' in jwk || (use !== undefined && use !== 'sig')) return null;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return null;
  if (kid !== null && typeof kid !== 'string') return null;
  try {
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    const bits = key.asymmetricKeyDetails?.modulusLength ?? RSA_BITS.least;
    if (bits < RSA_BITS.least || bits > RSA_BITS.most) return null;
    const identity = JSON.stringify([kid, algs, key.export({ format: 'jwk' })]);
    return { key, kid, algs, identity };
  } catch {
    return null;
  }
}

/** `EdDSA` is the older name of what is `Ed25519` since RFC 9864. */
function isSameEdwards(one: string, other: unknown): boolean {
  return EDWARDS.includes(one) && typeof other === 'string' && EDWARDS.includes(other);
}

/** The keys that an issuer has now. A key that stays keeps its object, so that what it signed stays known. */
export class KeySet {
  /** Grows with each change. */
  generation = 0;
  private held = new Map<string, IssuerKey & UsableKey>();

  get size(): number {
    return this.held.size;
  }

  replace(keys: readonly UsableKey[]): void {
    const next = new Map(keys.map((key) => [key.identity, this.held.get(key.identity) ?? { ...key, isGone: false }]));
    const isSame = next.size === this.held.size && [...next.keys()].every((identity) => this.held.has(identity));
    if (isSame) return;
    for (const [identity, key] of this.held) if (!next.has(identity)) key.isGone = true;
    this.held = next;
    this.generation++;
  }

  /** The one key that may have signed so; null where there is none, and where a token without `kid` leaves several. */
  find({ alg, kid }: SignedBy): IssuerKey | null {
    let found: IssuerKey | null = null;
    for (const key of this.held.values()) {
      if (!key.algs.includes(alg) || (kid !== null && key.kid !== kid)) continue;
      if (found !== null) return null;
      found = key;
    }
    return found;
  }
}
