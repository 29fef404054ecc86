import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PostedView, RolloutView } from '../../src/api/view-schemas.ts';
import { type Caller, callerOf } from '../support/cast.ts';
import { serinHere } from '../support/serin-here.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: scored }
spec:
  internal: { requests: 0 }
  steps: [{ weight: 50%, dwell: 1h }]
  checks:
    latency:
      p50: { dryRun: true }
      p95: { dryRun: true }
      p99: { dryRun: true }
      dominance: { dryRun: true }
    values:
      score: { from: { posted: true }, worse: lower, unit: points }
  judge: { block: 1s, warmUp: 0s, minStep: 3s }
`;
const EVERY_MS = 10;

interface Posted {
  readonly requestId: string;
  readonly name: string;
  readonly value: unknown;
}

describe('scores that an outside judge posts', () => {
  const upstreams: TestUpstream[] = [];
  /** Scores that are not posted yet. */
  let scores: Posted[] = [];
  let home: Home;
  let server: ServerProcess;
  let clients: Pool;
  let beat: NodeJS.Timeout;
  let caller: Caller;
  let scorer: string;
  let viewer: string;
  let rollout: string;

  /** Answers alike; what a judge would say of its answers is about `score`. */
  const upstream = async (score: number) => {
    const made = await httpUpstream(({ headers, url = '' }, outgoing) => {
      const requestId = headers['x-request-id'];
      if (typeof requestId === 'string' && url.includes('/asked/')) {
        scores.push({ requestId, name: 'score', value: score + ((scores.length * 7) % 11) / 100 });
      }
      outgoing.end('an answer');
    });
    upstreams.push(made);
    return made.url;
  };
  const tokenFor = async (name: string, role: string) =>
    (await caller.post<{ token: string }>('/api/v1/tokens', { name, role, reason: 'scores' })).token;
  const post = (token: string, values: readonly Posted[]) =>
    fetch(new URL('/api/v1/values', server.controlUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ route: 'chat', values }),
    });
  const commandLine = (file: string, token = scorer) =>
    serinHere(['values', 'post', 'chat', '--file', file], {
      env: { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: token },
    });
  const linesOf = (values: readonly Posted[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
  const scored = async (count: number) => {
    await expect.poll(() => scores.length, { timeout: 60_000 }).toBeGreaterThan(count);
    // The newest may not have ended yet at the gateway.
    return scores.splice(0, count);
  };

  beforeAll(async () => {
    const stable = await upstream(0.8);
    home = makeHome(
      `gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\ncontroller: { tick: 1s }\npolicies: [scored.yaml]\n` +
        `routes:\n  - { name: chat, path: /chat, stable: { url: "${stable}", version: v1 }, policy: scored, sticky: request }\n`,
    );
    home.write('scored.yaml', POLICY);
    server = await startServerProcess(home);
    caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    [scorer, viewer] = await Promise.all([tokenFor('judge', 'scorer'), tokenFor('reader', 'viewer')]);
    const body = { route: 'chat', canaryUrl: await upstream(0.5), version: 'v2', reason: 'ready' };
    rollout = (await caller.post<RolloutView>('/api/v1/rollouts', body)).id;
    const isSplit = async () => expect((await caller.rollout(rollout))?.canaryWeight).toBe('50%');
    await vi.waitFor(isSplit, { timeout: 60_000 });
    scores = [];
    clients = new Pool(server.gatewayUrl, { connections: 16 });
    let sent = 0;
    beat = setInterval(() => {
      sent += 1;
      void clients
        .request({ method: 'GET', path: `/chat/asked/${sent}` })
        .then(({ body: answer }) => answer.dump())
        .catch(() => undefined);
    }, EVERY_MS);
  });

  afterAll(async () => {
    clearInterval(beat);
    await clients.destroy();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    for (const made of upstreams) await made.close();
    home.remove();
  });

  it('are taken from the token of a scorer, which may do nothing else, and of no viewer', async () => {
    const values = await scored(10);
    expect((await post(viewer, values)).status).toBe(403);
    const file = home.write('scores.jsonl', `${linesOf(values)}\n`);
    expect(await commandLine(file, viewer)).toMatchObject({
      code: 1,
      stderr: 'serin: this needs the role scorer; reader is viewer\n',
    });
    const env = { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: scorer };
    for (const verb of ['rollback', 'promote']) {
      expect(await serinHere([verb, 'chat', '--yes', '--reason', 'a low score'], { env })).toMatchObject({
        code: 1,
        stderr: 'serin: this needs the role operator; judge is scorer\n',
      });
    }
    expect(await commandLine(file)).toEqual({ code: 0, stdout: 'chat: 10 of 10 values counted\n', stderr: '' });
    expect((await commandLine(file)).stdout).toBe('chat: 0 of 10 values counted; 10 twice\n');
  });

  it('are told apart line by line, more of them than one request takes', async () => {
    const values = await scored(3);
    const never = Array.from({ length: 600 }, (_, at) => ({ requestId: `never-${at}`, name: 'score', value: 1 }));
    const text = `${linesOf(values)}${linesOf(never)}{"requestId":"a","name":"score","value":1e400}\n{"requestId":"a","name":"tone","value":1}\n`;
    expect((await commandLine(home.write('mixed.jsonl', text))).stdout).toBe(
      'chat: 3 of 605 values counted; 600 unknown-request, 1 unknown-value, 1 unusable\n',
    );
    const bad = home.write('bad.jsonl', `${linesOf(await scored(1))}{"requestId":"a","name":"score","value":NaN}\n`);
    expect(await commandLine(bad)).toMatchObject({ code: 2, stderr: `serin: ${bad}, line 2: is no JSON object\n` });
  });

  it('roll back a canary that has lower ones', async () => {
    const posting = async () => {
      const batch = await scored(50);
      const answer = await post(scorer, batch);
      expect(answer.status).toBe(200);
      const { counts } = (await answer.json()) as PostedView;
      // Its weight may end between an answer and its score.
      expect(counts.counted + counts.late + counts['unknown-value']).toBe(50);
      return (await caller.rollout(rollout))?.stage;
    };
    await expect.poll(posting, { timeout: 90_000, interval: 100 }).toBe('rolled-back');
    const verdict = (await caller.rollout(rollout))?.verdict;
    expect(verdict).toMatchObject({ name: 'harmful', worst: expect.stringMatching(/^value:score\./) });
    expect(verdict?.reason).toMatch(
      /^canary score (p50|p95|over the whole distribution) .*0\.[56]\d* points against 0\.[89]\d* points .*answers, in /,
    );
    expect(verdict?.findings.map(({ check }) => check)).not.toContain('value:score.missing');
  });
});
