import type { AnswerReads } from '../../src/split/answer-reads.ts';
import { ask, type Scenario, scenario, until, upgraded } from './containment-scenarios.ts';
import { get } from './raw-client.ts';

const READS: AnswerReads = {
  sample: 1,
  failures: [{ graphql: 'total' }, { header: 'x-error', is: 'present' }],
  values: {
    db: { serverTiming: 'db' },
    code: { json: '/errors/0/code' },
    bytes: { body: 'bytes' },
    score: { posted: true },
  },
  categories: { code: { json: '/errors/0/code' } },
  own: ['end', 'size'],
  lastData: null,
};
const STREAM_READS: AnswerReads = {
  ...READS,
  failures: [],
  values: { tokens: { lastEvent: '/tokens' } },
  categories: { finish: { lastEvent: '/finish' } },
  own: ['first-event', 'gap', 'event-rate'],
  lastData: '[DONE]',
};
/** Not all, so that it is drawn; next to all. */
const SHAPES: AnswerReads = {
  ...READS,
  failures: [],
  values: {},
  categories: {},
  own: [],
  shape: { sample: 1 - 1e-9, ignore: ['/ids'], exceptConsumers: ['nobody'] },
};
const READING = { blockMs: 2, errorStatuses: ['5xx'], reads: READS } as const;

/** Traffic whose answers, or frames, are read. */
export const READING_SCENARIOS: readonly Scenario[] = [
  scenario('answers that are read', async (stage) => {
    await stage.split({ measure: READING });
    const connection = await stage.open();
    for (const path of ['/shop/json', '/shop/zipped']) {
      connection.write(get(path));
      await connection.answer();
    }
    connection.close();
    await stage.read(2);
  }),
  scenario('an answer that is read and breaks off', async (stage) => {
    await stage.split({ measure: READING });
    const connection = await stage.open();
    connection.write(get('/shop/cut'));
    await connection.ending;
  }),
  scenario('answers whose heads are read', async (stage) => {
    const failures = [{ header: 'server-timing', is: { matches: '^app' } }] as const;
    const values = { sum: { trailer: 'x-sum' } };
    await stage.split({ measure: { ...READING, reads: { ...READS, failures, values, categories: {} } } });
    await ask(stage, get('/shop/json'));
    await stage.read(1);
  }),
  scenario('answers whose shape is read', async (stage) => {
    await stage.split({ measure: { ...READING, reads: SHAPES } });
    const connection = await stage.open();
    for (const path of ['/shop/json', '/shop/zipped', '/shop/long', '/shop/a', '/shop/json']) {
      connection.write(get(path));
      await connection.answer();
    }
    connection.close();
    await stage.shaped(4);
  }),
  scenario('an answer whose shape is read and whose client leaves', async (stage) => {
    await stage.split({ measure: { ...READING, reads: SHAPES } });
    const connection = await stage.open();
    connection.write(get('/shop/begun'));
    await connection.takeThrough('\r\n\r\n');
    connection.close();
    await until(async () => (await stage.upstream.connections()) === 0, 5_000);
  }),
  scenario('answers of many shapes', async (stage) => {
    await stage.split({ measure: { ...READING, reads: SHAPES } });
    const connection = await stage.open();
    for (let asked = 0; asked < 60; asked += 1) {
      connection.write(get('/shop/varied'));
      await connection.answer();
    }
    connection.close();
    await stage.shaped(60);
  }),
  scenario('streams that are read', async (stage) => {
    await stage.split({ measure: { ...READING, reads: STREAM_READS } });
    const connection = await stage.open();
    for (const path of ['/shop/tokens', '/shop/unfinished', '/shop/lines', '/shop/coded']) {
      connection.write(get(path));
      await connection.answer();
    }
    connection.close();
  }),
  scenario('a stream that is read and whose client leaves', async (stage) => {
    await stage.split({ measure: { ...READING, reads: STREAM_READS } });
    const connection = await stage.open();
    connection.write(get('/shop/events'));
    await connection.takeThrough('data: 1');
    connection.close();
    await until(async () => (await stage.upstream.connections()) === 0, 5_000);
  }),
  scenario('a tunnel that ends early', async (stage) => {
    await stage.split({ measure: { blockMs: 2, errorStatuses: ['5xx'], webSocketEarlyCloseMs: 50 } });
    const connection = await upgraded(stage, '/shop/socket');
    await connection.takeThrough('hello');
    connection.write('and back');
    await connection.takeThrough('and back');
    connection.close();
  }),
];
