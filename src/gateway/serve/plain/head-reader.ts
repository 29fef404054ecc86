import { COLON, CR, isBlank, LF, lengthAt, SLASH, SP, TARGET, TOKEN, VALUE } from '../../http/grammar.ts';
import { isPlainHost } from '../../http/host-name.ts';
import type { GatewayLimits } from '../../http/limits.ts';
import { readTarget, type Target } from '../../http/target.ts';
import type { Via } from '../../http/via.ts';
import type { DecidingFields } from '../../route/deciding-fields.ts';
import { type FieldName, FieldNames } from './field-names.ts';

/**
 * What the available bytes are: a complete plain head, the beginning of what may become one, or anything else. `doubtful`
 * is not a verdict; the reference path reads the same bytes again.
 */
export type Reading = 'whole' | 'partial' | 'doubtful';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'].map((name) => ({
  name,
  bytes: Buffer.from(`${name} `),
}));

const VERSION = Buffer.from('HTTP/1.1\r\n');
const NOWHERE: Target = { path: '', query: '', hasEncodedSlash: false };

/** Which of the optional fields are forwarded. */
export interface Kept {
  readonly hearsay: 'believed' | 'dropped';
  /** The id in use; the client's own field is forwarded if it has this id. */
  readonly requestId: string;
  /** The route's deciding fields; no other field may pass for one of them. */
  readonly deciding: DecidingFields;
}

/**
 * Reads request heads by one strict grammar: origin-form HTTP/1.1 whose every line reads `Name: value`, with one plain
 * Host, at most one length, and nothing that asks for more than an answer. One reader serves all connections: its
 * results hold until it reads again.
 */
export class HeadReader {
  method = '';
  target: Target = NOWHERE;
  host = '';
  /** Body length in bytes; null when the head does not give one. */
  bodyLength: number | null = null;
  connection: 'keep' | 'close' = 'keep';
  requestId: string | null = null;
  /** Where the head ends and the body begins. */
  end = 0;
  /** A field that was asked for appears more than once, so its value depends on how lists are joined. */
  isAmbiguous = false;

  private readonly limits: Pick<GatewayLimits, 'headerBytes' | 'headerCount' | 'urlBytes'>;
  private readonly via: Via;
  private readonly known = new FieldNames();
  private readonly names: FieldName[] = [];
  /** For each field: where its line begins, where its value begins, where its value ends. */
  private readonly places: Int32Array;
  private count = 0;
  private bytes: Buffer = Buffer.alloc(0);

  constructor(limits: Pick<GatewayLimits, 'headerBytes' | 'headerCount' | 'urlBytes'>, via: Via) {
    this.limits = limits;
    this.via = via;
    this.places = new Int32Array(3 * limits.headerCount);
  }

  /** Reads the head at the start of the first `count` of `bytes`. */
  read(bytes: Buffer, count = bytes.length): Reading {
    this.bytes = bytes;
    this.count = 0;
    this.isAmbiguous = false;
    // A head beyond the limit, complete or not, is refused elsewhere.
    const limit = Math.min(count, this.limits.headerBytes);
    const reading = this.readLines(bytes, limit);
    if (reading === 'partial') return count >= this.limits.headerBytes ? 'doubtful' : 'partial';
    return reading === 'whole' && this.understand() ? 'whole' : 'doubtful';
  }

  /** The value of a field by its lower-case name. */
  field(lower: string): string | undefined {
    let found = -1;
    for (let index = 0; index < this.count; index++) {
      if (this.names[index]?.lower !== lower) continue;
      if (found !== -1) this.isAmbiguous = true;
      else found = index;
    }
    return found === -1 ? undefined : this.valueAt(found);
  }

  /** Whether the field with this lower-case name has more than one line. */
  repeats(lower: string): boolean {
    let lines = 0;
    for (let index = 0; index < this.count; index++) if (this.names[index]?.lower === lower) lines++;
    return lines > 1;
  }

  /** The lines to forward to the upstream, as received. */
  forwardedLines(kept: Kept): string {
    const { bytes, names, places, count } = this;
    let lines = '';
    let from = -1;
    for (let index = 0; index < count; index++) {
      const name = names[index];
      const isKept = name !== undefined && this.isKept(name, kept);
      if (isKept && from === -1) from = places[3 * index] ?? 0;
      if (isKept || from === -1) continue;
      lines += bytes.toString('latin1', from, places[3 * index]);
      from = -1;
    }
    return from === -1 ? lines : lines + bytes.toString('latin1', from, this.end - 2);
  }

  private isKept({ role, lower }: FieldName, kept: Kept): boolean {
    switch (role) {
      case 'forwarded':
      case 'authorization':
      case 'via':
        return true;
      case 'underscored':
        return !kept.deciding.isDisguised(lower);
      case 'x-request-id':
        return this.requestId === kept.requestId;
      case 'hearsay':
        return kept.hearsay === 'believed';
      case 'dropped':
      case 'doubtful':
      case 'host':
      case 'content-length':
      case 'connection':
      case 'te':
        return false;
    }
  }

  private readLines(bytes: Buffer, limit: number): Reading {
    const method = methodAt(bytes, limit);
    if (method === null) return 'doubtful';
    const targetFrom = method.bytes.length;
    if (limit <= targetFrom) return 'partial';
    if (bytes[targetFrom] !== SLASH) return 'doubtful';
    let at = targetFrom;
    while (at < limit && TARGET[bytes[at] ?? 0] === 1) at++;
    if (at - targetFrom > this.limits.urlBytes) return 'doubtful';
    if (at === limit) return 'partial';
    if (bytes[at] !== SP) return 'doubtful';
    const version = startsWith(bytes, at + 1, limit, VERSION);
    if (version !== 'yes') return version === 'no' ? 'doubtful' : 'partial';
    this.method = method.name;
    const target = readTarget(bytes.toString('latin1', targetFrom, at));
    if (typeof target === 'string') return 'doubtful';
    this.target = target;
    return this.readFields(bytes, at + 1 + VERSION.length, limit);
  }

  private readFields(bytes: Buffer, from: number, limit: number): Reading {
    let at = from;
    for (;;) {
      if (at === limit) return 'partial';
      if (bytes[at] === CR) break;
      if (this.count === this.limits.headerCount) return 'doubtful';
      const line = at;
      while (at < limit && TOKEN[bytes[at] ?? 0] === 1) at++;
      if (at === limit) return 'partial';
      if (at === line || bytes[at] !== COLON) return 'doubtful';
      const nameEnd = at++;
      if (at === limit) return 'partial';
      if (bytes[at] !== SP) return 'doubtful';
      const valueFrom = ++at;
      while (at < limit && VALUE[bytes[at] ?? 0] === 1) at++;
      if (at + 1 >= limit) return at < limit && bytes[at] !== CR ? 'doubtful' : 'partial';
      if (bytes[at] !== CR || bytes[at + 1] !== LF) return 'doubtful';
      // The reference path would strip blanks around a value; here the lines are forwarded unchanged.
      if (at > valueFrom && (isBlank(bytes[valueFrom] ?? 0) || isBlank(bytes[at - 1] ?? 0))) return 'doubtful';
      this.names[this.count] = this.known.at(bytes, line, nameEnd);
      this.places[3 * this.count] = line;
      this.places[3 * this.count + 1] = valueFrom;
      this.places[3 * this.count + 2] = at;
      this.count++;
      at += 2;
    }
    if (at + 1 === limit) return 'partial';
    this.end = at + 2;
    return bytes[at + 1] === LF ? 'whole' : 'doubtful';
  }

  /** Reads the fields that matter here; false at the first doubt. */
  private understand(): boolean {
    let host: string | null = null;
    this.bodyLength = null;
    this.connection = 'keep';
    this.requestId = null;
    let connections = 0;
    let ids = 0;
    let authorizations = 0;
    for (let index = 0; index < this.count; index++) {
      switch (this.names[index]?.role) {
        case 'doubtful':
          return false;
        case 'host':
          if (host !== null) return false;
          host = this.valueAt(index);
          break;
        case 'content-length':
          if (this.bodyLength !== null) return false;
          this.bodyLength = lengthAt(this.bytes, this.places[3 * index + 1] ?? 0, this.places[3 * index + 2] ?? 0);
          if (this.bodyLength === null) return false;
          break;
        case 'connection':
          if (connections++ > 0 || !this.readConnection(index)) return false;
          break;
        case 'te':
          if (this.valueAt(index).toLowerCase() !== 'trailers') return false;
          break;
        case 'via':
          if (this.via.isIn(this.valueAt(index))) return false;
          break;
        case 'authorization':
          if (authorizations++ > 0) return false;
          break;
        case 'x-request-id':
          if (ids++ > 0) return false;
          this.requestId = this.valueAt(index);
          break;
        default:
      }
    }
    if (host === null || host === '') return false;
    if (host !== this.host && !isPlainHost(host)) return false;
    this.host = host;
    return true;
  }

  private readConnection(index: number): boolean {
    const option = this.valueAt(index).toLowerCase();
    if (option === 'close') this.connection = 'close';
    return option === 'close' || option === 'keep-alive';
  }

  private valueAt(index: number): string {
    // A slice of the complete head's text would keep all of it alive as long as the value is referenced.
    return this.bytes.toString('latin1', this.places[3 * index + 1], this.places[3 * index + 2]);
  }
}

/** The method that the bytes begin with, or may begin with once more arrive. */
function methodAt(bytes: Buffer, limit: number) {
  for (const method of METHODS) if (startsWith(bytes, 0, limit, method.bytes) !== 'no') return method;
  return null;
}

/** Whether `expected` is at `from`; `maybe` when the bytes end before it does. */
function startsWith(bytes: Buffer, from: number, limit: number, expected: Buffer): 'yes' | 'no' | 'maybe' {
  for (let at = 0; at < expected.length; at++) {
    if (from + at >= limit) return 'maybe';
    if (bytes[from + at] !== expected[at]) return 'no';
  }
  return 'yes';
}
