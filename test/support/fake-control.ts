import type { ControlPlane, LogsOutcome, Standing } from '../../src/api/control.ts';
import type { PolicyCheck } from '../../src/api/policy-control.ts';
import { Feed } from '../../src/controller/feed/feed.ts';
import type { JudgeState } from '../../src/judge/judge.ts';
import type { Policy } from '../../src/policy/schema.ts';
import { Problem } from '../../src/problem/problem.ts';
import { actsOf, STILL_RUNS, type Surroundings } from '../../src/rollout/acts/acts.ts';
import type { ScopeVerb } from '../../src/rollout/acts/scope.ts';
import type { StartCommand } from '../../src/rollout/commands.ts';
import type { Actor, RolloutEvent } from '../../src/rollout/event.ts';
import type { Evidence } from '../../src/rollout/evidence.ts';
import { ordered } from '../../src/rollout/eyes/asked.ts';
import type { SentMessage } from '../../src/rollout/message.ts';
import type { AuditEntry, RolloutRecord } from '../../src/rollout/record.ts';
import type { TrailRow } from '../../src/rollout/so-far/trail.ts';
import { isEnded, type Rollout, stageName } from '../../src/rollout/state.ts';
import { begin, transition } from '../../src/rollout/transition.ts';
import { fakeConfiguration } from './fake-configuration.ts';
import { fakeConsumers } from './fake-consumers.ts';
import { fakeKeyed } from './fake-keyed.ts';
import { fakePreview } from './fake-preview.ts';
import { fakeRestores } from './fake-restores.ts';
import { fakeTokens } from './fake-tokens.ts';
import { policyOf, T0 } from './rollouts.ts';

export { TOKENS } from './fake-tokens.ts';
export { findingOf, verdictOf } from './verdicts.ts';

/** A control plane in memory: the real transition, no controller, no database. */
export interface FakeControl extends ControlPlane {
  /** Nothing is published in it but by a test. */
  readonly feed: Feed;
  /** What a tick would do: a machine event, or evidence that has come in. */
  happen(id: string, event: RolloutEvent): RolloutRecord;
  see(id: string, evidence: Partial<Evidence>): RolloutRecord;
  /** Looks that have left these rows. */
  leave(id: string, rows: readonly TrailRow[]): void;
  /** Answers of `health` and failures of everything, set by the test. */
  readonly mood: {
    /** Epoch ms, for sessions. */
    now: number;
    ready: boolean;
    problems: string[];
    look: Partial<NonNullable<Standing['look']>>;
    unrecorded: Standing['unrecorded'];
    policyDigest: string | null;
    failing: Error | null;
    consumersBy: 'key' | 'client-id';
    /** What a restore takes. */
    restoreNeeds: readonly ScopeVerb[];
    brokenAt: number | null;
    logs: LogsOutcome | null;
    routes: Awaited<ReturnType<ControlPlane['routes']['list']>>;
    messages: readonly SentMessage[];
    policyNow: ReturnType<ControlPlane['policies']['declared']>;
    oidc: ReturnType<ControlPlane['oidc']['offer']>;
    policyCheck: (route: string, asked: { text: string; stable: string; canary: string }) => PolicyCheck;
  };
  /** Credentials of consumers as they were handed over, by `route/name`. */
  readonly consumerKeys: { get(path: string): string | undefined };
}

const NO_PROVIDER = 'there is no provider here';

export function fakeControl(policy: Policy = policyOf(), secret: Uint8Array = Buffer.alloc(32, 7)): FakeControl {
  const records = new Map<string, RolloutRecord>();
  const trails = new Map<string, readonly TrailRow[]>();
  const audit: AuditEntry[] = [];
  const mood: FakeControl['mood'] = {
    now: T0,
    ready: true,
    problems: [],
    look: {},
    unrecorded: null,
    policyDigest: null,
    failing: null,
    consumersBy: 'key',
    restoreNeeds: ['pause'],
    brokenAt: null,
    logs: null,
    routes: [],
    messages: [],
    policyNow: { kind: 'valid', loaded: { policy, digest: 'sha256:first' } },
    oidc: null,
    policyCheck: (route) => ({ route, issues: [], unreachable: [], answers: [], notes: [] }),
  };
  let now = T0;
  let ids = 0;

  const newId = () => {
    ids += 1;
    return `019ac000-0000-7000-8000-${String(ids).padStart(12, '0')}`;
  };
  const tick = () => {
    if (mood.failing) throw mood.failing;
    now += 1_000;
    return now;
  };
  const write = (entry: Pick<AuditEntry, 'actor' | 'route' | 'rolloutId' | 'event' | 'reason'>, more = {}) => {
    audit.push({ at: now, before: null, after: null, ...entry, ...more, seq: audit.length + 1, hash: 'f'.repeat(64) });
  };
  const consumers = fakeConsumers({
    tick: () => tick(),
    write: (draft) => write(draft, { before: draft.before, after: draft.after }),
    audit,
    knownBy: () => mood.consumersBy,
    running: (route) =>
      [...records.values()].map(({ rollout }) => rollout).find((one) => one.route === route && !isEnded(one)) ?? null,
  });
  const find = (id: string): RolloutRecord => {
    if (mood.failing) throw mood.failing;
    const record = records.get(id);
    if (!record) throw new Problem('not-found', `there is no rollout ${id}`);
    return record;
  };
  const around = (): Surroundings => ({
    at: now,
    policy: { policy, digest: 'sha256:second' },
    startRefused: null,
    owed: null,
  });
  const move = (id: string, event: RolloutEvent, actor: Actor, reason: string): RolloutRecord => {
    const at = tick();
    const { rollout, evidence } = find(id);
    const moved = transition(rollout, event, { at, actor, reason });
    if (moved.kind === 'refused') throw new Problem('refused', moved.reason);
    const kept =
      moved.evidence === 'keep' || isEnded(moved.rollout) ? evidence : { ...evidence, verdict: null, dwellMs: 0 };
    const record = { rollout: moved.rollout, evidence: kept };
    records.set(id, record);
    const change = { before: configured(rollout), after: configured(moved.rollout) };
    write({ actor, route: rollout.route, rolloutId: id, event, reason: reason || moved.rollout.reason }, change);
    return record;
  };
  const insert = (request: StartCommand, actor: Actor): RolloutRecord => {
    const at = tick();
    const id = newId();
    const attempt = [...records.values()].filter(({ rollout }) => rollout.canary.url === request.canaryUrl).length + 1;
    const event = {
      kind: 'rolloutStarted',
      id,
      route: request.route,
      attempt,
      recentAttempt: attempt,
      stable: { url: 'http://127.0.0.1:9001/', version: 'v1' },
      canary: { url: request.canaryUrl, version: request.version ?? 'v2' },
      policy,
      policyDigest: 'sha256:first',
      splitEpoch: ids,
    } as const;
    const record = { rollout: begin(event, at), evidence: { ...NOTHING_SEEN, lookedAt: at } };
    records.set(id, record);
    const after = configured(record.rollout);
    write({ actor, route: request.route, rolloutId: id, event, reason: request.reason }, { after });
    return record;
  };

  return {
    mood,
    consumerKeys: consumers.keys,
    oidc: {
      offer: () => mood.oidc,
      isToken: () => false,
      authenticate: async () => ({ refused: NO_PROVIDER }),
      begin: async () => {
        throw new Problem('refused', NO_PROVIDER);
      },
      destinationOf: () => null,
      finish: async () => ({ refused: NO_PROVIDER }),
    },
    happen: (id, event) => move(id, event, { name: 'serin', role: 'serin' }, ''),
    see(id, evidence) {
      const record = find(id);
      const next = { rollout: record.rollout, evidence: { ...record.evidence, ...evidence } };
      records.set(id, next);
      return next;
    },
    leave: (id, rows) => void trails.set(id, rows),
    rollouts: {
      async start(request, by) {
        if (mood.failing) throw mood.failing;
        if (request.route === 'nowhere') {
          throw new Problem('invalid-input', 'there is no route nowhere', {
            issues: [{ path: 'route', message: 'names no route of serin.yaml' }],
          });
        }
        const same = (rollout: Rollout) => rollout.canary.url === request.canaryUrl;
        const all = [...records.values()].filter(({ rollout }) => rollout.route === request.route);
        const running = all.find(({ rollout }) => !isEnded(rollout));
        if (running && same(running.rollout)) return { record: running, created: false };
        if (running && !request.replace) throw new Problem('conflict', `route ${request.route} has a rollout already`);
        const blamed = all.some(({ rollout }) => same(rollout) && rollout.stage.kind === 'rolled-back');
        if (blamed && !request.force)
          throw new Problem('refused', 'this version was rolled back; force starts it again');
        if (running) move(running.rollout.id, { kind: 'superseded', by: 'another' }, by, request.reason);
        return { record: insert(request, by), created: true };
      },
      async override(id, event, by, reason, expectedVersion) {
        const { version } = find(id).rollout;
        if (expectedVersion !== null && expectedVersion !== version) {
          throw new Problem('stale', `the rollout has moved on: it is at version ${version}`);
        }
        return move(id, ordered(find(id).rollout, event, now), by, reason);
      },
      async retry(id, by, reason) {
        const { rollout } = find(id);
        if (!isEnded(rollout)) throw new Problem('refused', STILL_RUNS);
        const { route, canary } = rollout;
        const again = { route, canaryUrl: canary.url, version: canary.version, reason, replace: false, force: true };
        return insert(again, by);
      },
      async rebase(id, by, reason) {
        return move(id, { kind: 'rebased', policy, policyDigest: 'sha256:second' }, by, reason);
      },
      async preview(id, deed, actor, reason) {
        const found = find(id);
        const { consumers: listed } = await consumers.control.list(found.rollout.route);
        const edited = { policy, digest: 'sha256:second' };
        return fakePreview(found, deed, { at: now, actor, reason: reason ?? '', edited, listed });
      },
    },
    standing: (record) => ({
      look: isEnded(record.rollout)
        ? null
        : { agoMs: 3_000, overdueMs: 15_000, failures: 0, trouble: null, ...mood.look },
      unrecorded: mood.unrecorded,
      route: { sticky: 'the header x-user-id', source: 'gateway' },
      policyDigest: mood.policyDigest,
      databaseNowMs: now,
      acts: actsOf(record, around()),
    }),
    reader: {
      async find(id) {
        if (mood.failing) throw mood.failing;
        return records.get(id) ?? null;
      },
      async list({ route, routes, active, limit, beforeId }) {
        if (mood.failing) throw mood.failing;
        return [...records.values()]
          .toReversed()
          .filter(({ rollout }) => route === undefined || rollout.route === route)
          .filter(({ rollout }) => routes === undefined || routes.includes(rollout.route))
          .filter(({ rollout }) => active === undefined || isEnded(rollout) !== active)
          .filter(({ rollout }) => beforeId === undefined || rollout.id < beforeId)
          .slice(0, limit);
      },
      async trail(id) {
        find(id);
        return trails.get(id) ?? [];
      },
      async audit({ rolloutId, route, routes, limit, beforeSeq }) {
        return audit
          .toReversed()
          .filter((entry) => rolloutId === undefined || entry.rolloutId === rolloutId)
          .filter((entry) => route === undefined || entry.route === route)
          .filter((entry) => routes === undefined || routes.includes(entry.route))
          .filter((entry) => beforeSeq === undefined || entry.seq < beforeSeq)
          .slice(0, limit);
      },
      async messages(rolloutId, limit) {
        find(rolloutId);
        return mood.messages.slice(0, limit);
      },
      async reportParts(id) {
        const record = find(id);
        const entries = audit.filter((entry) => entry.rolloutId === id);
        return { record, audit: entries, messages: mood.messages.toReversed(), trail: trails.get(id) ?? [] };
      },
      async verifyAudit() {
        return { entries: audit.length, brokenAt: mood.brokenAt };
      },
    },
    routes: {
      async list() {
        if (mood.failing) throw mood.failing;
        const running = [...records.values()].filter(({ rollout }) => !isEnded(rollout));
        return mood.routes.map((standing) => ({
          ...standing,
          running: running.find(({ rollout }) => rollout.route === standing.name) ?? null,
        }));
      },
    },
    configuration: fakeConfiguration(write, tick),
    consumers: consumers.control,
    restores: fakeRestores({ audit, write, tick, needs: () => mood.restoreNeeds }),
    ...fakeTokens({ secret, mood, now: tick, newId, write }),
    policies: {
      declared: () => mood.policyNow,
      async check({ route = 'payments', text, stable = 'v1', canary = 'v2' }) {
        if (mood.failing) throw mood.failing;
        if (route === 'nowhere') throw new Problem('not-found', 'there is no route nowhere');
        return mood.policyCheck(route, { text, stable, canary });
      },
    },
    values: {
      async post(route, values) {
        if (mood.failing) throw mood.failing;
        if (route === 'nowhere') throw new Problem('not-found', 'there is no route nowhere');
        const known = new Set<string>();
        return values.map(({ requestId, value }) => {
          if (typeof value !== 'number' || !Number.isFinite(value)) return 'unusable';
          if (known.has(requestId)) return 'twice';
          known.add(requestId);
          return 'counted';
        });
      },
    },
    logs: {
      async post({ route, bytes }) {
        if (mood.failing) throw mood.failing;
        if (route === 'nowhere') throw new Problem('not-found', 'there is no route nowhere');
        const counted = Buffer.from(bytes).toString().split('\n').filter(Boolean).length;
        const none = { malformed: 0, tooLong: 0, unknownVersion: 0, late: 0, unwatched: 0, unrouted: 0 };
        return mood.logs ?? { kind: 'read', counts: { counted, ...none } };
      },
    },
    keyed: fakeKeyed(),
    feed: new Feed({ boot: 'fake', now: () => T0 }),
    health: async (of) =>
      of === 'gateway' ? { ready: true, problems: [] } : { ready: mood.ready, problems: mood.problems },
    metrics: async () => '# HELP serin_up Whether it is up\n# TYPE serin_up gauge\nserin_up 1\n',
    build: { version: '0.1.0', node: 'v24.0.0' },
  };
}

/** What the judge remembers is opaque to everything that this control plane serves. */
const OPAQUE_JUDGE = { format: 6 } as JudgeState;

const NOTHING_SEEN: Evidence = {
  judge: OPAQUE_JUDGE,
  verdict: null,
  cursor: null,
  dwellMs: 0,
  lookedAt: T0,
  appliedAt: null,
  forced: { requests: 0, errors: 0 },
  blindSince: null,
  suspectSince: null,
  faultSince: null,
  slowAfterMs: 1_000,
};

function configured({ stage, canaryBps }: Rollout) {
  return { stage: stageName(stage), canaryBps };
}
