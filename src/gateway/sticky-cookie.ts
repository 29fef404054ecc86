import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { Recent } from './recent.ts';

const REMEMBERED = 5_000;
const ONE_YEAR_S = 31_536_000;

/**
 * The signed cookie that keeps a browser on its version: `<random id>.<HMAC-SHA256 of it>`. Whoever could make one
 * up could choose a version, so a cookie with a wrong signature counts as absent.
 */
export class StickyCookie {
  private readonly secret: Uint8Array;
  private readonly name: string;
  private readonly known = new Recent<string>(REMEMBERED);

  constructor(secret: Uint8Array, name: string) {
    this.secret = secret;
    this.name = name;
  }

  /** The id in a `Cookie` header, or null when there is none that we signed. */
  read(header: string | undefined): string | null {
    const value = header === undefined ? null : cookieValue(header, this.name);
    if (value === null) return null;
    const known = this.known.get(value);
    if (known !== undefined) return known;
    const dot = value.lastIndexOf('.');
    if (dot <= 0) return null;
    const id = value.slice(0, dot);
    const given = Buffer.from(value.slice(dot + 1), 'base64url');
    const wanted = this.sign(id);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;
    this.known.set(value, id);
    return id;
  }

  /** A new id and the `Set-Cookie` value that gives it to the client. */
  issue(): { readonly id: string; readonly setCookie: string } {
    const id = randomUUID();
    const value = `${id}.${this.sign(id).toString('base64url')}`;
    return { id, setCookie: `${this.name}=${value}; Max-Age=${ONE_YEAR_S}; Path=/; HttpOnly; SameSite=Lax` };
  }

  private sign(id: string): Buffer {
    return createHmac('sha256', this.secret).update(`cookie\0${this.name}\0${id}`).digest();
  }
}

/** The first value of a cookie in a `Cookie` header (RFC 6265 section 4.2.1), or null. */
export function cookieValue(header: string, name: string): string | null {
  for (let from = 0; from < header.length; ) {
    const semicolon = header.indexOf(';', from);
    const end = semicolon === -1 ? header.length : semicolon;
    const equals = header.indexOf('=', from);
    if (equals !== -1 && equals < end && header.slice(from, equals).trim() === name) {
      return header.slice(equals + 1, end).trim();
    }
    from = end + 1;
  }
  return null;
}
