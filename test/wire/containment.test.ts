import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Fault } from '../../src/gateway/http/faults.ts';
import type { Tally } from '../../src/stats/block.ts';
import { BODY_BYTES, SCENARIOS, type Scenario, type Stage, until } from '../support/containment-scenarios.ts';
import { keySet, RULE } from '../support/issuer.ts';
import { MIRROR_SCENARIOS } from '../support/mirror-scenarios.ts';
import { askRaw, fieldOf, get, openRaw, type RawConnection } from '../support/raw-client.ts';
import { READING_SCENARIOS } from '../support/reading-scenarios.ts';
import { isShort } from '../support/short.ts';
import { SLOW_SCENARIOS } from '../support/slow-scenarios.ts';
import { type StageUpstream, stageUpstream } from '../support/stage-upstream.ts';
import { type StepName, TappedSteps } from '../support/tapped-steps.ts';
import { CLIENT, ISSUER, TOKEN_SCENARIOS } from '../support/token-scenarios.ts';
import { CONTAINMENT, isOnTheWay, isWithinReach, RELEASES } from '../support/untapped-steps.ts';

const steps = new TappedSteps();
steps.tap('src/gateway/**/*.ts');
steps.tap('src/split/*.ts');
const { createGateway } = await import('../../src/gateway/create-gateway.ts');
const { hashClientId } = await import('../../src/gateway/route/consumers.ts');
const { orderTo, routeTo, SECRET } = await import('../support/gateway.ts');

const path = inject('fastPath') ?? 'on';
/** In how many scenarios a step throws. Most steps are the same on both paths. */
const SCENARIOS_PER_STEP = path === 'on' && !isShort ? 2 : 1;
/** In the short form the steps that both paths have throw on the fast path alone. */
const isPlayed = (step: StepName) => path === 'on' || !isShort || step.startsWith('src/gateway/serve/');
const exchange = 'src/gateway/serve/exchange.ts Exchange';

const MIRROR = {
  share: 1,
  methods: ['GET', 'POST', 'PUT'],
  perSecond: 1_000,
  concurrency: 10,
  timeoutMs: 300,
  compare: true,
};

/** Longer than any scenario takes. */
const LATEST_MS = 10_000;
const IN_FLIGHT = 2;

const folder = mkdtempSync(join(tmpdir(), 'serin-keys-'));
const jwks = { file: join(folder, 'jwks.json') };
const LISTED = hashClientId(SECRET, 'tokens', CLIENT);

let upstream: StageUpstream;
beforeAll(async () => {
  writeFileSync(jwks.file, keySet(ISSUER));
  upstream = await stageUpstream();
});
afterAll(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true });
});

async function start() {
  const faults: Fault[] = [];
  let skippedMs = 0;
  const now = () => performance.now() + skippedMs;
  const skip: Stage['skip'] = (ms) => {
    skippedMs += ms;
  };
  const gateway = createGateway({
    listen: { host: '127.0.0.1', port: 0 },
    fastPath: path,
    routes: [
      routeTo(upstream.url, {
        prefix: '/shop',
        sticky: { kind: 'cookie', name: 'serin' },
        consumerKey: { kind: 'header', name: 'x-api-key' },
        forceRule: { from: ['10.0.0.0/8'], tokens: 'accepted' },
        templates: ['/users/{id}'],
      }),
      routeTo(upstream.url, { name: 'drawn', prefix: '/drawn' }),
      routeTo(upstream.url, { name: 'mirrored', prefix: '/mirrored', mirror: MIRROR }),
      routeTo(upstream.url, {
        name: 'tokens',
        prefix: '/tokens',
        consumerKey: { kind: 'jwt', name: 'authorization', rule: { ...RULE, jwks } },
      }),
    ],
    trustedProxies: ['127.0.0.0/8'],
    secret: SECRET,
    timeouts: {
      connectMs: 2_000,
      answerMs: 1_000,
      silenceMs: 1_000,
      uploadMs: 1_500,
      headersMs: 200,
      idleMs: 700,
      downloadMs: 700,
    },
    limits: { inFlightPerUpstream: IN_FLIGHT, connections: 6, bodyBytes: BODY_BYTES },
    accessLog: { write: () => {}, sample: 1 },
    onFault: (fault) => faults.push(fault),
    now,
  });
  const { port } = await gateway.listen();
  await gateway.setConsumers('tokens', new Map([[LISTED, 'stable']]), new Map([[LISTED, CLIENT]]));
  await until(async () => (await gateway.tokens()).some(({ keys }) => keys > 0), 5_000);
  let epoch = 1;
  const split: Stage['split'] = async (more) =>
    await gateway.setSplit(
      orderTo(upstream.url, upstream.url, {
        epoch: epoch++,
        measure: { blockMs: 2, errorStatuses: ['5xx'] },
        ...more,
      }),
    );
  await split({});
  return { gateway, port, faults, split, now, skip };
}

interface Run {
  readonly faults: readonly Fault[];
  readonly thrown: readonly Error[];
  readonly reached: ReadonlySet<StepName>;
  /** What is wrong afterwards; empty when all is well. */
  readonly wrong: readonly string[];
  readonly unanswered: number;
}

/** Plays a scenario before a gateway of its own, in which some steps throw, and looks at what is left of the gateway. */
async function play({ run }: Scenario, armed: readonly StepName[]): Promise<Run> {
  const { gateway, port, faults, split, now, skip } = await start();
  const opened: RawConnection[] = [];
  const counted = async (answers: number, part: (stable: Tally) => number): Promise<void> => {
    const isRead = async (): Promise<boolean> => {
      const { blocks } = await steps.aside(() => gateway.peek('shop', null, 60_000));
      return blocks.reduce((sum, { stable }) => sum + (stable ? part(stable) : 0), 0) >= answers || faults.length > 0;
    };
    await until(isRead, 8_000);
  };
  const stage: Stage = {
    gateway,
    port,
    upstream,
    now,
    skip,
    split: (more) => steps.aside(() => split(more)),
    open: async () => {
      const connection = await openRaw(port);
      opened.push(connection);
      return connection;
    },
    read: (answers) => counted(answers, ({ content }) => content?.sampled ?? 0),
    shaped: (answers) =>
      counted(answers, ({ shapes = {} }) => Object.values(shapes).reduce((sum, place) => sum + place.answers, 0)),
    mirrored: async (requests, how) => {
      const isDone = async (): Promise<boolean> => {
        const [totals] = await steps.aside(() => gateway.mirrored());
        const { blocks } = await steps.aside(() => gateway.peek('mirrored', null, 60_000));
        const done =
          how === 'sent'
            ? sumOf(totals?.sent.canary) + sumOf(totals?.skipped)
            : blocks.reduce((sum, { pairs }) => sum + (pairs?.compared ?? 0) + (pairs?.unusable ?? 0), 0);
        return done >= requests || faults.length > 0;
      };
      await until(isDone, 1_000);
    },
  };
  const wrong: string[] = [];
  steps.watch(armed);
  const played = run(stage).then(
    () => 'ended',
    () => 'broken off',
  );
  const ended = await Promise.race([played, sleep(LATEST_MS, 'hangs', { ref: false })]);
  const { thrown, reached } = steps.stop();
  if (ended === 'hangs') wrong.push('the client still waits');
  if (ended === 'broken off' && thrown.length === 0) wrong.push('the scenario fails by itself');
  for (const connection of opened) connection.close();
  await split({ canary: null });

  if (!(await until(async () => (await statusOf(port)) === 200, 5_000))) wrong.push('the next request is not served');
  const unanswered = (await gateway.totals()).reduce((sum, { outcomes }) => sum + outcomes.unanswered, 0);
  // As many at the same time as there may be: what was not given back is missing now.
  const serves = async () => {
    const statuses = await Promise.all(Array.from({ length: IN_FLIGHT }, () => statusOf(port, '/shop/late')));
    return statuses.every((status) => status === 200);
  };
  if (!(await until(serves, 5_000))) wrong.push('a place was not given back');
  const from = now();
  const isClosed = async () =>
    (await gateway.collect('shop', null, 60_000)).blocks.some(({ startedAt }) => startedAt > from);
  if (!(await until(isClosed, 5_000))) wrong.push('a request is still counted as open');
  const closed = await Promise.race([gateway.close(0).then(() => true), sleep(5_000, false, { ref: false })]);
  if (!closed) wrong.push('the gateway cannot be closed');
  // Its last callbacks belong to no other run.
  await until(async () => (await upstream.connections()) === 0, 5_000);
  for (let turn = 0; turn < 10; turn++) await setImmediate();
  return { faults, thrown, reached, wrong, unanswered };
}

const sumOf = (counts: Readonly<Record<string, number>> = {}): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

async function statusOf(port: number, target = '/shop/a'): Promise<number> {
  const asked = askRaw(port, get(target)).then(
    ({ status }) => status,
    () => 0,
  );
  return Promise.race([asked, sleep(2_000, -1, { ref: false })]);
}

const isReported = ({ faults, thrown }: Run): boolean =>
  faults.length === thrown.length && thrown.every((error) => faults.some((fault) => fault.error === error));

const told = ({ faults }: Run) => faults.map(({ error, where }) => `${where}: ${(error as Error).stack}`).join('\n');

describe('a bug of ours is contained', () => {
  it('whichever step throws: answered or broken off, reported once, charged to nobody, and all else goes on', {
    timeout: 900_000,
  }, async () => {
    const scenariosOf = new Map<StepName, Scenario[]>();
    const unansweredIn = new Map<Scenario, number>();
    for (const scenario of [
      ...SCENARIOS,
      ...TOKEN_SCENARIOS,
      ...READING_SCENARIOS,
      ...MIRROR_SCENARIOS,
      ...SLOW_SCENARIOS,
    ]) {
      const { wrong, faults, unanswered, reached } = await play(scenario, []);
      expect({ scenario: scenario.name, wrong, faults }).toEqual({ scenario: scenario.name, wrong: [], faults: [] });
      unansweredIn.set(scenario, unanswered);
      for (const step of reached) scenariosOf.set(step, [...(scenariosOf.get(step) ?? []), scenario]);
    }

    const wrongs = [...steps.names]
      .filter((step) => !scenariosOf.has(step) && isWithinReach(step, path))
      .map((step) => `${step}: no scenario reaches it`);
    for (const [step, scenarios] of scenariosOf) {
      if (CONTAINMENT.has(step) || !isPlayed(step)) continue;
      let times = 0;
      for (const scenario of scenarios) {
        const run = await play(scenario, [step]);
        // Some steps have a time of their own.
        if (run.thrown.length === 0) continue;
        const wrong = RELEASES.has(step) ? [] : [...run.wrong];
        if (!isReported(run)) wrong.push(`reported: ${told(run)}`);
        if (run.unanswered > (unansweredIn.get(scenario) ?? 0)) wrong.push('a version is charged');
        if (wrong.length > 0) wrongs.push(`${step}, ${scenario.name}: ${wrong.join(', ')}`);
        if (++times === SCENARIOS_PER_STEP) break;
      }
      if (times === 0 && isOnTheWay(step)) wrongs.push(`${step} was not called again`);
    }
    expect(wrongs).toEqual([]);
  });

  it.each(['onHead', 'onEnd', 'onError'])(
    'also when what contains %s throws itself',
    { timeout: 300_000 },
    async (name) => {
      const first = `${exchange}.${name}`;
      const scenario = SCENARIOS.find(
        (known) =>
          known.name ===
          (name === 'onError' ? 'a pooled connection that turns out dead' : 'requests one after the other'),
      );
      if (!scenario) throw new Error('there is no such scenario');
      const { reached, thrown } = await play(scenario, [first]);
      expect(thrown).toHaveLength(1);
      const wrongs: string[] = [];
      for (const second of reached) {
        if (CONTAINMENT.has(second) || RELEASES.has(second) || !isPlayed(second)) continue;
        const run = await play(scenario, [first, second]);
        if (!isReported(run)) wrongs.push(`${second}: ${told(run)}`);
        if (run.wrong.length > 0) wrongs.push(`${second}: ${run.wrong.join(', ')}`);
      }
      expect(wrongs).toEqual([]);
    },
  );

  it('answers 500 with the id of the request, by which the log has it', async () => {
    const { gateway, port, faults } = await start();
    steps.watch([`${exchange}.onHead`]);
    const answer = await askRaw(port, get('/shop/a', 'X-Request-Id: r-7'));
    steps.stop();
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ status: 500 });
    expect([fieldOf(answer.headers, 'x-request-id'), fieldOf(answer.headers, 'connection')]).toEqual(['r-7', 'close']);
    expect(faults).toMatchObject([{ where: 'answer', requestId: 'r-7' }]);
    await gateway.close(0);
  });

  it.each([
    'src/gateway/upstream/answer-reader.ts AnswerReader.push',
    'src/gateway/upstream/answer-head.ts readAnswerHead',
    'src/gateway/upstream/pool.ts Pool.released',
    'src/gateway/measure/recorder.ts RouteRecorder.complete',
    `${exchange}.onHead`,
    `${exchange}.onData`,
    `${exchange}.onEnd`,
  ])('an upstream connection that saw %s throw is never used again', async (step) => {
    const { gateway, port } = await start();
    const from = upstream.used.length;
    expect(await statusOf(port)).toBe(200);
    steps.watch([step]);
    await statusOf(port);
    expect(steps.stop().thrown).toHaveLength(1);
    expect(await statusOf(port)).toBe(200);
    const [first, second, third] = upstream.used.slice(from);
    expect([second === first, third === second]).toEqual([true, false]);
    await gateway.close(0);
  });
});
