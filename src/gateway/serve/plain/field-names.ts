import { hearsayOf, isDisguised, NOT_FORWARDED } from '../../http/headers.ts';

/**
 * What happens to a request field: `dropped` ends at this hop, `hearsay` is believed from trusted peers only, an
 * `underscored` one may be one of the route's in disguise, and a `doubtful` one sends the request to the reference path.
 * The other fields are read here.
 */
export type FieldRole =
  | 'forwarded'
  | 'underscored'
  | 'authorization'
  | 'via'
  | 'dropped'
  | 'hearsay'
  | 'doubtful'
  | 'host'
  | 'content-length'
  | 'connection'
  | 'te'
  | 'x-request-id';

export interface FieldName {
  /** As it was spelled. */
  readonly bytes: Buffer;
  readonly lower: string;
  readonly role: FieldRole;
}

const DOUBTFUL = new Set(['transfer-encoding', 'expect', 'upgrade', 'trailer', 'http2-settings']);

function roleOf(lower: string): FieldRole {
  switch (lower) {
    case 'host':
    case 'content-length':
    case 'connection':
    case 'te':
    case 'authorization':
    case 'via':
    case 'x-request-id':
      return lower;
    default:
      if (DOUBTFUL.has(lower)) return 'doubtful';
      if (NOT_FORWARDED.has(lower) || isDisguised(lower)) return 'dropped';
      return roleOfHearsay(lower);
  }
}

function roleOfHearsay(lower: string): FieldRole {
  switch (hearsayOf(lower)) {
    case 'replaced':
      return 'dropped';
    case 'passed':
      return 'hearsay';
    case null:
      return lower.includes('_') ? 'underscored' : 'forwarded';
  }
}

/** A power of two, far above the number of spellings that clients use. */
const PLACES = 1_024;

/**
 * The names seen so far, found by their bytes: a direct-mapped cache, in which a new name replaces the one in its
 * slot, so made-up names cost their sender's connection time but no memory.
 */
export class FieldNames {
  private readonly places: (FieldName | null)[] = Array.from({ length: PLACES }, () => null);

  /** The name in `bytes` from `start` up to `end`, which is a token of at least one character. */
  at(bytes: Buffer, start: number, end: number): FieldName {
    const length = end - start;
    const first = bytes[start] ?? 0;
    const middle = bytes[start + (length >> 1)] ?? 0;
    const last = bytes[end - 1] ?? 0;
    const place = (length * 37 + first * 7 + middle * 131 + last * 521) & (PLACES - 1);
    const known = this.places[place];
    if (known && isSame(known.bytes, bytes, start, length)) return known;
    const spelled = bytes.toString('latin1', start, end);
    const lower = spelled.toLowerCase();
    const name: FieldName = { bytes: Buffer.from(spelled, 'latin1'), lower, role: roleOf(lower) };
    this.places[place] = name;
    return name;
  }
}

function isSame(name: Buffer, bytes: Buffer, start: number, length: number): boolean {
  if (name.length !== length) return false;
  for (let at = 0; at < length; at++) if (name[at] !== bytes[start + at]) return false;
  return true;
}
