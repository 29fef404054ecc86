import { randomFillSync } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const AT_ONCE = 512;
const OCTETS = 16;
const DIGITS = 36;
const HEX = Buffer.from('0123456789abcdef', 'latin1');
const DASH = 0x2d;

/**
 * Random UUIDs (RFC 9562 section 5.4), generated in batches, so that each is one flat string. Those of
 * `crypto.randomUUID` are built from twenty pieces and joined when they are written: 0.3 us per request.
 */
export class RequestIds {
  private readonly octets = Buffer.alloc(AT_ONCE * OCTETS);
  private readonly text = Buffer.alloc(AT_ONCE * DIGITS);
  private next = AT_ONCE;

  draw(): string {
    if (this.next === AT_ONCE) this.fill();
    const at = DIGITS * this.next++;
    return this.text.toString('latin1', at, at + DIGITS);
  }

  private fill(): void {
    const { octets, text } = this;
    randomFillSync(octets);
    this.next = 0;
    for (let id = 0, to = 0; id < AT_ONCE; id++) {
      const from = id * OCTETS;
      octets[from + 6] = ((octets[from + 6] ?? 0) & 0x0f) | 0x40;
      octets[from + 8] = ((octets[from + 8] ?? 0) & 0x3f) | 0x80;
      for (let at = 0; at < OCTETS; at++) {
        if (at === 4 || at === 6 || at === 8 || at === 10) text[to++] = DASH;
        const octet = octets[from + at] ?? 0;
        text[to++] = HEX[octet >> 4] ?? 0;
        text[to++] = HEX[octet & 0x0f] ?? 0;
      }
    }
  }
}

const requestIds = new RequestIds();

/** The client's own request id if it is one token of reasonable length; otherwise a new one. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id'];
  return requestIdFrom(typeof given === 'string' ? given : undefined);
}

export function requestIdFrom(given: string | undefined): string {
  return given !== undefined && /^[\x21-\x7e]{1,128}$/.test(given) ? given : requestIds.draw();
}
