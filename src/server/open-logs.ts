import { resolve } from 'node:path';
import type { ConfiguredRoute } from '../config/config.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { LogsHeard } from '../controller/warnings/unheard-logs.ts';
import type { TakeLogs, TakenLogs } from '../logs/counting/take-logs.ts';
import type { LogPull } from '../logs/pull/log-pull.ts';
import { type LokiClient, lokiClient } from '../logs/pull/loki-client.ts';
import { LokiPull } from '../logs/pull/loki-pull.ts';
import { FileTail } from '../logs/tail/file-tail.ts';
import type { LogRoutes } from '../logs/thread/log-batch.ts';
import { LogIntake, type LogSink } from '../logs/thread/log-intake.ts';
import { LogThread } from '../logs/thread/log-thread.ts';
import type { LogTaker } from '../logs/with-logs.ts';
import { type Endpoint, httpClient } from '../metrics/http.ts';
import type { Log } from '../problem/log.ts';
import type { LogFetch } from '../stats/logs/log-counts.ts';

const LOOK_EVERY_MS = 1_000;
/** Without a look at its rollout for this long, nobody compares the lines of a route. */
const WATCHED_MS = 120_000;

/** Everything that takes logs in. */
export interface OpenLogs extends LogTaker {
  readonly intake: LogIntake;
  heard(route: string): LogsHeard;
  /** Of each route whose lines are fetched from a service. */
  fetches(): ReadonlyMap<string, LogFetch>;
  /** Other routes, or other logs of theirs, from now on; those of a route that are declared as before go on where they are. */
  follow(declared: DeclaredLogs): void;
  stop(): Promise<void>;
}

/** Where logs come from, with the secrets of those that are asked for them. */
export interface DeclaredLogs {
  readonly loaded: Pick<LoadedConfig, 'config' | 'folder'>;
  /** By route. */
  readonly lokis: ReadonlyMap<string, Endpoint>;
}

export function openLogs({ loaded, lokis }: DeclaredLogs, log: Log): OpenLogs {
  let known = logRoutes(loaded);
  const thread = new LogThread((error) => log({ what: 'logThreadEnded', level: 'warn', error }));
  const intake = new LogIntake({
    ask: (job) => thread.ask(job),
    get routes() {
      return known;
    },
    now: () => performance.now(),
  });
  const begunAt = performance.now();
  const watchedAt = new Map<string, number>();
  const isWatched = (route: string) =>
    performance.now() - (watchedAt.get(route) ?? Number.NEGATIVE_INFINITY) < WATCHED_MS;
  let clients = clientsOf(lokis);
  const askLoki = (route: string): LokiClient => ({
    ask: (question, signal) => {
      const client = clients.get(route);
      if (client === undefined) throw new Error(`The route ${route} has no Loki any more.`);
      return client.ask(question, signal);
    },
  });
  const parts = { askLoki, log, sink: intake, isWatched };
  let pulls = openPulls(loaded, parts);
  const fetches = () =>
    new Map(
      pulls.flatMap(({ pull }) => {
        const fetched = pull.fetched?.();
        return fetched ? [[pull.route, fetched] as const] : [];
      }),
    );
  const stopping = new AbortController();
  const looking = new Map<LogPull, Promise<void>>();
  // Each by itself: a service that hangs keeps no file waiting.
  const look = () => {
    for (const { pull } of pulls) {
      if (looking.has(pull)) continue;
      looking.set(
        pull,
        pull.look(stopping.signal).finally(() => looking.delete(pull)),
      );
    }
  };
  let beat: NodeJS.Timeout | undefined;
  const begin = () => {
    if (pulls.length === 0 || beat !== undefined) return;
    beat = setInterval(look, LOOK_EVERY_MS).unref();
    look();
  };
  begin();
  return {
    intake,
    take(take: TakeLogs, signal: AbortSignal): Promise<TakenLogs | null> {
      watchedAt.set(take.route, performance.now());
      return intake.take(take, signal);
    },
    sightings: (route, names) => intake.sightings(route, names),
    fetched: (route) => fetches().get(route) ?? null,
    fetches,
    heard(route) {
      const at = intake.lastCame().get(route);
      return {
        agoMs: at === undefined ? null : Date.now() - at,
        upMs: performance.now() - begunAt,
        fault: fetches().get(route)?.fault ?? null,
      };
    },
    follow({ loaded: next, lokis: nextLokis }) {
      clients = clientsOf(nextLokis);
      known = logRoutes(next);
      const before = pulls;
      pulls = openPulls(next, parts, before);
      for (const { pull } of before) {
        if (pulls.some((kept) => kept.pull === pull)) continue;
        const closed = (looking.get(pull) ?? Promise.resolve()).then(() => pull.close());
        void closed.catch((error: unknown) => log({ what: 'internalError', level: 'error', where: 'logs', error }));
      }
      begin();
    },
    async stop() {
      clearInterval(beat);
      stopping.abort();
      // First, so that nothing waits for what it is at.
      await thread.stop();
      await Promise.all(looking.values());
      await Promise.all(pulls.map(({ pull }) => pull.close()));
    },
  };
}

/** Made anew with each reading of the file, because a secret may be another in the same place. */
function clientsOf(lokis: DeclaredLogs['lokis']): ReadonlyMap<string, LokiClient> {
  return new Map([...lokis].map(([route, endpoint]) => [route, lokiClient(httpClient(endpoint))]));
}

interface PullParts {
  readonly askLoki: (route: string) => LokiClient;
  readonly log: Log;
  readonly sink: LogSink;
  readonly isWatched: (route: string) => boolean;
}

/** The routes that logs may be of. */
function logRoutes({ config: { routes } }: Pick<LoadedConfig, 'config'>): LogRoutes {
  const ofServices = routes.flatMap(({ name, logs }) => (logs?.services ?? []).map((service) => [service, name]));
  return { names: routes.map(({ name }) => name), byService: Object.fromEntries(ofServices) };
}

interface OpenPull {
  readonly pull: LogPull;
  /** What it was opened for. */
  readonly declared: string;
}

/** Every pull of a file: one of before that is declared as it was goes on. */
function openPulls(
  { config: { routes }, folder }: Pick<LoadedConfig, 'config' | 'folder'>,
  parts: PullParts,
  before: readonly OpenPull[] = [],
): readonly OpenPull[] {
  return routes.flatMap((route) => {
    const declared = JSON.stringify([route.name, route.logs, folder]);
    const kept = before.filter((open) => open.declared === declared);
    return kept.length > 0 ? kept : pullsOf(route, folder, parts).map((pull) => ({ pull, declared }));
  });
}

/** Every kind of log that Serin fetches itself. */
function pullsOf(
  { name: route, logs }: ConfiguredRoute,
  folder: string,
  { askLoki, log, sink, isWatched }: PullParts,
): readonly LogPull[] {
  const files = (logs?.files ?? []).map(({ path, version = null }) => {
    const onFailure = (error: unknown) => log({ what: 'logFileUnreadable', level: 'warn', route, path, error });
    const onSkipped = (bytes: number) => log({ what: 'logFileSkipped', level: 'warn', route, path, bytes });
    return new FileTail({ route, path: resolve(folder, path), version, sink, onFailure, onSkipped });
  });
  if (!logs?.loki) return files;
  const { query, versionLabel = null, interval, settle, limit } = logs.loki;
  const loki = new LokiPull({
    route,
    query,
    versionLabel,
    limit,
    sink,
    everyMs: interval,
    settleMs: settle,
    client: askLoki(route),
    isWatched: () => isWatched(route),
    onFailure: (reason) => log({ what: 'logFetchFailed', level: 'warn', route, reason }),
    onSkipped: (ms) => log({ what: 'logFetchSkipped', level: 'warn', route, seconds: Math.ceil(ms / 1_000) }),
  });
  return [...files, loki];
}
