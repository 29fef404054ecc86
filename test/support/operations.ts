/**
 * Everything that can be asked of the control API, by operation and by command. The suite compares both lists with what
 * there is: an operation or a command that is missing here fails it.
 */

/** What has to have happened to a rollout of its own before: posted to `/api/v1/rollouts/{id}/...` one after the other. */
type Before = readonly (readonly [path: string, body?: object])[];

export interface Operation {
  readonly status: number;
  readonly before?: Before;
  /** A policy that was edited after the rollout had begun. */
  readonly edited?: true;
  readonly body?: object;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Its answer does not end by itself: only the beginning is read. */
  readonly isEndless?: true;
}

const IN_STEP: Before = [['advance', { to: 'step-1' }]];
const why = { reason: 'tried' };
const because = '?reason=tried';
const OWN_PAGE = { 'sec-fetch-site': 'same-origin' };

/** By `METHOD /path`, as the API's own description calls it. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'GET /livez': { status: 200 },
  'GET /readyz': { status: 200 },
  'GET /metrics': { status: 200 },
  'GET /version': { status: 200 },
  'GET /api/v1/me': { status: 200 },
  'GET /api/v1/sign-in': { status: 200 },
  'POST /api/v1/session': { status: 204, headers: OWN_PAGE },
  'DELETE /api/v1/session': { status: 204, headers: OWN_PAGE },
  'GET /api/v1/rollouts': { status: 200, query: '?limit=5' },
  'POST /api/v1/rollouts': { status: 201, before: [['abort']], body: why },
  'GET /api/v1/rollouts/{id}': { status: 200 },
  'GET /api/v1/rollouts/{id}/audit': { status: 200 },
  'GET /api/v1/rollouts/{id}/trail': { status: 200 },
  'POST /api/v1/rollouts/{id}/preview': { status: 200, before: IN_STEP, body: { verb: 'rollback' } },
  'GET /api/v1/rollouts/{id}/messages': { status: 200 },
  'GET /api/v1/rollouts/{id}/policy': { status: 200 },
  'GET /api/v1/rollouts/{id}/report': { status: 200, before: [['abort']] },
  'POST /api/v1/rollouts/{id}/pause': { status: 200, body: why },
  'POST /api/v1/rollouts/{id}/resume': { status: 200, before: [['pause']], body: why },
  'POST /api/v1/rollouts/{id}/advance': { status: 200, body: { ...why, to: 'step-1' } },
  'POST /api/v1/rollouts/{id}/promote': { status: 200, body: { ...why, full: true } },
  'POST /api/v1/rollouts/{id}/rollback': { status: 200, before: IN_STEP, body: why },
  'POST /api/v1/rollouts/{id}/abort': { status: 200, body: why },
  'POST /api/v1/rollouts/{id}/weight': { status: 200, before: IN_STEP, body: { ...why, weight: '2%' } },
  'POST /api/v1/rollouts/{id}/extend': { status: 200, body: { ...why, by: '10m' } },
  'POST /api/v1/rollouts/{id}/skip': { status: 200, body: { ...why, check: 'p99' } },
  'POST /api/v1/rollouts/{id}/retry': { status: 201, before: [['abort']], body: why },
  'POST /api/v1/rollouts/{id}/rebase': { status: 200, edited: true, body: why },
  'POST /api/v1/rollouts/{id}/finalise': { status: 200, before: [['promote', { full: true }]], body: why },
  'POST /api/v1/rollouts/{id}/gates/{gate}': { status: 200, body: why },
  'GET /api/v1/audit': { status: 200, query: '?limit=100' },
  'GET /api/v1/audit/verify': { status: 200 },
  'GET /api/v1/events': { status: 200, isEndless: true },
  'GET /api/v1/routes': { status: 200 },
  'GET /api/v1/routes/{route}/consumers': { status: 200 },
  'GET /api/v1/routes/{route}/consumer-report': { status: 200, query: '?days=7' },
  'PUT /api/v1/routes/{route}/consumers/{name}': { status: 200, body: { ...why, rule: 'stable', key: 'k' } },
  'POST /api/v1/routes/{route}/consumer-changes/preview': {
    status: 200,
    body: { kind: 'move', who: { names: ['acme'] }, to: 'canary' },
  },
  'POST /api/v1/routes/{route}/consumer-changes': {
    status: 200,
    body: { ...why, kind: 'import', consumers: [{ name: 'zeta', key: 'z', group: 'beta', wave: 2 }] },
  },
  'POST /api/v1/routes/{route}/restore/preview': { status: 200, body: {} },
  'POST /api/v1/routes/{route}/restore': { status: 200, body: why },
  'DELETE /api/v1/routes/{route}/consumers/{name}': { status: 204, query: because },
  'GET /api/v1/tokens': { status: 200 },
  'GET /api/v1/tokens/{id}': { status: 200 },
  'POST /api/v1/tokens': { status: 201, body: { ...why, name: 'ada', role: 'viewer' } },
  'DELETE /api/v1/tokens/{id}': { status: 204, query: because },
  'GET /api/v1/configuration': { status: 200 },
  'POST /api/v1/configuration/diff': {
    status: 200,
    body: { text: 'routes: [{ name: a, stable: "http://127.0.0.1:1", policy: fast }]' },
  },
  'POST /api/v1/reload': { status: 200, body: why },
  'POST /api/v1/policies/check': { status: 200 },
  'POST /api/v1/values': { status: 200 },
  'POST /api/v1/otlp/v1/logs': { status: 200, body: { resourceLogs: [] } },
  'POST /api/v1/logs': {
    status: 200,
    query: '?route={route}',
    body: { level: 'error', message: 'no card' },
    headers: { 'content-type': 'application/x-ndjson' },
  },
};

/** What a command line is written with: the ids and names that a test has made for it. */
export interface Names {
  readonly route: string;
  readonly rollout: string;
  readonly canary: string;
  readonly consumer: string;
  readonly token: string;
  /** The newest entry of the audit about the route. */
  readonly seq: number;
  readonly policyFile: string;
  readonly valuesFile: string;
  readonly consumersFile: string;
}

export interface CommandLine {
  readonly args: (names: Names) => readonly string[];
  readonly before?: Before;
  readonly edited?: true;
  /** What it says, on stdout and stderr together. */
  readonly says: RegExp;
  /** 0 when left out. */
  readonly code?: number;
}

const onRollout = (verb: string, ...more: readonly string[]) => ({
  args: ({ route }: Names) => [...verb.split(' '), route, ...more, '--yes', '--reason', 'tried'],
});

/** By the words of the command. */
export const COMMANDS: Readonly<Record<string, CommandLine>> = {
  list: { args: ({ route }) => ['list', '--route', route], says: /internal/ },
  get: { args: ({ route }) => ['get', route], says: /v1 -> v2/ },
  explain: { args: ({ route }) => ['explain', route], says: /\S/ },
  report: {
    args: ({ rollout }) => ['report', rollout],
    before: [['abort']],
    says: /^r\d+ v2 was aborted in the internal phase$/m,
  },
  routes: { args: () => ['routes'], says: /^r0 +\/r0 +v1 +mine +/m },
  status: { args: ({ rollout }) => ['status', rollout], says: /internal/ },
  start: {
    args: ({ route, canary }) => ['start', route, '--canary', canary, '--version-name', 'v2', '--reason', 'tried'],
    before: [['abort']],
    says: /v2 in internal/,
  },
  pause: { ...onRollout('pause'), says: /paused/ },
  resume: { ...onRollout('resume'), before: [['pause']], says: /internal at 0%/ },
  advance: { ...onRollout('advance'), says: /step-1 at 1%/ },
  promote: { ...onRollout('promote', '--full'), says: /promoted at 100%/ },
  rollback: { ...onRollout('rollback'), before: IN_STEP, says: /rolled-back at 0%/ },
  abort: { ...onRollout('abort'), says: /aborted at 0%/ },
  weight: { ...onRollout('weight', '2%'), before: IN_STEP, says: /step-1 at 2%/ },
  extend: { ...onRollout('extend', '10m'), says: /internal/ },
  skip: { ...onRollout('skip', 'p99'), says: /internal/ },
  retry: { ...onRollout('retry'), before: [['abort']], says: /internal|preflight/ },
  rebase: { ...onRollout('rebase'), edited: true, says: /internal/ },
  finalise: { ...onRollout('finalise'), before: [['promote', { full: true }]], says: /finalised/ },
  'gate pass': { ...onRollout('gate pass', 'tests'), says: /internal/ },
  audit: { args: ({ route }) => ['audit', route], says: /rolloutStarted/ },
  'audit verify': { args: () => ['audit', 'verify'], says: /chain intact/ },
  restore: {
    args: ({ route, seq }) => ['restore', route, '--to', String(seq), '--yes', '--reason', 'tried'],
    says: /acme +stable -> not listed[\s\S]*was put back to before entry \d+, as entry \d+; to take it back: serin restore r\d+ --to/,
  },
  'consumers list': { args: ({ route }) => ['consumers', 'list', route], says: /acme +stable/ },
  'consumers report': { args: ({ route }) => ['consumers', 'report', route], says: /acme .*never/ },
  'consumers add': {
    args: ({ route }) => [
      'consumers',
      'add',
      route,
      'zeta',
      '--key-env',
      'SERIN_TOKEN',
      '--to',
      'canary',
      '--reason',
      'tried',
    ],
    says: /zeta gets canary/,
  },
  'consumers move': {
    args: ({ route, consumer }) => ['consumers', 'move', route, consumer, '--yes', '--reason', 'tried'],
    says: /acme +stable -> canary[\s\S]*1 consumer of r\d+ changed, as one entry of the audit/,
  },
  'consumers import': {
    args: ({ route, consumersFile }) => ['consumers', 'import', route, consumersFile, '--yes', '--reason', 'tried'],
    says: /zeta +not listed -> stable/,
  },
  'consumers remove': {
    args: ({ route, consumer }) => ['consumers', 'remove', route, consumer, '--reason', 'tried'],
    says: /acme is no longer listed/,
  },
  login: { args: () => ['login'], says: /has no OpenID provider \(control\.oidc .* --token or SERIN_TOKEN/, code: 1 },
  logout: { args: () => ['logout'], says: /nobody is signed in at http:\S+ here/ },
  whoami: { args: () => ['whoami'], says: /^local admin +admin +- +token \(--token, SERIN_TOKEN\) +- +http:/m },
  'token create': {
    args: () => ['token', 'create', 'bob', '--role', 'viewer', '--reason', 'tried'],
    says: /^serin_\S{43}\n/,
  },
  'token list': { args: () => ['token', 'list'], says: /local admin +admin/ },
  'token revoke': {
    args: ({ token }) => ['token', 'revoke', token, '--yes', '--reason', 'tried'],
    says: /is revoked/,
  },
  validate: {
    args: ({ policyFile, route }) => ['validate', '--online', policyFile, '--route', route],
    says: /: valid \(mine/,
  },
  'values post': {
    args: ({ route, valuesFile }) => ['values', 'post', route, '--file', valuesFile],
    says: /^r\d+: 0 of 1 values counted; 1 unknown-request$/m,
  },
  reload: { args: () => ['reload', '--dry-run'], says: /nothing would change|FIELD/ },
  export: { args: () => ['export'], says: /^routes:$/m },
  diff: { args: ({ policyFile }) => ['diff', policyFile], says: /mine.yaml is not valid/, code: 2 },
  version: { args: () => ['version'], says: /serin \S+\nserver \S+ on Node v/ },
};

/** Commands that ask no control API. Their own tests run them. */
export const WITHOUT_API: readonly string[] = [
  'plan',
  'judge',
  'serve',
  'migrate',
  'doctor',
  'force-token',
  'renew-secret',
  'renew-admin-token',
];
