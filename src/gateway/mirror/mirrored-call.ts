import type { MirroredOutcome } from '../gateway.ts';
import type { Faults } from '../http/faults.ts';
import type {
  AnswerHandler,
  Failure,
  UpstreamCall,
  UpstreamClient,
  UpstreamHead,
  UpstreamRequest,
} from '../upstream/upstream-client.ts';
import type { KeptAnswer } from './kept-answer.ts';

/** Of an answer at most; the connection of a longer one is closed. */
export const MOST_MIRRORED_BYTES = 65_536;

/** What our own limits and this machine refuse: the version was not asked. */
const NOT_SENT: ReadonlySet<Failure['kind']> = new Set(['overload', 'exhausted', 'unresolved', 'forbidden']);

export interface MirroredCallParts {
  readonly client: UpstreamClient;
  readonly request: UpstreamRequest;
  readonly timeoutMs: number;
  readonly requestId: string;
  readonly faults: Faults;
  /** See `MirroredAttempt`. */
  readonly headOf: (head: UpstreamHead) => UpstreamHead;
  /** Copies the answer; null where it is not compared. */
  readonly kept: KeptAnswer | null;
  /** Once, however it ends. */
  readonly onEnd: (outcome: MirroredOutcome) => void;
}

/** A request that is sent again, and its answer, for which nobody waits. */
export class MirroredCall implements AnswerHandler {
  private readonly parts: MirroredCallParts;
  private call: UpstreamCall | null = null;
  private timer: NodeJS.Timeout | undefined;
  private status = 0;
  private bytes = 0;
  private hasEnded = false;

  constructor(parts: MirroredCallParts) {
    this.parts = parts;
  }

  begin(): void {
    const { client, request, timeoutMs, faults, requestId } = this.parts;
    const late = () => faults.attempt(() => this.breakOff('unanswered'), 'timer', requestId);
    this.timer = setTimeout(late, timeoutMs).unref();
    this.call = client.request(request, this);
  }

  /** Nothing more is wanted of it. */
  breakOff(outcome: 'unanswered' | 'broken-off'): void {
    if (this.hasEnded) return;
    this.call?.abort();
    this.end(outcome);
  }

  onInform(): void {}

  onHead(head: UpstreamHead): void {
    const { kept, headOf } = this.parts;
    this.status = head.status;
    kept?.begin(headOf(head));
    // It may go on for ever.
    if (head.isEventStream) this.cut();
  }

  onData(chunk: Buffer): boolean {
    this.bytes += chunk.length;
    this.parts.kept?.data(chunk);
    if (this.bytes > MOST_MIRRORED_BYTES) this.cut();
    return true;
  }

  onEnd(): void {
    this.end(outcomeOf(this.status));
  }

  onError({ kind }: Failure): void {
    this.end(NOT_SENT.has(kind) ? 'not-sent' : 'unanswered');
  }

  onFault(error: unknown): void {
    const { faults, requestId } = this.parts;
    faults.report(error, 'mirror', requestId);
    faults.attempt(() => this.breakOff('broken-off'), 'mirror', requestId);
  }

  /** The head says what came; the rest is not read. */
  private cut(): void {
    if (this.hasEnded) return;
    this.call?.abort();
    this.end(outcomeOf(this.status));
  }

  private end(outcome: MirroredOutcome): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    clearTimeout(this.timer);
    this.parts.onEnd(outcome);
  }
}

function outcomeOf(status: number): MirroredOutcome {
  if (status < 300) return '2xx';
  if (status < 400) return '3xx';
  return status < 500 ? '4xx' : '5xx';
}
