import type { ConfiguredRoute, ServerConfig } from '../config.ts';

/** What a changed value needs before it counts. */
export type FieldEffect =
  /** Counts once the file is read again. */
  | 'applied'
  /** Belongs to what a process opens once, at its start. */
  | 'restart';

/** Of each field, or of all that it consists of. */
type EffectsOf<T> = { readonly [Field in keyof Required<T>]: FieldEffect | Readonly<Record<string, unknown>> };

/**
 * Every field of serin.yaml. A mapping lists the fields below it; what is no mapping here is compared as a whole. Sources and channels are
 * compared by name, routes by name and field.
 */
export const FILE_EFFECTS = {
  environment: 'applied',
  gateway: {
    listen: 'restart',
    trustedProxies: 'applied',
    timeouts: {
      connect: 'applied',
      answer: 'applied',
      silence: 'applied',
      // Before a request has a route, and after it: the listener keeps them.
      headers: 'restart',
      upload: 'applied',
      uploadGrace: 'applied',
      download: 'restart',
      idle: 'restart',
      notice: 'applied',
      drain: 'applied',
    } satisfies Readonly<Record<keyof ServerConfig['gateway']['timeouts'], FieldEffect>>,
    limits: 'restart',
    uploadBytesPerSecond: 'applied',
    upstreamCa: 'restart',
    accessLog: 'restart',
    slices: 'restart',
    readiness: 'restart',
    fastPath: 'restart',
  } satisfies EffectsOf<ServerConfig['gateway']>,
  control: {
    listen: 'restart',
    hosts: 'applied',
    // Cookies and pages are made for them.
    publicUrl: 'restart',
    anonymous: 'restart',
    oidc: 'applied',
  } satisfies EffectsOf<ServerConfig['control']>,
  controller: { tick: 'restart', blindAfter: 'restart' } satisfies EffectsOf<ServerConfig['controller']>,
  dataFolder: 'restart',
  policies: 'applied',
  sources: 'applied',
  upstreams: 'applied',
  routes: 'applied',
  channels: 'applied',
} as const satisfies EffectsOf<ServerConfig>;

/** Whether a field of a route may change while a rollout runs there. */
export type WhileRunning =
  | 'free'
  /** It decides what the rollout compares, or who gets what: the evidence so far would be of something else. */
  | 'pinned';

export const ROUTE_EFFECTS = {
  name: 'pinned',
  path: 'pinned',
  host: 'pinned',
  stable: 'pinned',
  policy: 'free',
  health: 'free',
  rewrite: 'free',
  hostHeader: 'free',
  encodedSlash: 'free',
  redirects: 'free',
  sticky: 'pinned',
  consumerKey: 'pinned',
  probes: 'free',
  mirror: 'free',
  openapi: 'free',
  forceHeader: 'free',
  unfollowedForce: 'free',
  force: 'free',
  showVersion: 'free',
  source: 'pinned',
  metrics: 'pinned',
  logs: 'free',
  router: 'pinned',
  templates: 'free',
  timeouts: 'free',
  uploadBytesPerSecond: 'free',
} as const satisfies Readonly<Record<keyof ConfiguredRoute, WhileRunning>>;
