import { setTimeout as sleep } from 'node:timers/promises';
import { ask, FIRST_PART, FOR, post, received, type Scenario, scenario } from './containment-scenarios.ts';
import { get } from './raw-client.ts';
import { BIG } from './stage-upstream.ts';

/** Those that wait for something: steps are made to throw in them that no other reaches. */
export const SLOW_SCENARIOS: readonly Scenario[] = [
  scenario('a client that reads slowly', async (stage) => {
    const connection = await stage.open();
    connection.write(get('/shop/big', FOR));
    await connection.takeThrough('\r\n\r\n');
    connection.socket.pause();
    await sleep(20);
    await received(connection.socket, BIG.length);
    connection.close();
  }),
  scenario('an upstream that breaks off', async (stage) => {
    for (const path of ['/shop/broken', '/shop/reset', '/shop/garbled']) {
      const connection = await stage.open();
      connection.write(get(path));
      connection.write(get('/shop/a'));
      await connection.ending;
    }
  }),
  scenario('a weight that comes in moves', async (stage) => {
    await stage.split({ canaryBps: 10_000, ramp: { fromBps: 0, since: stage.now() - 900, ms: 2_000 } });
    await ask(stage, get('/shop/a'));
    await sleep(200);
    await ask(stage, get('/shop/a'));
  }),
  scenario('more than the upstream may have', async (stage) => {
    const held = [await stage.open(), await stage.open(), await stage.open()];
    for (const connection of held) connection.write(get('/shop/never'));
    await Promise.race(held.map((connection) => connection.answer()));
    for (const connection of held) connection.close();
    await sleep(10);
  }),
  scenario('an answer that comes too late', (stage) => ask(stage, get('/shop/never'))),
  scenario('a client that stops reading', async (stage) => {
    const connection = await stage.open();
    connection.socket.pause();
    connection.write(get('/shop/big'));
    await sleep(1_800);
    await received(connection.socket, BIG.length);
  }),
  scenario('a client that stops sending', async (stage) => {
    const connection = await stage.open();
    connection.write(`${post('/shop/a', 'Content-Length: 100')}part`);
    const upstream = [await stage.open(), await stage.open()];
    upstream[0]?.write(`${post('/shop/a', 'Content-Length: 100000')}${FIRST_PART}`);
    upstream[1]?.write(`${post('/shop/a', 'Transfer-Encoding: chunked')}2\r\nok\r\n`);
    for (const { ending } of [connection, ...upstream]) await ending;
  }),
  scenario('an idle connection', async (stage) => {
    const connection = await stage.open();
    connection.write(get('/shop/a'));
    await connection.answer();
    await connection.ending;
  }),
  scenario('an expectation that the upstream keeps silent about', async (stage) => {
    const connection = await stage.open();
    connection.write(post('/shop/silent', 'Content-Length: 5', 'Expect: 100-continue'));
    if ((await connection.answer()).status === 100) connection.write('hello');
    await connection.answer();
    connection.close();
  }),
  scenario('a head that is not finished', async (stage) => {
    const connection = await stage.open();
    connection.write('GET /shop/a HTTP/1.1\r\nX: ');
    const drops = setInterval(() => connection.write('x'), 100);
    await connection.ending;
    clearInterval(drops);
  }),
];
