import type { Load } from './load.ts';

export type ScenarioId =
  | 'get-1k'
  | 'post-10k'
  | 'get-64k'
  | 'get-1m'
  | 'json-1k'
  | 'fixed-rate'
  | 'idle-connections'
  | 'slow-readers';

/** How long and how often everything is done. */
export interface Scale {
  /** Of the 1 KB GET; the other scenarios have one less. Before them there is one that does not count. */
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly idleConnections: number;
  readonly slowReaders: number;
  readonly holdMs: number;
}

// Many short rounds: what else a shared machine does lasts for seconds, and should fall on both of a pair.
export const STANDARD: Scale = {
  rounds: 21,
  warmUpMs: 200,
  windowMs: 400,
  idleConnections: 5_000,
  slowReaders: 8,
  holdMs: 2_000,
};

export const QUICK: Scale = {
  rounds: 2,
  warmUpMs: 200,
  windowMs: 500,
  idleConnections: 500,
  slowReaders: 2,
  holdMs: 500,
};

export interface Scenario {
  readonly id: ScenarioId;
  readonly title: string;
  /** `whole`: everybody but those who only stand for a part. */
  readonly contenders: 'whole' | readonly string[];
  /** Memory is read once, of a process started for it: what a process has taken it keeps, and a second reading would find little. */
  readonly rounds: number | 'once';
  readonly load: Load;
}

const CONNECTIONS = 64;
const FIXED_RATE = 3_000;
const ALONE = ['gateway-fast', 'gateway-reference'];
const SERIN = ['serin-fast-rollout', 'serin-reference-rollout', 'before-fast-rollout', 'before-reference-rollout'];

const READING = ['', '-ends', '-bodies', '-drawn', '-shapes'].map((reads) => `serin-fast-rollout${reads}`);

const get = (bytes: number) => ({ method: 'GET', path: `/bytes/${bytes}`, bodyBytes: 0 }) as const;
const post = (bytes: number) => ({ method: 'POST', path: '/bytes/64', bodyBytes: bytes }) as const;

/** The load under which a process gets warm. */
export function burnIn(windowMs: number): Load {
  return { kind: 'closed', connections: CONNECTIONS, warmUpMs: 0, windowMs, request: get(1_024) };
}

export function scenarios(scale: Scale): readonly Scenario[] {
  const { warmUpMs, windowMs } = scale;
  const fewer = Math.max(1, scale.rounds - 1);
  const closed = { kind: 'closed', connections: CONNECTIONS, warmUpMs, windowMs } as const;
  return [
    {
      id: 'get-1k',
      title: '1 KB GET, 64 connections',
      contenders: 'whole',
      rounds: scale.rounds,
      load: { ...closed, request: get(1_024) },
    },
    {
      id: 'post-10k',
      title: 'POST of 10 KB, 64 connections',
      contenders: ['nginx-log', 'haproxy', 'fast-proxy', ...SERIN],
      rounds: fewer,
      load: { ...closed, request: post(10_240) },
    },
    {
      id: 'get-64k',
      title: '64 KB GET, 64 connections',
      contenders: ['nginx-log', ...SERIN],
      rounds: fewer,
      load: { ...closed, request: get(65_536) },
    },
    {
      id: 'get-1m',
      title: '1 MB GET, 16 connections',
      contenders: ['nginx-log', ...SERIN],
      rounds: fewer,
      load: { ...closed, connections: 16, request: get(1_048_576) },
    },
    {
      id: 'json-1k',
      title: '1 KB of JSON, 64 connections',
      contenders: READING,
      rounds: scale.rounds,
      load: { ...closed, request: { method: 'GET', path: '/json/1024', bodyBytes: 0 } },
    },
    {
      id: 'fixed-rate',
      title: `1 KB GET at ${FIXED_RATE} requests/s`,
      contenders: ['direct', 'nginx-log', ...SERIN],
      rounds: fewer,
      load: { ...closed, kind: 'open', perSecond: FIXED_RATE, request: get(1_024) },
    },
    {
      id: 'idle-connections',
      title: `${scale.idleConnections} idle connections`,
      contenders: ['nginx-log', ...ALONE],
      rounds: 'once',
      load: {
        kind: 'idle',
        request: get(1_024),
        few: scale.idleConnections / 5,
        many: scale.idleConnections,
        settleMs: scale.holdMs,
      },
    },
    {
      id: 'slow-readers',
      title: `${scale.slowReaders} clients that do not read their 100 MB`,
      contenders: ['nginx-log', ...ALONE],
      rounds: 'once',
      load: { kind: 'slow-readers', request: get(104_857_600), readers: scale.slowReaders, holdMs: scale.holdMs },
    },
  ];
}
