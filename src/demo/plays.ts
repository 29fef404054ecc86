import type { ActPlan } from './act.ts';

export type PlayName = 'shop' | 'llm';

/** v1 is the first stable, and the others are rolled out. */
export type Version = 'v1' | 'v2' | 'v3' | 'v4';

/** What a demonstration shows: one route, its traffic, and one rollout after another. */
export interface Play {
  readonly name: PlayName;
  /** Its route has this name, and its path. */
  readonly route: string;
  /** A shipped one. */
  readonly policy: string;
  /** Of the requests of clients, below the route. */
  readonly path: string;
  /** Of those of the integration tests, each for a path of its own below it; omitted where they ask for the health alone. */
  readonly tested?: string;
  /** Whether the upstreams send their logs to Serin. */
  readonly logs: 'sent' | 'none';
  /** As `TrafficOptions`. */
  readonly bodies: readonly string[];
  readonly perSecond: number;
  /** How long it may take where nobody watches. */
  readonly limitMs: number;
  readonly acts: readonly (Pick<ActPlan, 'title' | 'ends' | 'names'> & { readonly version: Version })[];
}

const chatRequest = (stream: boolean) =>
  JSON.stringify({
    model: 'toy',
    messages: [{ role: 'user', content: 'What do canaries do in mines?' }],
    ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
  });

export const PLAYS: Readonly<Record<PlayName, Play>> = {
  shop: {
    name: 'shop',
    route: 'shop',
    policy: 'demo',
    path: '/orders',
    tested: '/orders',
    logs: 'sent',
    bodies: [],
    perSecond: 800,
    limitMs: 180_000,
    acts: [
      { title: 'a healthy v2 graduates', version: 'v2', ends: 'promoted' },
      { title: 'v3 fails 5 % of its requests and is slower', version: 'v3', ends: 'rolled-back' },
      {
        title: 'v4 answers 200 as fast as v2, but calls amount total',
        version: 'v4',
        ends: 'rolled-back',
        names: '/amount',
      },
    ],
  },
  llm: {
    name: 'llm',
    route: 'chat',
    policy: 'demo-llm',
    path: '/v1/chat/completions',
    logs: 'none',
    bodies: [chatRequest(true), chatRequest(true), chatRequest(false)],
    perSecond: 100,
    limitMs: 180_000,
    acts: [
      {
        title: 'the model v2 answers 200 as fast as v1, but its first token takes twice as long',
        version: 'v2',
        ends: 'rolled-back',
      },
      { title: 'the model v3 does as v1, and graduates', version: 'v3', ends: 'promoted' },
    ],
  },
};
