import type { Faults } from '../../http/faults.ts';
import { askBody, compareBodies, documentIn, type WholeBody } from './ask-body.ts';
import { type BodyAnswers, type BodyQuestions, unreadBody } from './body-questions.ts';
import { type BodyTask, BodyThread, type ThreadReply, type ThreadResult } from './body-thread.ts';
import type { AnsweredTwice, ComparedField } from './compare/compared-answers.ts';
import { FactUnpacker } from './shape/packed-facts.ts';
import { type Mined, ShapeMiner } from './shape/shape-miner.ts';

/** Of all bodies in the process that are being received or wait to be asked. */
export const MOST_HELD_BYTES = 16_777_216;

/** Of bodies in the thread that are inflated: a few bytes may become 1 MiB each, so that their own length bounds no time. */
export const MOST_INFLATING = 100;

/** A plain body of up to this size is parsed in a fraction of a millisecond; another thread would take longer to be told of it. */
const SMALL_BYTES = 16_384;
const NOTHING: WholeBody = { bytes: new Uint8Array(0), coding: 'identity' };
/** A turn for each of them would be one more of the event loop, in which less is read and written at once. */
const SOON_MS = 10;
const soon = (turn: () => void) => void setTimeout(turn, SOON_MS).unref();
/** How long small ones are asked in one turn of the event loop. */
const TURN_MS = 1;

export interface BodyJob {
  readonly body: WholeBody;
  readonly questions: BodyQuestions;
  readonly tell: (answers: BodyAnswers) => void;
  readonly requestId: string;
}

/** `broken`: it is no JSON document; `too much`: it has too many facts; `lost`: the thread failed. */
export type MinedBody = Mined | 'broken' | 'too much' | 'lost';

export interface MiningJob {
  readonly body: WholeBody;
  readonly tell: (mined: MinedBody) => void;
  readonly requestId: string;
}

/** The answers to one request, whose bytes are held; `null`: they cannot be compared. */
export interface ComparingJob {
  readonly answers: AnsweredTwice<WholeBody>;
  /** Paths that are left out. */
  readonly ignore: readonly string[];
  readonly tell: (fields: readonly ComparedField[] | null) => void;
  /** How long it took. */
  readonly spent: (ms: number) => void;
  readonly requestId: string;
}

/** A body that waits, and what becomes of it. */
interface Waiting {
  readonly body: WholeBody;
  /** That are held. */
  readonly bytes: number;
  /** Whether it takes hardly any time. */
  readonly isSmall: boolean;
  readonly task: BodyTask;
  readonly requestId: string;
  /** In this thread. */
  readonly here: () => void;
  readonly there: (result: ThreadResult) => void;
  readonly lost: () => void;
}

/**
 * Bodies of all routes that wait to be asked, off the path of requests: small ones in turns between other events, and all others in
 * a thread of their own. What they hold together is bounded.
 */
export class BodyQueue {
  private readonly faults: Faults;
  private heldBytes = 0;
  private small: Waiting[] = [];
  private readonly inThread = new Map<number, Waiting>();
  private lastId = 0;
  private readonly miner = new ShapeMiner();
  private readonly unpacker = new FactUnpacker();
  private readonly thread: BodyThread;

  constructor(faults: Faults) {
    this.faults = faults;
    this.thread = new BodyThread(
      (reply) => this.faults.attempt(() => this.replied(reply), 'reading'),
      (error) => this.faults.attempt(() => this.lost(error), 'reading'),
    );
  }

  /** Room for so many more bytes of a body that is being received; false when there is none. */
  hold(bytes: number): boolean {
    if (this.heldBytes + bytes > MOST_HELD_BYTES) return false;
    this.heldBytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.heldBytes -= bytes;
  }

  /** Whether another body is inflated within seconds; all wait for one thread. */
  get maySoonInflate(): boolean {
    return this.inThread.size < MOST_INFLATING;
  }

  /** Asks a body whose bytes are held. They are released afterwards, but not when this throws. */
  ask({ body, questions, tell, requestId }: BodyJob): void {
    this.add({
      ...sizeOf([body]),
      body,
      task: { kind: 'ask', questions },
      requestId,
      here: () => tell(askBody(body, questions)),
      there: (result) => result.kind === 'ask' && tell(result.answers),
      lost: () => tell(unreadBody(questions, 'unusable', 'broken')),
    });
  }

  /** Finds the facts of a body in the same way. */
  mine({ body, tell, requestId }: MiningJob): void {
    this.add({
      ...sizeOf([body]),
      body,
      task: { kind: 'mine' },
      requestId,
      here: () => tell(this.mined(body)),
      there: (result) => {
        if (result.kind !== 'mine') return;
        const { facts } = result;
        tell(typeof facts === 'string' ? facts : this.unpacker.unpack(facts));
      },
      lost: () => tell('lost'),
    });
  }

  /** Compares answers in the same way. */
  compare({ answers, ignore, tell, spent, requestId }: ComparingJob): void {
    const bodies = [answers.stable, answers.canary, answers.again].flatMap(({ body }) =>
      body === null || body === 'unread' ? [] : [body],
    );
    this.add({
      ...sizeOf(bodies),
      body: NOTHING,
      task: { kind: 'compare', answers, ignore },
      requestId,
      here: () => {
        const { fields, ms } = compareBodies(answers, ignore);
        spent(ms);
        tell(fields);
      },
      there: (result) => {
        if (result.kind !== 'compare') return;
        spent(result.ms);
        tell(result.fields);
      },
      lost: () => tell(null),
    });
  }

  /** Ends the thread; the gateway serves nothing any more. */
  async stop(): Promise<void> {
    await this.thread.stop();
  }

  private add(job: Waiting): void {
    const { body, task } = job;
    if (job.isSmall) {
      this.small.push(job);
      if (this.small.length === 1) this.planTurn(soon);
      return;
    }
    const id = ++this.lastId;
    this.thread.give({ id, body, task });
    this.inThread.set(id, job);
  }

  private mined(body: WholeBody): MinedBody {
    const read = documentIn(body);
    return read === null ? 'broken' : (this.miner.mine(read.document) ?? 'too much');
  }

  private planTurn(plan: (turn: () => void) => void): void {
    plan(() => {
      if (!this.faults.attempt(() => this.turn(), 'reading')) this.dropSmall();
    });
  }

  private turn(): void {
    const until = performance.now() + TURN_MS;
    for (let job = this.small.shift(); job !== undefined; job = this.small.shift()) {
      const { bytes, here, requestId } = job;
      this.release(bytes);
      this.faults.attempt(here, 'reading', requestId);
      if (performance.now() >= until) break;
    }
    if (this.small.length > 0) this.planTurn(setImmediate);
  }

  private dropSmall(): void {
    for (const { bytes } of this.small) this.release(bytes);
    this.small = [];
  }

  private replied({ id, result }: ThreadReply): void {
    const asked = this.inThread.get(id);
    if (asked === undefined) return;
    this.inThread.delete(id);
    this.release(asked.bytes);
    this.faults.attempt(() => asked.there(result), 'reading', asked.requestId);
  }

  /** The thread ended: what it had is unread, and the next body starts another. */
  private lost(error: Error | null): void {
    if (error !== null) this.faults.report(error, 'reading');
    const lost = [...this.inThread.values()];
    this.inThread.clear();
    for (const job of lost) {
      this.release(job.bytes);
      this.faults.attempt(job.lost, 'reading', job.requestId);
    }
  }
}

function sizeOf(bodies: readonly WholeBody[]): Pick<Waiting, 'bytes' | 'isSmall'> {
  const bytes = bodies.reduce((sum, { bytes: { length } }) => sum + length, 0);
  return { bytes, isSmall: bytes <= SMALL_BYTES && bodies.every(({ coding }) => coding === 'identity') };
}
