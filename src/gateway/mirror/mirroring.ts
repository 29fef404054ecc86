import type { Track, Upstream } from '../../split/order.ts';
import type { BodyQueue } from '../measure/reading/body-queue.ts';
import type { Ticket } from '../measure/ticket.ts';
import type { BodySource, UpstreamClient, UpstreamHead, UpstreamRequest } from '../upstream/upstream-client.ts';
import type { Comparison } from './comparison.ts';
import { CopiedBody, MOST_COPIED_BYTES } from './copied-body.ts';

const UNMODIFIED = 304;

/** One way to send a request: where, and what. */
export interface MirroredAttempt {
  readonly destination: { readonly client: UpstreamClient };
  readonly request: UpstreamRequest;
  /** The head of its answer as a client would get it, so that the places of both versions are one. */
  headOf(head: UpstreamHead): UpstreamHead;
}

/** A request that may be sent again once the stable has answered it. */
export interface Mirrorable {
  readonly requestId: string;
  readonly ticket: Ticket;
  /** The request for the version on a track, with this body. */
  readonly attempt: (track: Track, body: UpstreamRequest['body']) => MirroredAttempt;
}

/** What takes a request whose answer is complete. */
export interface MirroringOwner {
  /** What copies of bodies are held in. */
  readonly bodies: BodyQueue;
  answered(mirroring: Mirroring): void;
}

/** What is kept of a request, until its answer is complete, to send it again. */
export class Mirroring {
  readonly requestId: string;
  /** To which it is to be sent: by the time of its answer, there may be another. */
  readonly canary: Upstream | null;
  /** Null unless answers are to be compared. */
  comparison: Comparison | null;
  /** Of the stable's answer; 0 until it has come. */
  status = 0;
  /** Until the stable's answer was written. */
  tookMs = 0;
  private readonly beganAt = performance.now();
  private readonly owner: MirroringOwner;
  private readonly mirrorable: Mirrorable;
  private body: string | CopiedBody | null = null;
  private isOver = false;

  constructor(owner: MirroringOwner, mirrorable: Mirrorable, canary: Upstream | null, comparison: Comparison | null) {
    this.owner = owner;
    this.mirrorable = mirrorable;
    this.canary = canary;
    this.comparison = comparison;
    this.requestId = mirrorable.requestId;
  }

  /** What is to be sent in place of a body, so that there is a copy of it. */
  copyOf(body: UpstreamRequest['body']): string | BodySource | null {
    this.body = body === null || typeof body === 'string' ? body : new CopiedBody(body, this.owner.bodies);
    return this.body;
  }

  /** @param head as the client gets it */
  head(head: UpstreamHead): void {
    this.status = head.status;
    if (head.isEventStream) this.drop();
    // There is nothing to compare with.
    else if (head.status === UNMODIFIED) this.comparison = null;
    else this.comparison?.first.begin(head);
  }

  data(chunk: Buffer): void {
    if (!this.isOver) this.comparison?.first.data(chunk);
  }

  /** The answer is written. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.tookMs = performance.now() - this.beganAt;
    this.owner.answered(this);
  }

  /** The answer comes to no end, or nothing is wanted any more. */
  drop(): void {
    this.isOver = true;
    this.comparison?.drop();
    if (this.body instanceof CopiedBody) this.body.drop();
  }

  /** Whether its body, if any, can be sent again. */
  get isWhole(): boolean {
    return this.body === null || (this.text?.length ?? Number.POSITIVE_INFINITY) <= MOST_COPIED_BYTES;
  }

  get ticket(): Ticket {
    return this.mirrorable.ticket;
  }

  attempt(track: Track): MirroredAttempt {
    return this.mirrorable.attempt(track, this.text);
  }

  private get text(): string | null {
    return this.body instanceof CopiedBody ? this.body.text : this.body;
  }
}
