import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AuditView, RolloutView } from '../../src/api/view-schemas.ts';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { toy } from '../support/cast.ts';
import { type EventReader, type ReadEvent, readEvents } from '../support/event-reader.ts';
import { inTime } from '../support/in-time.ts';
import { emptyDatabase, postgresUrl } from '../support/postgres.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: mine }
spec:
  finalise: manual
  internal: { requests: 20, gates: [tests] }
  steps:
    - { weight: 1%, dwell: 1h }
    - { weight: 50%, dwell: 1h }
`;

/** One for each test. */
const ROUTES = 6;
const routeOf = (name: string) =>
  `  - { name: ${name}, path: /${name}, stable: { url: "${stable.url}", version: v1 }, policy: mine, consumerKey: { header: x-api-key } }`;

let stable: ToyUpstream;
let canary: ToyUpstream;

beforeAll(async () => {
  [stable, canary] = await Promise.all([toy('v1'), toy('v2')]);
});
afterAll(() => Promise.all([stable.close(), canary.close()]));

/** One Serin, and what is asked of it. */
class Serin {
  readonly home: Home;
  server!: ServerProcess;
  private readonly env: NodeJS.ProcessEnv;
  private readonly open: EventReader[] = [];
  private readonly tokenOf: Home | null;
  private taken = 0;

  /** The first start on a database makes the token of everybody. */
  constructor(env: NodeJS.ProcessEnv = {}, first: Serin | null = null) {
    this.env = env;
    this.tokenOf = first?.home ?? null;
    this.home = makeHome(`gateway: { listen: 127.0.0.1:0, timeouts: { notice: 0s } }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [mine.yaml]
routes:
${Array.from({ length: ROUTES }, (_, at) => routeOf(`shop-${at}`)).join('\n')}
channels: { console: false }
`);
    this.home.write('mine.yaml', POLICY);
  }

  async boot(): Promise<this> {
    this.server = await startServerProcess(this.home, this.env);
    return this;
  }

  token(): string {
    return (this.tokenOf ?? this.home).token();
  }

  /** A route of its own for a test. */
  route(): string {
    this.taken += 1;
    return `shop-${this.taken - 1}`;
  }

  ask(method: string, path: string, body?: object, token = this.token()): Promise<Response> {
    return fetch(`${this.server.controlUrl}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify({ reason: 'tried', ...body }) } : {}),
    });
  }

  async do<T = RolloutView>(method: string, path: string, body?: object): Promise<T> {
    const answer = await this.ask(method, path, body);
    expect(answer.ok, `${method} ${path}: ${answer.status}`).toBe(true);
    return (answer.status === 204 ? null : await answer.json()) as T;
  }

  async start(route: string): Promise<string> {
    const started = { route, canaryUrl: canary.url, version: 'v2' };
    return (await this.do('POST', 'rollouts', started)).id;
  }

  /** Reads the events from now on, or after the id of the last that was read. */
  async listen(after?: string, token = this.token()): Promise<EventReader> {
    const answer = await fetch(`${this.server.controlUrl}/api/v1/events`, {
      headers: { authorization: `Bearer ${token}`, ...(after === undefined ? {} : { 'last-event-id': after }) },
    });
    expect(answer.status).toBe(200);
    const reader = readEvents(answer);
    this.open.push(reader);
    await reader.until('the greeting', ({ length }) => length > 0);
    return reader;
  }

  async leave(): Promise<void> {
    await Promise.all(this.open.splice(0).map((reader) => reader.close()));
  }

  async end(): Promise<void> {
    await this.leave();
    this.server.child.kill('SIGKILL');
    await this.server.ended;
    this.home.remove();
  }
}

const of = (events: readonly ReadEvent[], kind: string) => events.filter((event) => event.kind === kind);
const decisions = (events: readonly ReadEvent[]) => of(events, 'decision').map(({ data }) => data['event']);
const decided = (event: string) => (events: readonly ReadEvent[]) => decisions(events).includes(event);
const numbers = (events: readonly ReadEvent[]) =>
  events.filter(({ kind }) => kind !== 'comment').map(({ id }) => Number(id.split('.')[1]));

describe('the events of one Serin', () => {
  let serin: Serin;

  beforeAll(async () => {
    serin = await new Serin().boot();
  });
  afterEach(() => serin.leave());
  afterAll(() => serin.end());

  it('tell the whole life of a rollout, in order, as the audit has it', async () => {
    const route = serin.route();
    const reader = await serin.listen();
    const id = await serin.start(route);
    await reader.until('two looks', (events) => of(events, 'look').length >= 2);
    await serin.do('POST', `rollouts/${id}/gates/tests`, {});
    await serin.do('POST', `rollouts/${id}/advance`, { to: 'step-1' });
    await serin.do('POST', `rollouts/${id}/pause`, {});
    await serin.do('PUT', `routes/${route}/consumers/acme`, { rule: 'canary', key: 's3cret-key' });
    await serin.do('POST', `rollouts/${id}/resume`, {});
    await serin.do('POST', `rollouts/${id}/promote`, { full: true });
    await serin.do('POST', `rollouts/${id}/finalise`, {});
    await reader.until('the end of the rollout', decided('finalisedByHand'));
    await reader.until('the new stable', (events) => of(events, 'routes').length >= 2);

    const events = reader.events.filter(({ data }) => data['route'] === route);
    expect(decisions(events)).toEqual([
      'rolloutStarted',
      'preflightPassed',
      'gatePassed',
      'advanced',
      'paused',
      'consumerListed',
      'resumed',
      'promoted',
      'finalisedByHand',
    ]);
    const audit = await serin.do<AuditView[]>('GET', `audit?route=${route}`);
    const told = of(events, 'decision').map(({ data }) => data);
    expect(told).toEqual(
      audit.toReversed().map(({ seq, at, event, actor, reason, route, rolloutId }) => ({
        seq,
        at,
        event: event.kind,
        actor,
        reason,
        route,
        rolloutId,
      })),
    );
    const states = of(events, 'rollout').map(({ data }) => [data['version'], data['stage'], data['canaryBps']]);
    expect(states).toEqual([
      [2, 'internal', 0],
      [3, 'internal', 0],
      [4, 'step-1', 100],
      [5, 'step-1', 100],
      [6, 'step-1', 100],
      [7, 'promoted', 10_000],
      [8, 'finalised', 10_000],
    ]);
    expect(of(events, 'routes').map(({ data }) => data)).toEqual([
      { route, changed: 'consumers' },
      { route, changed: 'stable' },
    ]);
    const looks = of(events, 'look').map(({ data }) => String(data['at']));
    expect(looks).toEqual([...new Set(looks)].toSorted());
    const first = numbers(reader.events)[0] ?? 0;
    expect(numbers(reader.events)).toEqual(reader.events.map((_, at) => first + at));
    expect(JSON.stringify(reader.events)).not.toContain('s3cret-key');
  });

  it('are neither lost nor doubled by whoever leaves and comes back', async () => {
    const all = await serin.listen();
    const id = await serin.start(serin.route());
    const pieces: ReadEvent[] = [];
    let last = all.events[0]?.id;
    for (const [verb, event] of [
      ['pause', 'paused'],
      ['resume', 'resumed'],
      ['abort', 'aborted'],
    ] as const) {
      const piece = await serin.listen(last);
      await piece.until('an event', ({ length }) => length > 1);
      // What is in the pipe when the connection ends is lost on the way.
      await serin.do('POST', `rollouts/${id}/${verb}`, {});
      await piece.close();
      pieces.push(...piece.events.slice(1));
      last = piece.events.at(-1)?.id;
      await all.until(`${verb}`, decided(event));
    }
    const rest = await serin.listen(last);
    await rest.until('the end', decided('aborted'));
    pieces.push(...rest.events.slice(1));
    expect(pieces).toEqual(all.events.slice(1, pieces.length + 1));
    expect(decisions(pieces)).toEqual(['rolloutStarted', 'preflightPassed', 'paused', 'resumed', 'aborted']);
  });

  it('follow the position of a snapshot: what was published up to there is in it', async () => {
    const reader = await serin.listen();
    const id = await serin.start(serin.route());
    for (const [verb, event] of [
      ['pause', 'paused'],
      ['resume', 'resumed'],
      ['abort', 'aborted'],
    ] as const) {
      const [, answer, audit] = await Promise.all([
        serin.do('POST', `rollouts/${id}/${verb}`, {}),
        serin.ask('GET', `rollouts/${id}`),
        serin.ask('GET', `rollouts/${id}/audit`),
      ]);
      await reader.until(verb, decided(event));
      const upTo = (position: string | null) =>
        reader.events.filter(({ id: event }) => numberOf(event) <= numberOf(position ?? ''));
      const shown = (await answer.json()) as RolloutView;
      const before = of(upTo(answer.headers.get('x-serin-feed')), 'rollout').map(({ data }) => Number(data['version']));
      expect(Math.max(0, ...before)).toBeLessThanOrEqual(shown.version);
      const [newest] = (await audit.json()) as AuditView[];
      const said = of(upTo(audit.headers.get('x-serin-feed')), 'decision').map(({ data }) => Number(data['seq']));
      expect(Math.max(0, ...said)).toBeLessThanOrEqual(newest?.seq ?? 0);
    }
  });

  it('end within 15 s for a token that was revoked', { timeout: 60_000 }, async () => {
    const made = await serin.do<{ id: string; token: string }>('POST', 'tokens', { name: 'ada', role: 'viewer' });
    const reader = await serin.listen(undefined, made.token);
    await serin.do('DELETE', `tokens/${made.id}?reason=leaked`);
    await reader.until('the decision', decided('tokenRevoked'));
    const revokedAt = performance.now();
    await reader.ended(20_000);
    expect(performance.now() - revokedAt).toBeLessThan(16_000);
    expect(JSON.stringify(reader.events)).not.toContain(made.token);
  });

  it('are counted by the metrics, and hold up no shutdown', async () => {
    const reader = await serin.listen();
    const metrics = await (await fetch(`${serin.server.controlUrl}/metrics`)).text();
    expect(Number(/^serin_event_streams (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThanOrEqual(1);
    serin.server.child.kill('SIGTERM');
    await reader.ended();
    expect(await inTime('the end of Serin', 20_000, serin.server.ended)).toBe(0);
    const said = serin.server
      .output()
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
    const at = (msg: string) => Date.parse(said.find((line) => line.msg === msg)?.time);
    expect(at('stopped') - at('stopping')).toBeLessThan(5_000);
    await serin.boot();
  });

  it('begin anew where Serin was killed: whoever comes back is reset', async () => {
    const reader = await serin.listen();
    const id = await serin.start(serin.route());
    await reader.until('the start', decided('preflightPassed'));
    const last = reader.events.at(-1)?.id;
    serin.server.child.kill('SIGKILL');
    await serin.server.ended;
    await serin.boot();
    const back = await serin.listen(last);
    await back.until('the reset', (events) => of(events, 'reset').length > 0);
    expect(back.events.slice(0, 2).map(({ kind }) => kind)).toEqual(['hello', 'reset']);
    await serin.do('POST', `rollouts/${id}/abort`, {});
    await back.until('the next decision', decided('aborted'));
    expect(decisions(back.events)).toEqual(['aborted']);
  });
});

function numberOf(id: string): number {
  return Number(id.split('.')[1] ?? 0);
}

serviceOrSkip('postgres', await postgresUrl())('the events of two Serins on one Postgres', (postgres) => {
  let database: Awaited<ReturnType<typeof emptyDatabase>>;
  let serins: readonly [Serin, Serin];

  beforeAll(async () => {
    database = await emptyDatabase(postgres.url);
    const env = { DATABASE_URL: database.url, SERIN_SECRET: 'ab'.repeat(32) };
    const one = await new Serin(env).boot();
    serins = [one, await new Serin(env, one).boot()];
  });
  afterAll(async () => {
    await Promise.all(serins.map((serin) => serin.end()));
    await database.drop();
    await postgres.stop();
  });

  it('tell what either of them decides, and the looks of the one that leads', async () => {
    const [one, other] = serins;
    const readers = await Promise.all(serins.map((serin) => serin.listen()));
    const id = await one.start(one.route());
    for (const reader of readers) await reader.until('two looks', (events) => of(events, 'look').length >= 2);
    await other.do('POST', `rollouts/${id}/pause`, {});
    for (const reader of readers) await reader.until('the pause', decided('paused'));
    await one.do('POST', `rollouts/${id}/abort`, {});
    for (const reader of readers) {
      await reader.until('the end', decided('aborted'));
      expect(decisions(reader.events)).toEqual(['rolloutStarted', 'preflightPassed', 'paused', 'aborted']);
      const versions = of(reader.events, 'rollout').map(({ data }) => data['version']);
      expect(versions).toEqual([2, 3, 4]);
    }
  });
});
