import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { type ChatBehaviour, GOOD_CHAT } from '../../src/demo/chat-answer.ts';
import { startToyChat, type ToyChat } from '../../src/demo/toy-chat.ts';
import { startTraffic, type Traffic } from '../../src/demo/traffic.ts';
import { type Caller, callerOf } from '../support/cast.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

/** A shipped policy with its margins, and with stages that a test can wait for. */
function shortened(name: string, stages: object): string {
  const policy = parse(readFileSync(resolve(import.meta.dirname, `../../policies/${name}.yaml`), 'utf8'));
  const { spec } = policy;
  // What ten minutes of the past would say of how answers come in clumps: each is drawn by itself.
  const judge = { ...spec.judge, block: '1s', warmUp: '0s', minStep: '3s', dispersion: { initial: 1 } };
  const short = { ...spec, internal: { requests: 0 }, bake: { dwell: '1s' }, judge, ...stages };
  return stringify({ ...policy, metadata: { name: `short-${name}` }, spec: short });
}

/** Of each route; one of three is for a whole answer. What differs least takes the most. */
const REQUESTS_PER_SECOND = 20;
const MORE_PER_SECOND = 40;
const REACHES_MS = 180_000;
const messages = [{ role: 'user', content: 'What do canaries do in mines?' }];
const STREAM = JSON.stringify({ stream: true, stream_options: { include_usage: true }, messages });
const WHOLE = JSON.stringify({ messages });

interface Scenario {
  readonly route: string;
  readonly what: string;
  readonly canary: Partial<ChatBehaviour>;
  readonly reason: RegExp;
}

const HARM: readonly Scenario[] = [
  {
    route: 'late',
    what: 'its first token comes late',
    canary: { firstTokenMs: 2 * GOOD_CHAT.firstTokenMs },
    reason: /^canary time to the first event (p50|p95|over the whole distribution) .* against .* ms \(margin /,
  },
  {
    route: 'slow',
    what: 'it gives half as many tokens a second',
    canary: { tokenGapMs: 2 * GOOD_CHAT.tokenGapMs },
    // Both say it: the silences are longer, too.
    reason: /^canary (events per second|silence between events) (p50|p95|p5|over the whole distribution) .* against /,
  },
  {
    route: 'stalls',
    what: 'its streams stall in their middle',
    canary: { stallShare: 0.4, stallMs: 1_000 },
    // Who waits gets fewer events a second.
    reason:
      /^canary (silence between events (p50|p95|over the)|events per second (p50|p5|over the)).* against .* \(margin /,
  },
  {
    route: 'wordy',
    what: 'its answers take 30 % more tokens',
    canary: { tokens: 1.3 * GOOD_CHAT.tokens },
    reason: /^canary tokens (p50|p95|over the whole distribution) .* against .* \(margin /,
  },
  {
    route: 'silent',
    what: 'it does not say its tokens any more',
    canary: { usage: 'left-out' },
    reason: /^canary answers without (total-)?tokens 100 % against 0 % \(margin 50 % \+ 5 pp\), /,
  },
  {
    route: 'long',
    what: 'more of its answers are cut because they are too long',
    canary: { lengthShare: 0.4 },
    reason: /^canary finish-reason length or content_filter [\d.]+ % against [\d.]+ % \(margin 25 % \+ 2 pp; /,
  },
  {
    route: 'tools',
    what: 'no program can read its tool calls',
    canary: { toolShare: 0.4, brokenToolShare: 1 },
    reason: /^canary errors in the body [\d.]+ % against [\d.]+ % \(margin 25 % \+ 1 pp\), /,
  },
  {
    route: 'cut',
    what: 'its streams end before they are finished',
    canary: { unfinishedShare: 0.3 },
    reason: /^canary event streams that ended without their last event [\d.]+ % against 0 % \(margin 25 % \+ 1 pp\), /,
  },
];

describe('a model behind the policy for models', () => {
  const models: ToyChat[] = [];
  let home: Home;
  let server: ServerProcess;
  let traffic: readonly Traffic[] = [];
  let caller: Caller;
  const started = new Map<string, string>();

  const model = async (version: string, change: Partial<ChatBehaviour> = {}) => {
    const seed = models.length + 1;
    const made = await startToyChat({ ...GOOD_CHAT, ...change, host: '127.0.0.1', port: 0, version, seed });
    models.push(made);
    return made.url;
  };
  const seen = async (route: string) => {
    const view = await caller.rollout(started.get(route) ?? '');
    if (view === null) throw new Error(`no rollout on ${route}`);
    return view;
  };
  const reaches = async (route: string, stage: string) => {
    await expect.poll(async () => (await seen(route)).stage, { timeout: REACHES_MS }).toBe(stage);
    return seen(route);
  };

  beforeAll(async () => {
    const routes = ['same', ...HARM.map(({ route }) => route)];
    const declared = await Promise.all(
      routes.map(
        async (name) =>
          `  - { name: ${name}, path: /${name}, stable: { url: "${await model('v1')}", version: v1 }, policy: ${
            name === 'same' ? 'short-demo-llm' : 'short-llm'
          } }\n`,
      ),
    );
    home = makeHome(
      `gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\ncontroller: { tick: 1s }\n` +
        `policies: [demo-llm.yaml, llm.yaml]\nroutes:\n${declared.join('')}`,
    );
    home.write('demo-llm.yaml', shortened('demo-llm', {}));
    home.write('llm.yaml', shortened('llm', { steps: [{ weight: '50%', dwell: '1h' }] }));
    server = await startServerProcess(home);
    caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    traffic = routes.map((name) =>
      startTraffic({
        gatewayUrl: server.gatewayUrl,
        path: `/${name}/v1/chat/completions`,
        perSecond: name === 'wordy' ? MORE_PER_SECOND : REQUESTS_PER_SECOND,
        forMs: 10 * 60_000,
        users: 1_000,
        bodies: [STREAM, STREAM, WHOLE],
      }),
    );
    for (const name of routes) {
      const canaryUrl = await model('v2', HARM.find(({ route }) => route === name)?.canary);
      const body = { route: name, canaryUrl, version: 'v2', reason: 'ready' };
      started.set(name, (await caller.post<RolloutView>('/api/v1/rollouts', body)).id);
    }
  });

  afterAll(async () => {
    await Promise.all(traffic.map((one) => one.stop()));
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    for (const made of models) await made.close();
    home.remove();
  });

  it.each(HARM)('is rolled back: $what', { timeout: REACHES_MS }, async ({ route, reason }) => {
    const { verdict } = await reaches(route, 'rolled-back');
    expect(verdict?.name).toBe('harmful');
    // Two checks may come to it together; the reason has the figures of the first, as it has those of one.
    expect(verdict?.reason.replace(/^canary worse in .* of the evidence together: /, '')).toMatch(reason);
    // All were answered with 200.
    expect(verdict?.findings.find(({ check }) => check === 'errors')).toMatchObject({ canary: 0, stable: 0 });
  });

  it('is promoted where it is as good', { timeout: REACHES_MS }, async () => {
    const { id } = await reaches('same', 'finalised');
    const reasons = (await caller.audit(id))?.map(({ reason }) => reason).join('\n');
    for (const shown of ['time to the first event p50 within', 'tokens p50 within', 'finish-reason within']) {
      expect(reasons).toContain(shown);
    }
  });
});
