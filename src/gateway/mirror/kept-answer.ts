import { SoughtField } from '../http/sought-field.ts';
import type { WholeBody } from '../measure/reading/ask-body.ts';
import type { BodyQueue } from '../measure/reading/body-queue.ts';
import { bodyOf } from '../measure/reading/body-reader.ts';
import type { Coding } from '../measure/reading/coding.ts';
import type { ComparableAnswer } from '../measure/reading/compare/compared-answers.ts';
import { otherTypeOf } from '../measure/reading/json-type.ts';
import type { UpstreamHead } from '../upstream/upstream-client.ts';

const CONTENT_TYPE = new SoughtField('content-type');
/** What of the head is compared beside status and type: these by their values, and a validator by being there. */
const BY_VALUE = ['cache-control', 'location'].map((name) => ({ name, field: new SoughtField(name) }));
const ETAG = new SoughtField('etag');
const MOST_KEPT_BYTES = 65_536;

/** Copies an answer aside while it passes, up to a length, to be compared with another. */
export class KeptAnswer {
  private readonly bodies: BodyQueue;
  private head: UpstreamHead | null = null;
  private at = 0;
  private coding: Coding | null = null;
  private body: 'none' | 'kept' | 'unread' = 'none';
  private chunks: Buffer[] = [];
  private bytes = 0;

  constructor(bodies: BodyQueue) {
    this.bodies = bodies;
  }

  begin(head: UpstreamHead): void {
    this.head = head;
    this.at = performance.now();
    if (head.body === 'none' || otherTypeOf(head) !== null) return;
    const body = bodyOf(head);
    this.coding = 'coding' in body ? body.coding : null;
    this.body = this.coding === null ? 'unread' : 'kept';
  }

  data(chunk: Buffer): void {
    if (this.body !== 'kept') return;
    if (this.bytes + chunk.length > MOST_KEPT_BYTES || !this.bodies.hold(chunk.length)) {
      this.drop();
      this.body = 'unread';
      return;
    }
    this.bytes += chunk.length;
    this.chunks.push(Buffer.from(chunk));
  }

  /**
   * Null if none has come. The bytes of its body are the caller's to give back from here on.
   *
   * @param version whose answer it is
   */
  take(version: string): ComparableAnswer<WholeBody> | null {
    const { head, at, coding, body, chunks } = this;
    if (head === null) return null;
    this.bytes = 0;
    this.chunks = [];
    const bytes = new Uint8Array(Buffer.concat(chunks));
    return {
      version,
      status: head.status,
      at,
      type: typeOf(head),
      fields: fieldsOf(head),
      body: body === 'none' ? null : body === 'unread' || coding === null ? 'unread' : { bytes, coding },
    };
  }

  drop(): void {
    this.bodies.release(this.bytes);
    this.bytes = 0;
    this.chunks = [];
  }
}

function typeOf(head: UpstreamHead): string {
  return (CONTENT_TYPE.valuesIn(head)[0] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function fieldsOf(head: UpstreamHead): Readonly<Record<string, string>> {
  const found = BY_VALUE.flatMap(({ name, field }): [string, string][] => {
    const values = field.valuesIn(head);
    return values.length === 0 ? [] : [[name, values.join(', ')]];
  });
  return Object.fromEntries([...found, ...(ETAG.valuesIn(head).length === 0 ? [] : [['etag', 'there']])]);
}
