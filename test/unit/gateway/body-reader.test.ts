import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BodyQueue, MOST_HELD_BYTES } from '../../../src/gateway/measure/reading/body-queue.ts';
import { bodyReader, MOST_BODY_BYTES } from '../../../src/gateway/measure/reading/body-reader.ts';
import { PostableAnswers } from '../../../src/gateway/measure/reading/postable-answers.ts';
import type { Findings, PartReader } from '../../../src/gateway/measure/reading/reader.ts';
import type { UpstreamHead } from '../../../src/gateway/upstream/upstream-client.ts';
import { noFaults } from '../../support/gateway.ts';

const HEAD: UpstreamHead = {
  status: 200,
  reason: 'OK',
  rawHeaders: ['Content-Type', 'application/json'],
  passing: null,
  hasDate: true,
  isEventStream: false,
  isJson: true,
  namesPlaces: false,
  body: 'chunked',
  length: null,
};

function openReader(queue: BodyQueue, head = HEAD): PartReader {
  const open = bodyReader(
    {
      sample: 1,
      failures: [{ json: '/error', is: 'present' }],
      values: { n: { json: '/n' } },
      categories: { word: { json: '/word' } },
      own: [],
      lastData: null,
    },
    { bodies: queue, postable: new PostableAnswers(() => 0) },
  );
  const findings = { value: () => true, word: () => {}, content: () => {}, streamEnd: () => {} };
  const reader = open?.({ head, isSampled: true, requestId: 'r-1', ageMs: () => 0, findings });
  if (!reader) throw new Error('nothing is read');
  return reader;
}

function openQueue(): BodyQueue {
  const queue = new BodyQueue(noFaults);
  onTestFinished(() => queue.stop());
  return queue;
}

/** How much more the process may hold. */
function roomIn(queue: BodyQueue): number {
  let room = 0;
  for (let step = MOST_HELD_BYTES; step >= 1; step = Math.floor(step / 2)) if (queue.hold(step)) room += step;
  queue.release(room);
  return room;
}

function notes(): { readonly findings: Findings; readonly told: string[] } {
  const told: string[] = [];
  const findings: Findings = {
    content: (outcome, unreadAs) => told.push(`${outcome} ${unreadAs}`),
    value: (name, value) => told.push(`${name} ${value}`) > 0,
    word: (name, word) => told.push(`${name} ${word}`),
    streamEnd: () => {},
  };
  return { findings, told };
}

const ENDING = { trailers: [], ms: 1, isCompared: true, bytes: 0, uploadMs: null };

describe('a body that is copied aside', () => {
  it('is not read, and gives back what it held, where a hundred others are to be inflated first', async () => {
    const queue = openQueue();
    const head = { ...HEAD, rawHeaders: [...HEAD.rawHeaders, 'Content-Encoding', 'gzip'] };
    const bytes = gzipSync(`[${'{},'.repeat(300_000)}1]`);
    const readers = Array.from({ length: 105 }, () => {
      const { findings, told } = notes();
      const reader = openReader(queue, head);
      reader.data?.(bytes);
      reader.end?.(ENDING, findings);
      return told;
    });
    expect(readers.slice(100)).toEqual(Array.from({ length: 5 }, () => ['unread no room']));
    expect(readers.slice(0, 100).flat()).toEqual([]);
    expect(roomIn(queue)).toBe(MOST_HELD_BYTES - 100 * bytes.length);
    await queue.stop();
    const plain = notes();
    const reader = openReader(queue);
    reader.data?.(Buffer.from('{"n":1}'));
    reader.end?.(ENDING, plain.findings);
    await expect.poll(() => plain.told).toContain('n 1');
  });

  it('gives back what it held when its answer comes to no end', () => {
    const queue = openQueue();
    const reader = openReader(queue);
    reader.data?.(Buffer.alloc(30_000));
    expect(roomIn(queue)).toBe(MOST_HELD_BYTES - 30_000);
    reader.drop?.();
    reader.drop?.();
    expect(roomIn(queue)).toBe(MOST_HELD_BYTES);
  });

  it('is let go as soon as it is too long, and says so once', () => {
    const queue = openQueue();
    const reader = openReader(queue);
    for (let bytes = 0; bytes <= 2 * MOST_BODY_BYTES; bytes += 10_000) reader.data?.(Buffer.alloc(10_000));
    expect(roomIn(queue)).toBe(MOST_HELD_BYTES);
    const { findings, told } = notes();
    reader.end(ENDING, findings);
    expect(told).toEqual(['unread too long', 'n unusable', 'word ']);
  });

  it('says nothing of its numbers and words where the gateway has no room for it', () => {
    const queue = openQueue();
    const reader = openReader(queue);
    expect(queue.hold(MOST_HELD_BYTES)).toBe(true);
    reader.data?.(Buffer.from('{"n":1}'));
    const { findings, told } = notes();
    reader.end(ENDING, findings);
    expect(told).toEqual(['unread no room']);
  });

  it('is asked after its end, and copied: the memory of a chunk is used again', async () => {
    const queue = openQueue();
    const reader = openReader(queue);
    for (const text of ['{"error":', '1,"n":7}']) {
      const chunk = Buffer.from(text);
      reader.data?.(chunk);
      chunk.fill(' ');
    }
    const { findings, told } = notes();
    reader.end(ENDING, findings);
    expect(told).toEqual([]);
    await expect.poll(() => told).toEqual(['failed ', 'n 7', 'word ']);
    reader.drop?.();
    expect(roomIn(queue)).toBe(MOST_HELD_BYTES);
  });
});
