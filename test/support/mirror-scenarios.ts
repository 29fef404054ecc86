import { setTimeout as sleep } from 'node:timers/promises';
import type { AnswerReads } from '../../src/split/answer-reads.ts';
import { FIRST_PART, post, received, type Scenario, type Stage, scenario } from './containment-scenarios.ts';
import { get } from './raw-client.ts';
import { BIG } from './stage-upstream.ts';

const READS: AnswerReads = {
  sample: 0,
  failures: [],
  values: {},
  categories: {},
  own: [],
  lastData: null,
  answers: { ignore: [] },
};
const COMPARING = { blockMs: 2, errorStatuses: ['5xx'], reads: READS } as const;

type More = Parameters<Stage['split']>[0];

/** The route that mirrors has a canary; chance sends nobody there. */
const mirror = (stage: Stage, more: More = {}) => stage.split({ route: 'mirrored', ...more });
/** By a name, it is another origin than the stable, with connections of its own. */
const at = (stage: Stage, path: string) => ({ url: `http://localhost:${stage.upstream.port}${path}`, version: 'v3' });

/** Asks one after the other, and waits for what comes of each mirrored one. */
async function asked(stage: Stage, how: 'sent' | 'compared', ...requests: readonly string[]): Promise<void> {
  const connection = await stage.open();
  for (const [index, request] of requests.entries()) {
    connection.write(request);
    while ((await connection.answer()).status < 200);
    await stage.mirrored(index + 1, how);
  }
  connection.close();
}

/** Traffic of which requests are sent again. */
export const MIRROR_SCENARIOS: readonly Scenario[] = [
  scenario('requests that are mirrored', async (stage) => {
    await mirror(stage);
    await asked(stage, 'sent', get('/mirrored/a'), get('/mirrored/chunked'), get('/mirrored/a'));
    const connection = await stage.open();
    connection.write(get('/mirrored/big'));
    await received(connection.socket, BIG.length);
    await stage.mirrored(4, 'sent');
    connection.close();
  }),
  scenario('bodies that are mirrored', async (stage) => {
    await mirror(stage);
    await asked(
      stage,
      'sent',
      `${post('/mirrored/a', 'Content-Length: 5')}hello`,
      `${post('/mirrored/a', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`,
    );
    const connection = await stage.open();
    for (const [index, request] of [
      post('/mirrored/a', 'Content-Length: 20000'),
      // The connection that it takes has served before.
      `PUT${post('/mirrored/reset', 'Content-Length: 20000').slice(4)}`,
    ].entries()) {
      connection.write(`${request}${FIRST_PART}`);
      await sleep(5);
      connection.write('x'.repeat(20_000 - FIRST_PART.length));
      await connection.answer();
      if (index === 0) await stage.mirrored(3, 'sent');
    }
    connection.close();
  }),
  scenario('a mirrored body that is not read', async (stage) => {
    await mirror(stage);
    const connection = await stage.open();
    connection.write(`${post('/mirrored/early', 'Content-Length: 100000')}${FIRST_PART}`);
    await connection.answer();
    connection.write('x'.repeat(100_000 - FIRST_PART.length));
    await stage.mirrored(1, 'sent');
    connection.write(post('/mirrored/unread', `Content-Length: ${BIG.length}`));
    connection.write(BIG);
    await connection.answer();
    await stage.mirrored(2, 'sent');
    connection.close();
  }),
  scenario('answers that are compared', async (stage) => {
    await mirror(stage, { measure: COMPARING, canary: at(stage, '') });
    await asked(stage, 'compared', get('/mirrored/json'), get('/mirrored/zipped'), get('/mirrored/moved'));
  }),
  scenario('answers that differ', async (stage) => {
    await mirror(stage, { measure: COMPARING, canary: at(stage, '/other') });
    await asked(stage, 'compared', get('/mirrored/json'), get('/mirrored/json'));
  }),
  scenario('an answer that breaks off and was to be mirrored', async (stage) => {
    await mirror(stage, { measure: COMPARING });
    const connection = await stage.open();
    connection.write(get('/mirrored/cut'));
    await connection.ending;
  }),
  scenario('a mirrored canary that fails', async (stage) => {
    await mirror(stage, { canary: at(stage, '/dead'), measure: COMPARING });
    await asked(stage, 'sent', ...Array.from({ length: 7 }, () => get('/mirrored/json')));
  }),
  scenario('a mirrored canary that hangs', async (stage) => {
    await mirror(stage, { canary: at(stage, '/hang') });
    await asked(stage, 'sent', get('/mirrored/a'));
  }),
  scenario('requests of clients to a canary that is mirrored to', async (stage) => {
    await mirror(stage, { canaryBps: 10_000 });
    const connection = await stage.open();
    connection.write(get('/mirrored/a'));
    await connection.answer();
    connection.close();
  }),
];
