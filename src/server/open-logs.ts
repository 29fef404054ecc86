import { resolve } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { FileTail } from '../logs/tail/file-tail.ts';
import { LogIntake } from '../logs/thread/log-intake.ts';
import { LogThread } from '../logs/thread/log-thread.ts';
import type { Log } from '../problem/log.ts';

const TAIL_EVERY_MS = 1_000;

/** Everything that takes logs in. */
export interface OpenLogs {
  readonly intake: LogIntake;
  stop(): Promise<void>;
}

export function openLogs({ config: { routes }, folder }: Pick<LoadedConfig, 'config' | 'folder'>, log: Log): OpenLogs {
  const thread = new LogThread((error) => log({ what: 'logThreadEnded', level: 'warn', error }));
  const byService = Object.fromEntries(
    routes.flatMap(({ name, logs }) => (logs?.services ?? []).map((service) => [service, name])),
  );
  const intake = new LogIntake({
    ask: (job) => thread.ask(job),
    routes: { names: routes.map(({ name }) => name), byService },
    now: () => performance.now(),
  });
  const tails = routes.flatMap(({ name: route, logs }) =>
    (logs?.files ?? []).map(({ path, version = null }) => {
      const onFailure = (error: unknown) => log({ what: 'logFileUnreadable', level: 'warn', route, path, error });
      const onSkipped = (bytes: number) => log({ what: 'logFileSkipped', level: 'warn', route, path, bytes });
      return new FileTail({ route, path: resolve(folder, path), version, sink: intake, onFailure, onSkipped });
    }),
  );
  let looking: Promise<unknown> | null = null;
  const look = () => {
    looking ??= Promise.all(tails.map((tail) => tail.look())).then(() => {
      looking = null;
    });
  };
  const beat = tails.length > 0 ? setInterval(look, TAIL_EVERY_MS).unref() : undefined;
  if (tails.length > 0) look();
  return {
    intake,
    async stop() {
      clearInterval(beat);
      // First, so that nothing waits for what it is at.
      await thread.stop();
      await looking;
      await Promise.all(tails.map((tail) => tail.close()));
    },
  };
}
