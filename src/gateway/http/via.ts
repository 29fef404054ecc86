import { randomBytes } from 'node:crypto';
import type { Refusal } from './refuse.ts';

/**
 * This gateway in a `Via` field (RFC 9110 section 7.6.3): a pseudonym, because its host name is internal, and one of its
 * own, because two chained gateways are not a loop. It cannot be guessed, so it cannot be used to get requests refused.
 */
export class Via {
  readonly pseudonym = `serin-${randomBytes(6).toString('hex')}`;
  private readonly loop: Refusal = {
    status: 508,
    detail: 'The request has been through this gateway before: one of its upstreams leads back to it.',
    fields: ['Via', `1.1 ${this.pseudonym}`],
  };

  /** The field value to forward with a request that was received by this version of HTTP. */
  after(httpVersion: string): string {
    return `${httpVersion} ${this.pseudonym}`;
  }

  isIn(field: string): boolean {
    return field.includes(this.pseudonym);
  }

  /** RFC 5842 section 7.2. Null for a request that has not been here before. */
  refusalOf(field: string | undefined): Refusal | null {
    return field !== undefined && this.isIn(field) ? this.loop : null;
  }
}
