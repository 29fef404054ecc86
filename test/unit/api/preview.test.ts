import { beforeEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import type { PreviewView } from '../../../src/api/preview/preview-view.ts';
import type { RolloutView } from '../../../src/api/view-schemas.ts';
import { VERBS, type Verb } from '../../../src/rollout/acts/deed.ts';
import { type FakeControl, fakeControl, TOKENS } from '../../support/fake-control.ts';

let control: FakeControl;
let app: ReturnType<typeof controlApi>;
let id: string;

function send(path: string, body: object, token: string = TOKENS.operator, headers: Record<string, string> = {}) {
  return app.request(`/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

const preview = (body: object, token?: string) => send(`/rollouts/${id}/preview`, body, token);

beforeEach(async () => {
  control = fakeControl();
  app = controlApi(control);
  const start = { route: 'payments', canaryUrl: 'http://127.0.0.1:9002/', reason: 'release 2' };
  ({ id } = (await (await send('/rollouts', start)).json()) as RolloutView);
  control.happen(id, { kind: 'preflightPassed' });
  control.happen(id, { kind: 'internalPassed', reason: 'enough forced requests' });
});

/** What each verb takes beside its reason. */
const BODIES: Readonly<Record<Verb, object>> = {
  pause: {},
  resume: {},
  advance: { to: 'step-2' },
  promote: { full: true },
  rollback: {},
  abort: {},
  weight: { weight: '2%' },
  extend: { by: '10m' },
  skip: { check: 'p99' },
  gate: { gate: 'tests' },
  rebase: {},
  finalise: {},
  retry: {},
};

describe('POST /rollouts/{id}/preview', () => {
  it.each(VERBS)('takes %s with its own body and without a reason, and answers as its act says', async (verb) => {
    const headers = { authorization: `Bearer ${TOKENS.viewer}` };
    const view = (await (await app.request(`/api/v1/rollouts/${id}`, { headers })).json()) as RolloutView;
    const answer = await preview({ verb, ...BODIES[verb] });
    const { refused, version, after } = (await answer.json()) as PreviewView;
    expect([answer.status, answer.headers.get('etag'), version]).toEqual([200, `"${view.version}"`, view.version]);
    expect(refused).toBe(view.acts.find((act) => act.verb === verb)?.refused);
    expect(after === null).toBe(refused !== null);
  });

  it('is for whoever may read, and for no sender of logs', async () => {
    expect((await preview({ verb: 'rollback' }, TOKENS.viewer)).status).toBe(200);
    expect((await preview({ verb: 'rollback' }, TOKENS['logs:write'])).status).toBe(403);
  });

  it('changes nothing, so that its version is what the verb may be sent with', async () => {
    const before = [await control.reader.find(id), await control.reader.audit({ limit: 100 })];
    const { version } = (await (await preview({ verb: 'rollback' })).json()) as PreviewView;
    expect([await control.reader.find(id), await control.reader.audit({ limit: 100 })]).toEqual(before);
    control.happen(id, { kind: 'canaryJudgedHarmful', reason: 'errors', verdict: {} as never });
    const match = { 'if-match': `"${version}"` };
    expect((await send(`/rollouts/${id}/rollback`, { reason: 'x' }, TOKENS.operator, match)).status).toBe(412);
  });

  it('tells of the reason that is given', async () => {
    const { messages } = (await (await preview({ verb: 'rollback', reason: 'it leaks' })).json()) as PreviewView;
    expect(messages[0]?.summary).toContain('it leaks');
  });

  it('knows the listed consumers', async () => {
    const command = { kind: 'put', consumer: { name: 'acme', keyHash: 'k', rule: 'canary' } } as const;
    await control.consumers.change('payments', command, { name: 'a', role: 'admin' }, 'x', null);
    const { consumers } = (await (await preview({ verb: 'rollback' })).json()) as PreviewView;
    expect(consumers).toEqual([{ name: 'acme', to: 'stable' }]);
  });

  it.each([
    [{ verb: 'explode' }, '#/verb'],
    [{}, '#/verb'],
    [{ verb: 'advance' }, '#/to'],
    [{ verb: 'weight', weight: 'lots' }, '#/weight'],
    [{ verb: 'skip', check: 'nothing' }, '#/check'],
    [{ verb: 'pause', reason: '\u0007' }, '#/reason'],
  ])('refuses %j at its place', async (body, pointer) => {
    const answer = await preview(body);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ errors: [{ pointer }] });
  });

  it('takes no key that it does not know', async () => {
    expect((await preview({ verb: 'pause', to: 'step-2' })).status).toBe(422);
  });

  it('answers 404 for a rollout that is not there', async () => {
    const body = { verb: 'pause' };
    expect((await send('/rollouts/019ac000-0000-7000-8000-000000000099/preview', body)).status).toBe(404);
  });
});
