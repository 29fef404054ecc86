import { beforeEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { type ReportView, reportViewSchema } from '../../../src/api/report/report-schema.ts';
import type { RolloutView } from '../../../src/api/view-schemas.ts';
import { type FakeControl, fakeControl, TOKENS, verdictOf } from '../../support/fake-control.ts';
import { policyOf, T0 } from '../../support/rollouts.ts';
import { trailRowOf } from '../../support/trail-rows.ts';

let control: FakeControl;
let app: ReturnType<typeof controlApi>;
let id: string;

function ask(path: string, headers: Record<string, string> = {}): Promise<Response> {
  const more = { authorization: `Bearer ${TOKENS.viewer}`, ...headers };
  return Promise.resolve(app.request(`/api/v1/rollouts/${path}`, { headers: more }));
}

async function report(): Promise<ReportView> {
  const answer = await ask(`${id}/report`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as ReportView;
}

const start = (canaryUrl: string) => {
  const by = { name: 'ada', role: 'operator' } as const;
  const asked = { route: 'payments', canaryUrl, replace: true, force: false, reason: 'release 2' };
  return control.rollouts.start(asked, by);
};

beforeEach(async () => {
  control = fakeControl(policyOf());
  app = controlApi(control);
  id = (await start('http://127.0.0.1:9002/')).record.rollout.id;
  control.happen(id, { kind: 'preflightPassed' });
  control.happen(id, { kind: 'internalPassed', reason: 'enough forced requests' });
  control.leave(id, [trailRowOf({ at: T0 })]);
});

const harm = () => {
  const verdict = verdictOf({ name: 'harmful', reason: 'canary errors 4.8 % against 0.2 %' });
  control.see(id, { verdict });
  return control.happen(id, { kind: 'canaryJudgedHarmful', reason: verdict.reason, verdict });
};

describe('GET /rollouts/{id}/report', () => {
  it('has a whole rollout in one answer, as the description says', async () => {
    harm();
    const sent = { kind: 'page', channel: 'pagerduty', at: T0 + 4_000, rejectedAt: null, lastError: null } as const;
    control.mood.messages = [{ ...sent, deliveredAt: T0 + 4_400 }];
    const view = await report();
    expect(reportViewSchema.parse(view)).toEqual(view);
    expect(view).toMatchObject({
      final: true,
      upTo: '2026-01-01T00:00:04.000Z',
      title: 'payments v2 was rolled back at 10 %',
      rollout: { id, stage: 'rolled-back', startedAt: '2026-01-01T00:00:01.000Z', endedAt: '2026-01-01T00:00:04.000Z' },
      judged: { at: 'end', stage: 'step-1' },
      verdict: { name: 'harmful', findings: [{ check: 'errors' }, { check: 'p95' }] },
      trail: { at: [T0], bps: [1_000] },
      messages: [{ kind: 'page', channel: 'pagerduty' }],
      policy: { name: 'two-steps', digest: 'sha256:first', yaml: expect.stringContaining('name: two-steps') },
    });
    expect(view.happened.map(({ seq, kind, title }) => [seq, kind, title])).toEqual([
      [1, 'decision', 'started'],
      [2, 'decision', 'preflight -> internal'],
      [3, 'decision', 'internal -> 10 %'],
      [4, 'decision', '10 % -> 0 %, rolled back'],
      [null, 'page', 'paged: pagerduty'],
    ]);
  });

  it('is the same text whatever the present is, once it is final, and says so to caches', async () => {
    harm();
    const first = await ask(`${id}/report`);
    const [text, tag] = [await first.text(), first.headers.get('etag') ?? ''];
    expect([first.headers.get('cache-control'), tag]).toEqual([
      'private, no-cache',
      expect.stringMatching(/^"[0-9a-f]{32}"$/),
    ]);
    control.mood.policyDigest = 'sha256:edited';
    control.mood.policyNow = { kind: 'gone' };
    control.mood.unrecorded = { event: 'aborted', by: 'ada', role: 'operator', reason: 'later', at: T0 };
    await start('http://127.0.0.1:9003/');
    control.happen(id, { kind: 'pageResolved', reason: 'v3 was promoted' });
    const view = (await (await ask(id)).json()) as RolloutView;
    expect([view.openPage, view.policy.changed]).toEqual([null, true]);
    const later = await ask(`${id}/report`);
    expect([await later.text(), later.headers.get('etag')]).toEqual([text, tag]);
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const answer = await ask(`${id}/report`, { 'if-none-match': known });
      expect([answer.status, await answer.text(), answer.headers.get('etag')]).toEqual([304, '', tag]);
    }
    expect((await ask(`${id}/report`, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('of one that runs is not final, and no cache keeps it', async () => {
    const answer = await ask(`${id}/report`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const view = (await answer.json()) as ReportView;
    expect(reportViewSchema.parse(view)).toEqual(view);
    expect(view).toMatchObject({
      final: false,
      title: 'payments v2 runs, in the 10 % step',
      rollout: { endedAt: null },
    });
    const tag = answer.headers.get('etag') ?? '';
    expect((await ask(`${id}/report`, { 'if-none-match': tag })).status).toBe(304);
    harm();
    expect((await ask(`${id}/report`, { 'if-none-match': tag })).status).toBe(200);
  });

  it('loses its trail a year after the end, and nothing else', async () => {
    harm();
    const { trail, ...rest } = await report();
    control.leave(id, []);
    expect([trail?.at, await report()]).toEqual([[T0], { trail: null, ...rest }]);
  });

  it.each(['019ac000-0000-7000-8000-000000000099', 'payments'])('answers 404 for %s', async (unknown) => {
    const answer = await ask(`${unknown}/report`, { 'if-none-match': '*' });
    expect([answer.status, await answer.json()]).toMatchObject([404, { code: 'not-found' }]);
  });
});
