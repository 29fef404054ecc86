import { setTimeout as sleep } from 'node:timers/promises';
import { startToyUpstream } from '../../../src/demo/toy-upstream.ts';
import { emptyDatabase, type PostgresServer } from '../../support/postgres.ts';
import { type Resident, residentOf } from './resident.ts';
import { install, type RunningSerin, startSerin } from './serin.ts';

export interface Scale {
  readonly rounds: number;
  /** How long Serin is left alone before its rest is read. */
  readonly restMs: number;
  /** Answers of the API, each with a statement or more, after which it is read again. */
  readonly asked: number;
}

export const STANDARD: Scale = { rounds: 3, restMs: 8_000, asked: 500 };
export const QUICK: Scale = { rounds: 1, restMs: 1_000, asked: 100 };

/** One start of Serin, all the way to its rest. */
export interface Round {
  readonly database: 'embedded, empty folder' | 'embedded, made folder' | 'Postgres';
  readonly readyMs: number;
  /** From the start to the first rollout that was started. */
  readonly peak: Resident;
  readonly rest: Resident;
  /** With a rollout under way and after the API was asked. */
  readonly used: Resident;
}

export async function runRounds(
  scale: Scale,
  postgres: PostgresServer | null,
  tell: (line: string) => void,
): Promise<readonly Round[]> {
  const behaviour = { errorRate: 0, p50Ms: 2, p99Ms: 5 };
  const [stable, canary] = await Promise.all(
    ['v1', 'v2'].map((version) => startToyUpstream({ host: '127.0.0.1', port: 0, version, ...behaviour })),
  );
  if (!stable || !canary) throw new Error('the upstreams did not start');
  const rounds: Round[] = [];
  const run = async (database: Round['database'], installation: ReturnType<typeof install>, url: string | null) => {
    tell(`${database}, round ${rounds.filter((round) => round.database === database).length + 1}`);
    const serin = await startSerin(installation, url);
    try {
      rounds.push({ database, readyMs: serin.readyMs, ...(await readings(serin, canary.url, scale)) });
    } finally {
      await serin.stop();
    }
  };
  try {
    for (let round = 0; round < scale.rounds; round += 1) {
      const installation = install(stable.url);
      await run('embedded, empty folder', installation, null);
      await run('embedded, made folder', installation, null);
      installation.remove();
      if (!postgres) continue;
      const database = await emptyDatabase(postgres.url);
      const other = install(stable.url);
      await run('Postgres', other, database.url);
      other.remove();
      await database.drop();
    }
  } finally {
    await Promise.all([stable.close(), canary.close()]);
  }
  return rounds;
}

async function readings(
  serin: RunningSerin,
  canaryUrl: string,
  { restMs, asked }: Scale,
): Promise<Pick<Round, 'peak' | 'rest' | 'used'>> {
  const listed = await serin.call('GET', '/api/v1/rollouts?limit=1');
  const newest = (await listed.json()) as readonly { readonly active: boolean }[];
  // A folder that was made in the round before has its rollout already.
  if (!newest[0]?.active) {
    const body = { route: 'shop', canaryUrl, version: 'v2', reason: 'measured' };
    const started = await serin.call('POST', '/api/v1/rollouts', body);
    if (!started.ok) throw new Error(`the rollout was not started: ${started.status} ${await started.text()}`);
  }
  const peak = serin.peak();
  await sleep(restMs);
  const rest = residentOf(serin.pid);
  for (let at = 0; at < asked; at += 1) await (await serin.call('GET', '/api/v1/rollouts?limit=1')).arrayBuffer();
  return { peak, rest, used: residentOf(serin.pid) };
}
