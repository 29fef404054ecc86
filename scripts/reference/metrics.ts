import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { exposition } from '../../src/exposition/exposition.ts';
import { DURATION_BUCKETS } from '../../src/gateway/measure/durations.ts';
import { MirrorTotals } from '../../src/gateway/mirror/mirror-totals.ts';
import { noTokenOutcomes } from '../../src/gateway/route/jwt/token-outcomes.ts';
import { verdictOf } from '../../test/support/fake-control.ts';
import { evidenceOf } from '../../test/support/rollout-fixture.ts';
import { rolloutIn } from '../../test/support/rollouts.ts';
import { code, table } from './table.ts';

/** One metric of `/metrics`. */
export interface Metric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** In the order of the alphabet, without `le`. */
  readonly labels: readonly string[];
}

/** The metrics in a text of Prometheus' format, by name. */
export function metricsIn(text: string): readonly Metric[] {
  const found = [...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name = '', help = '']) => {
    const type = new RegExp(`^# TYPE ${name} (\\w+)$`, 'm').exec(text)?.[1] ?? 'untyped';
    const series = [...text.matchAll(new RegExp(`^${name}(?:_bucket)?\\{(.*)\\} `, 'gm'))];
    const labels = series.flatMap(([, inner = '']) => [...inner.matchAll(/(\w+)="/g)].map(([, label = '']) => label));
    return { name, type, help, labels: [...new Set(labels)].filter((label) => label !== 'le').sort() };
  });
  return found.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Every metric there can be: of a Serin with one of everything. */
export async function everyMetric(): Promise<readonly Metric[]> {
  const rollout = rolloutIn('step-1');
  const version = { route: rollout.route, track: 'canary', version: 'v2' } as const;
  const outcomes = { '2xx': 1, '3xx': 0, '4xx': 0, '5xx': 0, unanswered: 0, 'client-gone': 0, refused: 0 };
  const kinds = { json: 1, 'event-stream': 0, tunnel: 0, other: 0 };
  const failed = { method: 'GET', status: 500, end: 'answered', counts: [1], sumSeconds: 0 } as const;
  const looked = { route: rollout.route, agoMs: 0, failures: 0, isUnrecorded: false };
  const text = await exposition({
    gateway: {
      totals: async () => [{ ...version, outcomes, kinds }],
      durations: async () => [{ ...version, rows: [failed] }],
      mirrored: async () => [new MirrorTotals(rollout.route).read()],
      tokens: async () => [{ route: rollout.route, outcomes: noTokenOutcomes(), keys: 0 }],
    },
    durationBuckets: DURATION_BUCKETS,
    controller: () => ({ leads: true, tickAgoMs: 0, rollouts: [looked] }),
    stored: {
      rollouts: async () => [{ rollout, evidence: evidenceOf(rollout, { verdict: verdictOf() }) }],
      tally: async () => ({ seq: 0, moves: [] }),
      channels: async () => [],
    },
    soon: (work) => work,
    internalErrors: { read: () => new Map([['answer', 0]]) },
    accessLog: { dropped: () => 0 },
    logs: () => ({
      lines: [{ ...version, outcome: 'counted', lines: 1 }],
      refused: 0,
      lastCame: new Map([['shop', 1_800_000_000_000]]),
      fetches: new Map([['shop', { fault: null }]]),
    }),
    eventStreams: () => 0,
    configuration: () => ({ successfulAt: 0, fault: null, waiting: [] }),
    log: () => {},
    channels: () => ['console'],
  })();
  return metricsIn(text);
}

export async function metricsTable(): Promise<string> {
  const rows = (await everyMetric()).map(({ name, type, help, labels }) => [
    code(name),
    type,
    labels.map(code).join(', '),
    help,
  ]);
  return table(['metric', 'type', 'labels', 'what it says'], rows);
}

/** What each label can be. */
const LABELS: Readonly<Record<string, string>> = {
  channel: '`console`, `pagerduty`: a channel of `serin.yaml`',
  check:
    '`errors`, `unanswered`, `clientErrors`, `p50`, `p95`, `p99`, `dominance`, `slower:MS`, `guard:NAME`, `query:NAME`, `silence`; `combined` is what decides on harm',
  error_type:
    'the status of a 5xx answer, or how a request ended without an answer: `unanswered`, `client-gone`, `refused`; absent where all was well',
  http_request_method: 'the method; one that is not registered is `_OTHER`',
  http_response_status_code: 'the status; absent where there was none',
  http_route: 'the name of a route of `serin.yaml`',
  kind: '`json`, `event-stream`, `tunnel` (another protocol from there on: a WebSocket), `other`; answers of 400 and above have none',
  outcome:
    'of requests `2xx`, `3xx`, `4xx`, `5xx`, `unanswered` (the version gave no complete answer), `client-gone` and `refused` (charged to nobody); of mirrored ones also `broken-off` (Serin wanted it no longer) and `not-sent` (a limit of its own); of messages `delivered`, `rejected`, `failed`; of log lines `counted`, `malformed`, `too-long`, `unknown-version`, `late`, `unwatched`, `unrouted`, see [logs](../logs.md#lines-of-json); of tokens see [routes](../routes.md#consumers-by-token)',
  policy: 'the name of the policy',
  reason: '`harmful`, `braked`, `internal-failed`, `blind`, `interference`, `by-hand`, `other`',
  rollout: 'the id of the rollout',
  serin_track: '`stable`, `canary`; empty for log lines of neither',
  serin_version: 'the name of the version',
  side: '`harm`: evidence that the canary is worse; `parity`: evidence that it is not',
  stage: '`internal`, `step-1`, ...; see [states](states.md)',
  to: '`canary`, `stable`: the version that a mirrored request went to',
  verdict: '`harmful`, `suspect`, `shared-fault`, `blind`, `undecided`, `at-parity`',
  where: 'where it was contained; see [gateway](../gateway.md#when-serin-itself-fails)',
  why: '`per-second`, `concurrency`: a cap of the route; `canary-suffers`: a pause; `body`: longer than 64 KiB',
};

/** Throws when a metric has a label that is not told of, or the other way round. */
export async function labelsTable(): Promise<string> {
  const there = new Set((await everyMetric()).flatMap(({ labels }) => labels));
  const untold = [...there].filter((label) => !(label in LABELS));
  const gone = Object.keys(LABELS).filter((label) => !there.has(label));
  if (untold.length > 0 || gone.length > 0) {
    throw new Error(`metrics.ts does not tell of ${untold.join(', ')}; no metric has ${gone.join(', ')}`);
  }
  return table(
    ['label', 'what it is'],
    Object.entries(LABELS).map(([name, says]) => [code(name), says]),
  );
}

export function bucketsText(): string {
  return `Buckets, in seconds: ${DURATION_BUCKETS.join(', ')}.`;
}

interface Rule {
  readonly alert: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

/** The rules of `deploy/alerts.yml`. */
export function alertsTable(): string {
  const file = fileURLToPath(new URL('../../deploy/alerts.yml', import.meta.url));
  const { groups }: { readonly groups: readonly { readonly rules: readonly Rule[] }[] } = parse(
    readFileSync(file, 'utf8'),
  );
  const rows = groups
    .flatMap(({ rules }) => rules)
    .map(({ alert, for: lasting = '', labels, annotations }) => [
      code(alert),
      labels.severity,
      lasting,
      annotations.summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) =>
        label.toUpperCase().replace('HTTP_', ''),
      ),
    ]);
  return table(['alert', 'severity', 'for', 'what it says'], rows);
}
