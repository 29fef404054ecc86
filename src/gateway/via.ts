import { randomBytes } from 'node:crypto';
import type { Refusal } from './refuse.ts';

/**
 * This gateway in a `Via` field (RFC 9110 section 7.6.3): by a pseudonym, because its host is nobody's business, and by one of its
 * own, because two gateways one behind the other are no loop. Nobody can guess it, so nobody can have others' requests refused.
 */
export class Via {
  readonly pseudonym = `serin-${randomBytes(6).toString('hex')}`;
  private readonly loop: Refusal = {
    status: 508,
    detail: 'The request has been through this gateway before: one of its upstreams leads back to it.',
    fields: ['Via', `1.1 ${this.pseudonym}`],
  };

  /** The value of the field that a request received by this version of HTTP goes on with. */
  after(httpVersion: string): string {
    return `${httpVersion} ${this.pseudonym}`;
  }

  isIn(field: string): boolean {
    return field.includes(this.pseudonym);
  }

  /** RFC 5842 section 7.2. Null for a request that comes here for the first time. */
  refusalOf(field: string | undefined): Refusal | null {
    return field !== undefined && this.isIn(field) ? this.loop : null;
  }
}
