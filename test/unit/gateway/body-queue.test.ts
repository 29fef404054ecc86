import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Fault } from '../../../src/gateway/http/faults.ts';
import { Faults } from '../../../src/gateway/http/faults.ts';
import { type BodyAnswers, bodyQuestionsOf } from '../../../src/gateway/measure/reading/body-questions.ts';
import { BodyQueue, MOST_HELD_BYTES } from '../../../src/gateway/measure/reading/body-queue.ts';
import type { Coding } from '../../../src/gateway/measure/reading/coding.ts';

function questions() {
  const asked = bodyQuestionsOf({
    sample: 1,
    failures: [{ json: '/error', is: 'present' }],
    values: { n: { json: '/n' } },
    categories: {},
    own: [],
    lastData: null,
  });
  if (asked === null) throw new Error('nothing is asked');
  return asked;
}

function openQueue() {
  const faults: Fault[] = [];
  const queue = new BodyQueue(new Faults((fault) => faults.push(fault)));
  onTestFinished(() => queue.stop());
  const ask = (bytes: Uint8Array, coding: Coding = 'identity') =>
    new Promise<BodyAnswers>((tell) => {
      expect(queue.hold(bytes.length)).toBe(true);
      queue.ask({ body: { bytes, coding }, questions: questions(), tell, requestId: 'r-1' });
    });
  return { queue, faults, ask };
}

/** All that a queue may hold, or less when something is held already. */
const isEmpty = (queue: BodyQueue): boolean => {
  const isFree = queue.hold(MOST_HELD_BYTES);
  if (isFree) queue.release(MOST_HELD_BYTES);
  return isFree;
};

describe('bodies that wait to be read', () => {
  it('hold no more than the process may hold, and give it back', async () => {
    const { queue, ask } = openQueue();
    const [small, long] = [ask(Buffer.from('{"n":1}')), ask(Buffer.from(`{"n":2,"x":"${'x'.repeat(50_000)}"}`))];
    expect(isEmpty(queue)).toBe(false);
    expect((await small).values['n']).toBe(1);
    expect((await long).values['n']).toBe(2);
    expect(isEmpty(queue)).toBe(true);
    expect(queue.hold(MOST_HELD_BYTES)).toBe(true);
    expect(queue.hold(1)).toBe(false);
  });

  it('are asked one by one in turns that end, however many there are', async () => {
    const { ask } = openQueue();
    const all = Array.from({ length: 2_000 }, (_, n) => ask(Buffer.from(JSON.stringify({ n }))));
    let turns = 0;
    const count = setInterval(() => turns++, 0);
    const answers = await Promise.all(all);
    clearInterval(count);
    expect(answers.map(({ values }) => values['n'])).toEqual(Array.from({ length: 2_000 }, (_, n) => n));
    expect(turns).toBeGreaterThan(0);
  });

  it.each<[string, Coding, Uint8Array]>([
    ['a bomb of gzip', 'gzip', gzipSync(Buffer.alloc(30_000_000, '['))],
    ['a bomb of Brotli', 'br', brotliCompressSync(Buffer.alloc(30_000_000, '['))],
    ['a bomb of zstd', 'zstd', zstdCompressSync(Buffer.alloc(30_000_000, '['))],
    ['one byte too many', 'gzip', gzipSync(`{"n":1${' '.repeat(1_048_576 - 6)}}`)],
    ['a broken stream', 'gzip', Buffer.concat([gzipSync('{"n":1}').subarray(0, 12), Buffer.alloc(9, 7)])],
    ['half a stream', 'gzip', gzipSync('{"n":1}').subarray(0, -9)],
    ['something else', 'br', Buffer.from('{"n":1}')],
    ['nothing', 'zstd', Buffer.alloc(0)],
  ])('are unread when they hold %s', async (_, coding, bytes) => {
    const { queue, ask, faults } = openQueue();
    expect(await ask(bytes, coding)).toEqual({
      content: 'unread',
      unreadAs: 'broken',
      values: { n: 'unusable' },
      words: {},
    });
    expect([isEmpty(queue), faults]).toEqual([true, []]);
  });

  it.each<[string, string, string]>([
    ['lists', '['.repeat(500_000), ']'.repeat(500_000)],
    ['objects', '{"a":'.repeat(150_000), `1${'}'.repeat(150_000)}`],
  ])('may be deep: %s', async (_, open, close) => {
    const { ask, faults } = openQueue();
    const body = gzipSync(`{"n":7,"deep":${open}${close}}`);
    expect(await ask(body, 'gzip')).toMatchObject({ content: 'well', values: { n: 7 } });
    expect(faults).toEqual([]);
  });

  it('are unread when their thread dies, and the next are read', async () => {
    const { queue, ask } = openQueue();
    const asked = ask(gzipSync('{"n":1}'), 'gzip');
    await queue.stop();
    expect((await asked).content).toBe('unread');
    expect(isEmpty(queue)).toBe(true);
    expect((await ask(gzipSync('{"n":1}'), 'gzip')).values['n']).toBe(1);
  });

  it('leave no fault unreported, nor anything else unread', async () => {
    const { queue, faults, ask } = openQueue();
    for (const bytes of [Buffer.from('{}'), Buffer.alloc(20_000, ' ')]) {
      queue.hold(bytes.length);
      const tell = () => {
        throw new Error('no');
      };
      queue.ask({ body: { bytes, coding: 'identity' }, questions: questions(), tell, requestId: 'r-7' });
    }
    await ask(Buffer.from('{"n":1}'));
    await ask(Buffer.alloc(20_000, ' '));
    await sleep(0);
    expect(faults).toMatchObject([
      { where: 'reading', requestId: 'r-7' },
      { where: 'reading', requestId: 'r-7' },
    ]);
    expect(isEmpty(queue)).toBe(true);
  });
});
