import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { stringify } from 'yaml';
import type { RolloutView } from '../../../src/api/view-schemas.ts';
import { callerOf } from '../../support/cast.ts';
import { makeHome, startServerProcess } from '../../support/server-process.ts';
import { httpUpstream } from '../../support/upstream.ts';
import { policyWith } from '../answers/policies.ts';
import { Latency } from '../gateway/latency.ts';
import { cpuMs, mainThreadCpuMs } from '../gateway/process-usage.ts';
import { BATCHES, LINES } from './batches.ts';

export interface Load {
  /** Through the gateway, at a steady rate whatever becomes of them. */
  readonly requestsPerSecond: number;
  readonly linesPerSecond: number;
  readonly turnMs: number;
  readonly rounds: number;
}

/** What one turn cost the process, and what clients saw of it. */
export interface Turn {
  /** The form of the lines; `none` without any. */
  readonly logs: string;
  readonly answered: number;
  readonly counted: number;
  /** Batches that were answered 429. */
  readonly refused: number;
  /** CPU of the thread that serves requests, and of all others, as a share of one core. */
  readonly serving: number;
  readonly others: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const BEAT_MS = 10;
const LOOK_EVERY_MS = 200;
const MOST_WAIT_MS = 60_000;
const FORMS = BATCHES.filter(({ batch: { way } }) => way === 'ndjson' || way === 'otlp-protobuf');

/** A real Serin with a rollout that is judged by logs: turns with lines and without, one after the other. */
export async function measureBeside(load: Load, say: (turn: Turn) => void): Promise<readonly Turn[]> {
  const upstreams = await Promise.all(['v1', 'v2'].map((name) => httpUpstream((_, answer) => answer.end(name))));
  const [stable, canary] = upstreams;
  const home = makeHome(
    stringify({
      gateway: { listen: '127.0.0.1:0' },
      control: { listen: '127.0.0.1:0' },
      policies: ['logged.yaml'],
      channels: { console: false },
      routes: [{ name: 'shop', path: '/shop', stable: { url: stable?.url, version: 'v1' }, policy: 'logged' }],
    }),
  );
  home.write('logged.yaml', stringify(policyWith('logged', ['logs'], { steps: [{ weight: '50%', dwell: '10h' }] })));
  const server = await startServerProcess(home);
  const clients = new Pool(server.gatewayUrl, { connections: 64 });
  const senders = new Pool(server.controlUrl, { connections: 4 });
  try {
    const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    const asked = { name: 'shop', role: 'logs:write', reason: 'logs' };
    const { token } = await caller.post<{ token: string }>('/api/v1/tokens', asked);
    const start = { route: 'shop', canaryUrl: canary?.url, version: 'v2', reason: 'ready' };
    const { id } = await caller.post<RolloutView>('/api/v1/rollouts', start);
    for (let waited = 0; !(await caller.rollout(id))?.verdict; waited += LOOK_EVERY_MS) {
      if (waited > MOST_WAIT_MS) throw new Error('no look came in time');
      await sleep(LOOK_EVERY_MS);
    }
    const turns: Turn[] = [];
    const { pid } = server.child;
    if (pid === undefined) throw new Error('Serin did not start');
    const turn = (logs: string) => oneTurn(logs, { load, pid, clients, senders, token });
    // Not kept: code and connections warm up.
    for (const logs of ['none', ...FORMS.map(({ name }) => name)]) await turn(logs);
    for (let round = 0; round < load.rounds; round++) {
      for (const { name } of FORMS) {
        for (const logs of ['none', name]) {
          const made = await turn(logs);
          say(made);
          turns.push(made);
        }
      }
    }
    return turns;
  } finally {
    await Promise.all([clients.destroy(), senders.destroy()]);
    server.child.kill('SIGTERM');
    await server.ended;
    await Promise.all(upstreams.map((upstream) => upstream.close()));
    home.remove();
  }
}

interface TurnParts {
  readonly load: Load;
  readonly pid: number;
  readonly clients: Pool;
  readonly senders: Pool;
  readonly token: string;
}

async function oneTurn(logs: string, { load, pid, clients, senders, token }: TurnParts): Promise<Turn> {
  const batch = FORMS.find(({ name }) => name === logs)?.batch ?? null;
  const latency = new Latency();
  const seen = { answered: 0, counted: 0, refused: 0 };
  const before = { all: cpuMs(pid), serving: mainThreadCpuMs(pid) };
  const began = performance.now();
  const due = { requests: 0, batches: 0 };
  const waiting: Promise<void>[] = [];
  for (let ms = 0; ms < load.turnMs; ms = performance.now() - began) {
    for (; due.requests < (ms / 1_000) * load.requestsPerSecond; due.requests++) waiting.push(ask());
    if (batch) for (; due.batches < (ms / 1_000) * (load.linesPerSecond / LINES); due.batches++) waiting.push(send());
    await sleep(BEAT_MS);
  }
  await Promise.all(waiting);
  const tookMs = performance.now() - began;
  const serving = mainThreadCpuMs(pid) - before.serving;
  const others = cpuMs(pid) - before.all - serving;
  return {
    logs,
    ...seen,
    serving: serving / tookMs,
    others: others / tookMs,
    p50Ms: latency.quantile(0.5),
    p99Ms: latency.quantile(0.99),
  };

  async function ask(): Promise<void> {
    const sent = performance.now();
    const { body } = await clients.request({ method: 'GET', path: '/shop' });
    await body.dump();
    latency.add(performance.now() - sent);
    seen.answered++;
  }

  async function send(): Promise<void> {
    if (batch === null) return;
    const isOtlp = batch.way === 'otlp-protobuf';
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': isOtlp ? 'application/x-protobuf' : 'application/x-ndjson',
    };
    const path = isOtlp ? '/api/v1/otlp/v1/logs' : '/api/v1/logs?route=shop';
    const { statusCode, body } = await senders.request({ method: 'POST', path, headers, body: batch.bytes });
    await body.dump();
    if (statusCode === 200) seen.counted += LINES;
    else if (statusCode === 429) seen.refused++;
    else throw new Error(`a batch was answered ${statusCode}`);
  }
}
