import { clockFrom } from '../../../src/gateway/http/clock.ts';
import { Faults } from '../../../src/gateway/http/faults.ts';
import type { WholeBody } from '../../../src/gateway/measure/reading/ask-body.ts';
import { type BodyQueue, MOST_HELD_BYTES } from '../../../src/gateway/measure/reading/body-queue.ts';
import type { ComparableAnswer } from '../../../src/gateway/measure/reading/compare/compared-answers.ts';
import { RouteRecorder } from '../../../src/gateway/measure/recorder.ts';
import type { Ticket } from '../../../src/gateway/measure/ticket.ts';
import type { UpstreamHead } from '../../../src/gateway/upstream/upstream-client.ts';
import type { SplitOrder } from '../../../src/split/order.ts';
import type { Block } from '../../../src/stats/block.ts';
import type { Random } from '../../support/random.ts';
import { type Answered, type Asked, answerOf, nextAsked, pathOf, type Version } from './toy-orders.ts';

/** Latencies are alike, and no block waits for a slow answer. */
const TOOK_MS = 5;
const NEVER_SLOW = 1e9;
/** Of what the stable answered. */
const MIRRORED = 0.2;
const STARTED_MS = 1_000_000_000;

export const faults = new Faults(({ error }) => {
  throw error;
});

/** What else looks at an exchange. */
export interface Onlooker {
  /** After the answer of `track`, which was `by` weight. */
  saw(track: 'stable' | 'canary', asked: Asked, answered: Answered): void;
  /** What is added to the block that closes. */
  close(block: Block): Block;
}

/**
 * A route of the gateway in virtual time: the recorder, the readers, the queue and the miner are those of the gateway, and only the
 * sockets are not there. Requests are drawn and answered by the toys, one after the other.
 */
export class VirtualRoute {
  private now = STARTED_MS;
  private readonly recorder: RouteRecorder;
  private readonly bodies: BodyQueue;
  private readonly versions: Readonly<Record<'stable' | 'canary', Version>>;
  private readonly random: Random;
  private readonly onlookers: readonly Onlooker[];
  private order: SplitOrder;
  private cursor: string | null = null;
  private asked = 0;

  constructor(
    order: SplitOrder,
    versions: Readonly<Record<'stable' | 'canary', Version>>,
    random: Random,
    bodies: BodyQueue,
    onlookers: readonly Onlooker[] = [],
  ) {
    this.order = order;
    this.versions = versions;
    this.random = random;
    this.bodies = bodies;
    this.onlookers = onlookers;
    this.recorder = new RouteRecorder(
      clockFrom(() => this.now),
      order,
      { bodies },
      { slices: 'on', templates: ['/orders', '/orders/{id}'], assignmentOf: () => 'per-request' },
    );
  }

  follow(order: SplitOrder): void {
    this.order = order;
    this.recorder.follow(order);
  }

  /** The next block, of so many requests. */
  async block(requests: number): Promise<readonly Block[]> {
    const { blockMs } = this.order.measure;
    for (let at = 0; at < requests; at++) {
      this.exchange(this.random() * 10_000 < this.order.canaryBps ? 'canary' : 'stable');
      this.now += blockMs / (requests + 1);
    }
    await this.read();
    this.now += blockMs / (requests + 1);
    const { blocks, cursor } = this.recorder.collect(this.cursor, NEVER_SLOW);
    this.cursor = cursor;
    return blocks.map((block) => this.onlookers.reduce((one, onlooker) => onlooker.close(one), block));
  }

  private exchange(track: 'stable' | 'canary'): void {
    const { random, recorder } = this;
    const asked = nextAsked(random);
    const answered = answerOf(this.versions[track], asked, random);
    const body = Buffer.from(JSON.stringify(answered.body));
    const ticket = recorder.begin(track, 'weight', {
      hash: Math.floor(random() * 2 ** 32),
      unit: null,
      key: null,
      isAgain: false,
    });
    ticket.describe('GET', pathOf(asked), `user-${asked.user}`);
    this.asked += 1;
    this.now += TOOK_MS / 1_000;
    recorder.answered(ticket, answered.status, 'whole');
    const reading = recorder.reading.begin(
      { ticket, requestId: `r-${this.asked}-${random()}`, faults },
      headOf(answered, body.length),
      { takingMs: () => 0 },
    );
    reading?.data(body);
    recorder.complete(ticket);
    if (reading !== null) {
      recorder.reading.end(reading, {
        trailers: [],
        ms: TOOK_MS,
        isCompared: true,
        bytes: body.length,
        uploadMs: null,
      });
    }
    if (track === 'stable' && this.random() < MIRRORED) this.mirror(asked, body, ticket);
    for (const onlooker of this.onlookers) onlooker.saw(track, asked, answered);
  }

  /** What the stable answered is asked of both versions once more. */
  private mirror(asked: Asked, first: Buffer, ticket: Ticket): void {
    const { random, bodies, versions } = this;
    const place = this.recorder.pairs.placeOf(ticket);
    const [canary, again] = [versions.canary, versions.stable].map((version) =>
      Buffer.from(JSON.stringify(answerOf(version, asked, random).body)),
    );
    if (canary === undefined || again === undefined) return;
    for (const { length } of [first, canary, again]) bodies.hold(length);
    bodies.compare({
      answers: { stable: comparable(first), canary: comparable(canary), again: comparable(again) },
      ignore: [],
      tell: (fields) => place.tell(200, fields),
      spent: () => {},
      requestId: 'mirrored',
    });
  }

  /** Until every body was read: as long as any is held, there is not room for all. */
  private async read(): Promise<void> {
    while (!this.bodies.hold(MOST_HELD_BYTES)) await new Promise(setImmediate);
    this.bodies.release(MOST_HELD_BYTES);
  }
}

function comparable(bytes: Buffer): ComparableAnswer<WholeBody> {
  return { version: '', status: 200, at: 0, type: 'application/json', fields: {}, body: { bytes, coding: 'identity' } };
}

function headOf({ status }: Answered, length: number): UpstreamHead {
  const rawHeaders = ['Content-Type', 'application/json', 'Content-Length', String(length)];
  return {
    status,
    reason: 'OK',
    rawHeaders,
    passing: null,
    hasDate: false,
    isEventStream: false,
    isJson: true,
    namesPlaces: false,
    body: 'sized',
    length,
  };
}
