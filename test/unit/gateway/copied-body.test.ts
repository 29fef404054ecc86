import { expect, it, onTestFinished } from 'vitest';
import { Faults } from '../../../src/gateway/http/faults.ts';
import { BodyQueue, MOST_HELD_BYTES } from '../../../src/gateway/measure/reading/body-queue.ts';
import { CopiedBody, MOST_COPIED_BYTES } from '../../../src/gateway/mirror/copied-body.ts';
import type { BodySource } from '../../../src/gateway/upstream/upstream-client.ts';

const sourceOf = (bytes: number): BodySource => ({
  length: null,
  awaitsContinue: false,
  isStarved: false,
  start(sink) {
    sink.write(Buffer.alloc(bytes, 'x'));
    sink.end([]);
  },
  resume() {},
  rewind: () => true,
  stop() {},
});
const SINK = { write: () => true, end() {} };

it('a copied body is held among all bodies, until it is dropped or too long', () => {
  const queue = new BodyQueue(new Faults(() => {}));
  onTestFinished(() => queue.stop());
  const isFree = (bytes: number): boolean => {
    const isHeld = queue.hold(bytes);
    if (isHeld) queue.release(bytes);
    return isHeld;
  };
  const body = new CopiedBody(sourceOf(1_000), queue);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    body.start(SINK);
    expect(body.text).toHaveLength(1_000);
    expect([isFree(MOST_HELD_BYTES - 1_000), isFree(MOST_HELD_BYTES - 999)]).toEqual([true, false]);
  }
  body.drop();
  body.drop();
  body.start(SINK);
  expect([body.text, isFree(MOST_HELD_BYTES)]).toEqual([null, true]);

  const long = new CopiedBody(sourceOf(MOST_COPIED_BYTES + 1), queue);
  long.start(SINK);
  expect([long.text, isFree(MOST_HELD_BYTES)]).toEqual([null, true]);
  queue.hold(MOST_HELD_BYTES);
  const late = new CopiedBody(sourceOf(1), queue);
  late.start(SINK);
  expect(late.text).toBeNull();
});
