import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportViewSchema } from '../../../src/api/report/report-schema.ts';
import { readPolicy } from '../../../src/policy/read.ts';
import { verdictOf } from '../../support/fake-control.ts';
import { T0 } from '../../support/rollouts.ts';
import { trailRowOf } from '../../support/trail-rows.ts';
import { openShell, type Shell } from './harness.ts';

const slice = { dimension: 'endpoint', name: 'POST /pay', canary: 0.12, stable: 0.001, part: 0.94 } as const;
const where = {
  measure: 'errors',
  slowMs: null,
  slices: [{ ...slice, requests: { canary: 900, stable: 8_100 } }],
  status: null,
  worse: 1,
  says: 'most of it is status 503',
} as const;

let shell: Shell;
let id: string;

beforeAll(async () => {
  shell = await openShell();
  id = await shell.inStep1();
  const verdict = verdictOf({
    name: 'harmful',
    reason: 'canary errors 4.8 % against 0.2 % (margin 10 % + 0.01 pp), 1,204 against 10,911 requests in 40 s',
    where,
  });
  shell.control.see(id, { verdict });
  shell.control.leave(id, [trailRowOf({ at: T0 }), trailRowOf({ at: T0 + 5_000, logHarm: 7.55 })]);
  shell.control.happen(id, { kind: 'canaryJudgedHarmful', reason: verdict.reason, verdict });
  const sent = { kind: 'page', channel: 'pagerduty', at: T0 + 4_000, rejectedAt: null, lastError: null } as const;
  shell.control.mood.messages = [{ ...sent, deliveredAt: T0 + 4_400 }];
});
afterAll(() => shell.stop());

describe('report', () => {
  it('tells a rollout in sections of at most 80 columns, by route or id', async () => {
    const { code, out } = await shell.run('report payments');
    expect(await shell.run(`report ${id}`)).toMatchObject({ code, out });
    expect(code).toBe(0);
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(out).toBe(`payments v2 was rolled back at 10 %
rollout ${id} of payments

On 1 January 2026 at 00:00:04 UTC Serin rolled payments back from v2 to v1 at
10 %: canary errors 4.8 % against 0.2 % (margin 10 % + 0.01 pp), 1,204 against
10,911 requests in 40 s.

  3 s from the start to the end

What happened (UTC)
2026-01-01 00:00:01  started (entry 1)
                     the admin: “release”
2026-01-01 00:00:02  preflight -> internal (entry 2)
                     serin: every canary address answers
2026-01-01 00:00:03  internal -> 10 % (entry 3)
                     serin: enough forced requests
2026-01-01 00:00:04  10 % -> 0 %, rolled back (entry 4)
                     serin: canary errors 4.8 % against 0.2 % (margin 10 % +
                     0.01 pp), 1,204 against 10,911 requests in 40 s
2026-01-01 00:00:04  paged: pagerduty
                     taken after 0.4 s

Where
  POST /pay: 12 % against 0.1 %, 900 and 8,100 requests, 94 % of the difference
  most of it is status 503

The evidence
  2 rows of looks; the most evidence of harm was x1,900, at 00:00:05.

Checks at the end, in step-1
  harmful: canary errors 4.8 % against 0.2 % (margin 10 % + 0.01 pp), 1,204
  against 10,911 requests in 40 s
  errors  errors 0.21 % against 0.20 %
  p95     errors 0.21 % against 0.20 %

What was promised
  Policy two-steps
  sha256:first
  Errors are harm beyond 10 % + 0.01 pp, and at parity within 25 % or 0.1 pp.
  4xx answers hold beyond 50 % + 1 pp, and are harm beyond 100 % + 10 pp.
  Latency is harm beyond p50 4.1 %, p95 6.2 %, p99 10.5 %, rounded down to whole
  buckets.
  Harm rolls it back; shown by any of errors, requests left or overdue without
  an answer, 4xx answers, empty answers, redirects, answers that nothing was
  modified, answers with content, other answers, dominance, p50, p95, p99,
  single endpoints and consumers, where it is measured.
  Steps: 10 % for 1m, 50 % for 2m; bake 1m; then it becomes the stable by
  itself.
  The false-rollback budget is 0.001 over the whole rollout.
  No override was made.
  No check was skipped.

Messages
  1 message: 1 taken, 0 refused, 0 waiting.

Check it yourself
  serin audit --rollout ${id} --limit 4 -o wide
    4 entries of the audit, with their hashes
  serin audit verify
    that no entry of the audit was changed or cut off: this rollout's entries
    are between 1 and 4, the last with the hash
    ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
  serin report ${id} --policy > policy.yaml
    the policy that the rollout kept
  serin validate policy.yaml
    its digest is sha256:first, unless an older Serin began the rollout, whose
    policies had fewer fields
  serin report ${id} -o json
    this report as data

This report does not change any more. Its trail is deleted after 1 January 2027.
`);
  });

  it('gives programs what the API answers', async () => {
    const { code, out } = await shell.run('report payments -o json');
    const view = JSON.parse(out);
    expect([code, reportViewSchema.parse(view)]).toEqual([0, view]);
    expect(view.rollout.id).toBe(id);
  });

  it('gives the policy alone, as a file', async () => {
    const { code, out } = await shell.run('report payments --policy');
    expect([code, readPolicy(out, 'policy.yaml').ok]).toEqual([0, true]);
  });

  it('says what is not there', async () => {
    const { code, out, err } = await shell.run('report 019ac000-0000-7000-8000-000000000099');
    expect([code, out, err]).toEqual([1, '', expect.stringContaining('there is no rollout')]);
  });
});
