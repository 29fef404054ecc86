import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controlApi } from '../../src/api/control-api.ts';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { applyOrder } from '../../src/controller/order.ts';
import { rolloutReader, standingOf } from '../../src/controller/rollout-reader.ts';
import { digestPolicy } from '../../src/policy/digest.ts';
import { type Act, actsOf, likelyDeed } from '../../src/rollout/acts/acts.ts';
import { type Deed, VERBS, type Verb } from '../../src/rollout/acts/deed.ts';
import { orderFor } from '../../src/rollout/split-order.ts';
import { isEnded, type Rollout } from '../../src/rollout/state.ts';
import { type ControllerStage, controllerStage, embeddedStore, OPERATOR } from '../support/controller-stage.ts';
import { fakeControl, TOKENS, verdictOf } from '../support/fake-control.ts';
import { auditOf, evidenceOf, insertionOf } from '../support/rollout-fixture.ts';
import { apply, policyOf, rolloutIn } from '../support/rollouts.ts';

/** A rollout as it stands, and what is to be said of the world around it. */
interface Standing {
  readonly rollout: Rollout;
  readonly prepare?: (stage: ControllerStage, rollout: Rollout) => void | Promise<void>;
}

const CONSUMERS = policyOf({ consumers: { default: 'stable' }, steps: [{ consumers: 'listed', dwell: '14d' }] });
const withdrawn = () => apply(rolloutIn('step-2'), { kind: 'faultFollowedIncrease', reason: 'both fail' });

async function list(stage: ControllerStage, rule: 'stable' | 'canary'): Promise<void> {
  const { route } = stage;
  const audit = { ...auditOf(rolloutIn('step-1')), route, rolloutId: null };
  const acme = { name: 'acme', keyHash: route, rule, group: null, wave: null, due: null, contact: null };
  await stage.store.consumers.change({ route, expected: [], put: [acme], removed: [] }, audit);
  stage.world.listed = [{ name: 'acme', rule }];
}

/** One of every kind that the transition tells apart. */
const STANDINGS: Readonly<Record<string, () => Standing>> = {
  preflight: () => ({ rollout: rolloutIn('preflight') }),
  internal: () => ({ rollout: rolloutIn('internal') }),
  'internal, its gate open': () => ({
    rollout: apply(rolloutIn('internal'), { kind: 'gatePassed', gate: 'integration-tests' }),
  }),
  'step-1': () => ({ rollout: rolloutIn('step-1') }),
  'step-1, paused': () => ({ rollout: apply(rolloutIn('step-1'), { kind: 'paused' }) }),
  'step-1 at 0%': () => ({ rollout: apply(rolloutIn('step-1'), { kind: 'weightSet', canaryBps: 0 }) }),
  'step-1, under a policy that is as its file': () => {
    const policy = policyOf({ internal: { requests: 5 } });
    return { rollout: { ...rolloutIn('step-1', policy), policyDigest: digestPolicy(policy) } };
  },
  'step-2, its file without a second step': () => ({
    rollout: rolloutIn('step-2'),
    prepare: ({ world }) => {
      world.policies = { 'two-steps': policyOf({ steps: [{ weight: '10%', dwell: '1m' }] }) };
    },
  }),
  'step-1, its policy gone': () => ({
    rollout: rolloutIn('step-1'),
    prepare: ({ world }) => {
      world.policies = {};
    },
  }),
  'step-1, braked and not recorded': () => ({
    rollout: rolloutIn('step-1'),
    prepare: ({ brakes }, { id }) => void brakes.set(id, { reason: '20 failures in a row', blames: 'canary' }),
  }),
  'step-2, withdrawn': () => ({ rollout: withdrawn() }),
  'step-2, withdrawn and held': () => ({
    rollout: apply(withdrawn(), { kind: 'faultOutlastedWithdrawal', reason: 'it goes on' }),
  }),
  'step-2, held for harm': () => ({
    rollout: apply(rolloutIn('step-2'), { kind: 'harmHeld', reason: 'errors', verdict: verdictOf() }),
  }),
  'a consumer step, one not moved': () => ({
    rollout: rolloutIn('step-1', CONSUMERS),
    prepare: (stage) => list(stage, 'stable'),
  }),
  'a consumer step, all moved': () => ({
    rollout: rolloutIn('step-1', CONSUMERS),
    prepare: (stage) => list(stage, 'canary'),
  }),
  bake: () => ({ rollout: rolloutIn('bake') }),
  'bake, paused': () => ({ rollout: apply(rolloutIn('bake'), { kind: 'paused' }) }),
  promoted: () => ({ rollout: rolloutIn('promoted') }),
  'promoted, paused': () => ({ rollout: apply(rolloutIn('promoted'), { kind: 'paused' }) }),
  finalised: () => ({ rollout: rolloutIn('finalised') }),
  'rolled-back': () => ({ rollout: rolloutIn('rolled-back') }),
  'rolled-back, its policy gone': () => ({
    rollout: rolloutIn('rolled-back'),
    prepare: ({ world }) => {
      world.policies = {};
    },
  }),
  aborted: () => ({ rollout: rolloutIn('aborted') }),
  'superseded by what runs now': () => ({
    rollout: apply(rolloutIn('step-1'), { kind: 'superseded', by: 'v3' }),
    prepare: async ({ commands, route }) => {
      const v3 = { route, canaryUrl: 'http://127.0.0.1:9003/', version: 'v3', reason: 'newer' };
      await commands.start({ ...v3, replace: false, force: false }, OPERATOR);
    },
  }),
};

let embedded: Awaited<ReturnType<typeof embeddedStore>>;

beforeAll(async () => {
  embedded = await embeddedStore();
});
afterAll(() => embedded.close());

describe('acts', () => {
  it.each(Object.entries(STANDINGS))('of %s say what the API does with each verb', async (_, standing) => {
    const done: Pick<Act, 'verb' | 'refused'>[] = [];
    let told: readonly Act[] = [];
    let at = await stand(standing());
    for (const verb of VERBS) {
      const { acts } = (await (await at.app('GET', `/rollouts/${at.id}`)).json()) as RolloutView;
      told = acts;
      const refused = await tried(verb, at);
      done.push({ verb, refused });
      // A refusal changes nothing but what it found unrecorded.
      if (await at.isAsItWas()) continue;
      await at.close();
      at = await stand(standing());
    }
    await at.close();
    expect(done).toEqual(told.map(({ verb, refused }) => ({ verb, refused })));
  });

  it('are taken at one of these and refused at another, each of them', () => {
    const around = { at: 0, policy: { refused: 'gone' }, startRefused: null, owed: null };
    const edited = { policy: CONSUMERS, digest: 'sha256:second' };
    const all = Object.values(STANDINGS).flatMap((standing) => {
      const { rollout } = standing();
      const record = { rollout, evidence: evidenceOf(rollout) };
      return [...actsOf(record, around), ...actsOf(record, { ...around, policy: edited })];
    });
    const outcomes = (wanted: Verb) => all.flatMap(({ verb, refused }) => (verb === wanted ? [refused === null] : []));
    expect(VERBS.filter((verb) => new Set(outcomes(verb)).size < 2)).toEqual([]);
  });
});

type Stood = Awaited<ReturnType<typeof stand>>;

/** Does it, and says by which sentence it was refused; null if it was not. */
async function tried(verb: Verb, { id, store, app }: Stood): Promise<string | null> {
  const record = await store.rollouts.find(id);
  if (!record) throw new Error('the rollout is gone');
  const { path, body } = requestOf(likelyDeed(verb, record));
  const answer = await app('POST', `/rollouts/${id}/${path}`, { reason: 'tried', ...body });
  const { detail = 'no detail' } = (await answer.json()) as { detail?: string };
  return answer.ok ? null : detail;
}

/** Stores the rollout as the rollout of the stage, and opens the API over the real commands. */
async function stand({ rollout: of, prepare }: Standing) {
  const stage = controllerStage(embedded.store);
  const { ports, store, route } = stage;
  const rollout: Rollout = { ...of, id: ports.newId(), route };
  const { stable, canary } = rollout;
  const isFinal = rollout.stage.kind === 'finalised';
  const replaced = isFinal ? { newStable: { route, stable: canary, replacedUrl: stable.url } } : {};
  await store.rollouts.commit(insertionOf(rollout, replaced));
  await applyOrder(ports, orderFor(rollout));
  const record = await store.rollouts.find(rollout.id);
  if (record && !isEnded(rollout)) ports.memory.looks.changed(record);
  await prepare?.(stage, rollout);
  const api = controlApi({
    ...fakeControl(),
    rollouts: stage.commands,
    reader: rolloutReader(store, ports.memory, () => [route]),
    standing: (found) => standingOf(ports, found),
  });
  const app = (method: 'GET' | 'POST', path: string, body?: object) =>
    api.request(`/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKENS.operator}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    id: rollout.id,
    store,
    app,
    isAsItWas: async () => (await store.rollouts.find(rollout.id))?.rollout.version === rollout.version,
    async close() {
      stage.brakes.clear();
      await stage.close();
    },
  };
}

/** A deed as it is posted. */
function requestOf(deed: Deed): { readonly path: string; readonly body: object } {
  switch (deed.verb) {
    case 'advance':
      return { path: deed.verb, body: { to: deed.to || 'none' } };
    case 'promote':
      return { path: deed.verb, body: { full: deed.full } };
    case 'weight':
      return { path: deed.verb, body: { weight: `${deed.canaryBps / 100}%` } };
    case 'extend':
      return { path: deed.verb, body: { by: `${deed.byMs}ms` } };
    case 'skip':
      return { path: deed.verb, body: { check: deed.check } };
    case 'gate':
      return { path: `gates/${deed.gate || 'none'}`, body: {} };
    default:
      return { path: deed.verb, body: {} };
  }
}
