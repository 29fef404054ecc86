import { Pool } from 'undici';
import { stringify } from 'yaml';
import type { RolloutView } from '../../../src/api/view-schemas.ts';
import { type Caller, callerOf } from '../../support/cast.ts';
import { seededRandom } from '../../support/random.ts';
import { makeHome, startServerProcess } from '../../support/server-process.ts';
import type { Fault } from './faults.ts';
import { policyWith } from './policies.ts';
import { type Asked, nextAsked, pathOf } from './toy-orders.ts';
import { startToyService, type ToyService } from './toy-service.ts';

const BEAT_MS = 10;
const LOGS_EVERY_MS = 500;
const LOOKS_EVERY_MS = 250;

export interface FoundFault {
  readonly fault: Fault;
  /** Null when it was not found in time. */
  readonly found: {
    readonly afterMs: number;
    /** What the check had seen by then. */
    readonly requests: { readonly canary: number; readonly stable: number };
    /** All that the versions had answered by then. */
    readonly answered: number;
    readonly stage: string;
    readonly reason: string;
    /** What the documents of both versions say beside it. */
    readonly declared: RolloutView['declared'];
  } | null;
  readonly last: string;
}

export interface RealRun {
  readonly faults: readonly Fault[];
  readonly perSecond: number;
  /** Each fault is looked for this long at most. */
  readonly limitMs: number;
  readonly onFound?: (found: FoundFault) => void;
}

/** The traffic of one route. */
interface Lane {
  readonly route: string;
  readonly traffic: number;
  sent: number;
  answered: number;
  isOver: boolean;
}

const nameOf = (at: number): string => `fault-${at + 1}`;

/** Every fault on a route of its own, all through one Serin in a process of its own, with real services and clients. */
export async function realRun({ faults, perSecond, limitMs, onFound }: RealRun): Promise<readonly FoundFault[]> {
  const pairs = await Promise.all(
    faults.map(async ({ canary }, at) => ({
      stable: await startToyService({}, seededRandom(2 * at + 1)),
      canary: await startToyService(canary, seededRandom(2 * at + 2)),
    })),
  );
  const used = [...new Set(faults.map(({ seenBy }) => seenBy))];
  const home = makeHome(
    stringify({
      gateway: { listen: '127.0.0.1:0' },
      control: { listen: '127.0.0.1:0' },
      controller: { tick: '1s' },
      policies: used.map((seenBy) => `${seenBy}.yaml`),
      channels: { console: false },
      routes: faults.map(({ seenBy }, at) => ({
        name: nameOf(at),
        path: `/${nameOf(at)}`,
        stable: { url: pairs[at]?.stable.url, version: 'v1' },
        policy: `by-${seenBy.toLowerCase()}`,
        openapi: '/openapi.json',
        templates: [`/${nameOf(at)}/orders`, `/${nameOf(at)}/orders/{id}`],
        ...(seenBy === 'answers' ? { mirror: { share: '100%', perSecond: 100, concurrency: 20 } } : {}),
      })),
    }),
  );
  const steps = [{ weight: '50%', dwell: '1h' }];
  for (const seenBy of used) {
    home.write(`${seenBy}.yaml`, stringify(policyWith(`by-${seenBy.toLowerCase()}`, [seenBy], { steps })));
  }
  const server = await startServerProcess(home);
  const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
  const clients = new Pool(server.gatewayUrl, { connections: 64 });
  const stops: (() => void)[] = [];
  try {
    const lanes = faults.map(
      ({ traffic = 1 }, at): Lane => ({
        route: nameOf(at),
        traffic,
        sent: 0,
        answered: 0,
        isOver: false,
      }),
    );
    const ids: string[] = [];
    for (const at of faults.keys()) {
      const body = { route: nameOf(at), canaryUrl: pairs[at]?.canary.url, version: 'v2', reason: 'ready' };
      ids.push((await caller.post<RolloutView>('/api/v1/rollouts', body)).id);
    }
    stops.push(startClients(clients, lanes, perSecond));
    if (used.includes('logs')) stops.push(await startSenders(caller, server.controlUrl, faults, pairs));
    return await Promise.all(
      faults.map(async (fault, at): Promise<FoundFault> => {
        const lane = lanes[at];
        const result = await lookedFor(caller, ids[at] ?? '', fault, limitMs, () => lane?.answered ?? 0);
        if (lane) lane.isOver = true;
        onFound?.(result);
        return result;
      }),
    );
  } finally {
    for (const stop of stops) stop();
    await clients.destroy();
    server.child.kill('SIGTERM');
    await server.ended;
    await Promise.all(pairs.flatMap(({ stable, canary }) => [stable.close(), canary.close()]));
    home.remove();
  }
}

/** What clients send to the routes, until each has been found; the answers are counted by route. */
function startClients(clients: Pool, lanes: readonly Lane[], perSecond: number): () => void {
  const random = seededRandom(99);
  const began = performance.now();
  const beat = setInterval(() => {
    for (const lane of lanes) {
      const until = ((performance.now() - began) / 1_000) * perSecond * lane.traffic;
      for (; lane.sent < until; lane.sent++) if (!lane.isOver) send(clients, lane, nextAsked(random));
    }
  }, BEAT_MS);
  return () => clearInterval(beat);
}

function send(clients: Pool, lane: Lane, asked: Asked): void {
  const headers = { 'x-user': String(asked.user) };
  void clients
    .request({ method: 'GET', path: `/${lane.route}${pathOf(asked)}`, headers })
    .then(({ body }) => body.dump())
    .then(() => {
      lane.answered++;
    })
    .catch(() => undefined);
}

/** What the services log is posted as a shipper of logs does, with a token for nothing else. */
async function startSenders(
  caller: Caller,
  controlUrl: string,
  faults: readonly Fault[],
  pairs: readonly { readonly stable: ToyService; readonly canary: ToyService }[],
): Promise<() => void> {
  const { token } = await caller.post<{ readonly token: string }>('/api/v1/tokens', {
    name: 'shipper',
    role: 'logs:write',
    reason: 'ships logs',
  });
  const ndjson = (service: ToyService | undefined, version: string): string =>
    (service?.takeLines() ?? [])
      .map(
        ({ level, logger, message, fields }) => `${JSON.stringify({ level, logger, message, version, ...fields })}\n`,
      )
      .join('');
  const timer = setInterval(() => {
    for (const [at, { seenBy }] of faults.entries()) {
      const body = ndjson(pairs[at]?.stable, 'v1') + ndjson(pairs[at]?.canary, 'v2');
      if (seenBy !== 'logs' || body === '') continue;
      void fetch(`${controlUrl}/api/v1/logs?route=${nameOf(at)}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
        body,
      })
        .then((answer) => answer.arrayBuffer())
        .catch(() => undefined);
    }
  }, LOGS_EVERY_MS);
  return () => clearInterval(timer);
}

async function lookedFor(
  caller: Caller,
  id: string,
  fault: Fault,
  limitMs: number,
  answered: () => number,
): Promise<FoundFault> {
  const began = performance.now();
  const before = answered();
  for (let last = 'nothing was seen'; ; ) {
    const view = await caller.rollout(id);
    const afterMs = performance.now() - began;
    const verdict = view?.verdict ?? null;
    if (view && verdict) {
      const finding = verdict.findings.find(({ check }) => check === fault.seenBy);
      last = `${verdict.name}: ${verdict.reason}; ${finding?.says ?? `nothing of ${fault.seenBy}`}`;
      const told = [verdict.reason, ...(finding?.differences ?? []).map(({ says }) => says)].join('\n');
      const isBlamed = verdict.name === 'harmful' || verdict.name === 'suspect' || view.stage === 'rolled-back';
      if (isBlamed && fault.names.test(told)) {
        const requests = finding?.requests ?? { canary: 0, stable: 0 };
        const { stage, declared } = view;
        const { reason } = verdict;
        return { fault, found: { afterMs, requests, answered: answered() - before, stage, reason, declared }, last };
      }
    }
    if (afterMs > limitMs || (view && !view.active)) return { fault, found: null, last };
    await new Promise((resolve) => setTimeout(resolve, LOOKS_EVERY_MS));
  }
}
