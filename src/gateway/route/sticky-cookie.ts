import { createHmac, randomUUID } from 'node:crypto';
import type { SameSite } from '../gateway.ts';
import { Recent } from '../http/recent.ts';
import { isSignature, SIGNATURE_LENGTH } from './signature.ts';

const WRITTEN = { lax: 'Lax', strict: 'Strict', none: 'None' } as const;
const REMEMBERED = 5_000;
const ONE_YEAR_S = 31_536_000;

/**
 * The signed cookie that keeps a browser on its version: `<random id>.<HMAC-SHA256 of it>`. A client that could make one
 * up could choose a version, so a cookie with a wrong signature counts as absent.
 */
export class StickyCookie {
  private readonly secret: Uint8Array;
  private readonly name: string;
  private readonly attributes: Readonly<Record<'http' | 'https', string>>;
  private readonly known = new Recent<string>(REMEMBERED);

  constructor(secret: Uint8Array, name: string, sameSite: SameSite = 'lax') {
    this.secret = secret;
    this.name = name;
    const attributes = `; Max-Age=${ONE_YEAR_S}; Path=/; HttpOnly; SameSite=${WRITTEN[sameSite]}`;
    // Browsers keep these only if they are Secure (RFC 6265bis sections 4.1.3 and 5.6).
    const isAlwaysSecure = sameSite === 'none' || /^__(?:host|secure)-/i.test(name);
    this.attributes = { http: isAlwaysSecure ? `${attributes}; Secure` : attributes, https: `${attributes}; Secure` };
  }

  /**
   * The id in a `Cookie` header, or null when we signed none. Of several cookies with the name, the first genuine one
   * counts: one left behind for another path, or set by a neighbouring site, must not hide it.
   */
  read(header: string | undefined): string | null {
    if (header === undefined) return null;
    for (const value of cookieValues(header, this.name)) {
      const id = this.idOf(value);
      if (id !== null) return id;
    }
    return null;
  }

  private idOf(value: string): string | null {
    const known = this.known.get(value);
    if (known !== undefined) return known;
    const dot = value.lastIndexOf('.');
    if (dot <= 0) return null;
    const id = value.slice(0, dot);
    const signature = value.slice(dot + 1);
    // A header has room for hundreds of cookies with the name, so impossible values are rejected before the HMAC.
    if (signature.length !== SIGNATURE_LENGTH || !isSignature(signature, this.sign(id))) return null;
    this.known.set(value, id);
    return id;
  }

  /** A new id and the `Set-Cookie` value that gives it to a client that speaks `scheme`. */
  issue(scheme: 'http' | 'https'): { readonly id: string; readonly setCookie: string } {
    const id = randomUUID();
    const value = `${id}.${this.sign(id).toString('base64url')}`;
    return { id, setCookie: `${this.name}=${value}${this.attributes[scheme]}` };
  }

  private sign(id: string): Buffer {
    return createHmac('sha256', this.secret).update(`cookie\0${this.name}\0${id}`).digest();
  }
}

/** The values of a cookie in a `Cookie` header (RFC 6265 section 4.2.1), in order. */
export function cookieValues(header: string, name: string): readonly string[] {
  const values: string[] = [];
  for (let from = 0; from < header.length; ) {
    const semicolon = header.indexOf(';', from);
    const end = semicolon === -1 ? header.length : semicolon;
    const equals = header.indexOf('=', from);
    if (equals !== -1 && equals < end && header.slice(from, equals).trim() === name) {
      values.push(header.slice(equals + 1, end).trim());
    }
    from = end + 1;
  }
  return values;
}
