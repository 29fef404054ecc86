import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/judge/verdict.ts';
import type { Reservation } from '../../../src/parity/internal/reservation.ts';
import { announce } from '../../../src/rollout/announce.ts';
import { noEvidence } from '../../../src/rollout/evidence.ts';
import { begin } from '../../../src/rollout/transition.ts';
import { differenceOf, differingFinding, SIGHTED } from '../../support/differences.ts';
import { verdictOf } from '../../support/fake-control.ts';
import { announced, apply, happening, policyOf, rolloutIn, startedEvent, T0 } from '../../support/rollouts.ts';

const told = announced;

describe('announce', () => {
  it('pages on a rollback, once, saying why, with a key per rollout', () => {
    const before = rolloutIn('step-1');
    const messages = told(before, { kind: 'canaryBraked', reason: '20 failures in a row' });
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({
      kind: 'page',
      severity: 'error',
      subject: 'rolledBack',
      dedupKey: `serin/payments/${before.id}`,
      summary: 'payments protected: v2 rolled back at 10%, v1 serves 100%: 20 failures in a row',
      details: { weightBefore: '10%', weightAfter: '0%' },
    });
  });

  it('names the share that a ramp had given by then', () => {
    const before = rolloutIn('step-2', policyOf({ judge: { warmUp: '4m' } }));
    const event = { kind: 'canaryBraked', reason: '20 failures in a row' } as const;
    expect(told(before, event)[0]?.summary).toBe(
      'payments protected: v2 rolled back at 15%, v1 serves 100%: 20 failures in a row',
    );
  });

  it('pages for a canary that is taken back without blame, and calls it no rollback', () => {
    const event = { kind: 'canaryBraked', reason: 'one key failed', blames: 'nobody' } as const;
    expect(told(rolloutIn('step-1'), event)).toMatchObject([
      {
        kind: 'page',
        subject: 'rolledBack',
        summary: 'payments protected: v2 taken back at 10%, v1 serves 100%: one key failed',
      },
    ]);
  });

  it('pages when a person is needed and resolves when one came', () => {
    const step = rolloutIn('step-1');
    const event = { kind: 'undecidedTooLong', reason: 'undecided for longer than 3m' } as const;
    expect(told(step, event).map(({ kind, severity }) => [kind, severity])).toEqual([['page', 'warning']]);
    expect(told(apply(step, event), { kind: 'extended', byMs: 1_000 }).map(({ kind }) => kind)).toEqual([
      'resolve',
      'note',
    ]);
  });

  it('pages once more, under the same key, when what is wrong is known', () => {
    const stuck = apply(rolloutIn('step-1'), { kind: 'undecidedTooLong', reason: 'undecided for longer than 3m' });
    const event = { kind: 'undecidedTooLong', cause: 'hold:worse:logs', reason: 'held: a new error' } as const;
    expect(told(stuck, event)).toMatchObject([
      {
        kind: 'page',
        dedupKey: `serin/payments/${stuck.id}`,
        summary: 'payments: v2 needs a person: held: a new error',
      },
    ]);
  });

  it('turns an open page into the page of the rollback under the same key', () => {
    const stuck = apply(rolloutIn('step-1'), { kind: 'undecidedTooLong', reason: 'undecided' });
    const messages = told(stuck, { kind: 'canaryBraked', reason: 'burst' });
    expect(messages.map(({ kind }) => kind)).toEqual(['page']);
  });

  it('tells a promotion as a change and names the version that may go', () => {
    expect(told(rolloutIn('bake'), { kind: 'bakePassed', reason: 'fine' })[0]?.kind).toBe('change');
    expect(
      told(rolloutIn('promoted'), { kind: 'rolloutFinalised', reason: 'the canary is the stable now' })[0]?.summary,
    ).toBe('payments: v2 is the stable now; v1 (http://127.0.0.1:9001/) may be decommissioned');
  });

  it('names on a line of its own where it is worse, whatever becomes of the summary', () => {
    const where = {
      measure: 'errors',
      slowMs: null,
      slices: [],
      status: null,
      worse: 1,
      says: 'worst: POST /pay',
    } as const;
    const verdict = { ...verdictOf({ name: 'harmful' }), where };
    const [page] = told(rolloutIn('step-1'), { kind: 'canaryJudgedHarmful', reason: 'x'.repeat(2_000), verdict });
    expect(page?.details['where']).toBe('worst: POST /pay');
    const [plain] = told(rolloutIn('step-1'), { kind: 'canaryBraked', reason: 'burst' });
    expect(plain?.details).not.toHaveProperty('where');
  });

  it.each([
    ['hold:no-baseline', 'serin promote payments --repair if the canary is well, or serin rollback payments'],
    ['hold:overfull', 'serin rollback payments'],
    ['hold:worse:query:cpu', 'serin rollback payments, or serin skip payments query:cpu to go on without it'],
  ] as const)('names the commands for %s', (cause, next) => {
    const [page] = told(rolloutIn('step-1'), { kind: 'undecidedTooLong', reason: 'held', cause });
    expect(page).toMatchObject({ kind: 'page', details: { next: `serin get payments; then ${next}` } });
  });

  it('offers what goes on from the internal phase for a hold there', () => {
    const held = { kind: 'undecidedTooLong', reason: 'held', cause: 'hold:worse:answers' } as const;
    const [page] = told(rolloutIn('internal'), held);
    expect(page?.details['next']).toBe(
      'serin get payments; then serin advance payments if that is meant, or serin rollback payments, ' +
        'or serin skip payments answers to go on without it',
    );
  });

  it.each([
    ['undecided', 'undecided'],
    ['shared-fault', 'shared-fault'],
    ['undecided', undefined],
  ] as const)('names what ends a hold where the page is about %s (%s)', (name, cause) => {
    const hold = { cause: 'no-baseline', check: null, urgency: 'after-max-hold' } as const;
    const before = rolloutIn('step-1');
    const event = { kind: 'undecidedTooLong', reason: 'late', ...(cause ? { cause } : {}) } as const;
    const seen = { ...noEvidence(before.policy, T0), verdict: { ...verdictOf({ name }), hold } };
    const [page] = announce(before, apply(before, event), happening(event), seen);
    expect(page?.details['next']).toMatch(/^serin get payments; then serin promote payments --repair if /);
  });

  it("says a long reason whole: what a pager takes is the channel's to know", () => {
    const [message] = told(rolloutIn('step-1'), { kind: 'canaryBraked', reason: 'x'.repeat(5_000) });
    expect(message?.summary).toMatch(/: x{5000}$/);
  });

  it('tells a rollback by a person as a note that says who did it, and pages nobody', () => {
    const before = rolloutIn('step-1');
    const after = apply(before, { kind: 'rolledBack' });
    expect(after.openPage).toBeNull();
    expect(told(before, { kind: 'rolledBack' })).toMatchObject([
      {
        kind: 'note',
        severity: 'info',
        summary: 'payments: v2 rolled back by ada at 10%, v1 serves 100%: “because”',
      },
    ]);
    const stuck = apply(before, { kind: 'undecidedTooLong', reason: 'undecided' });
    expect(told(stuck, { kind: 'rolledBack' }).map(({ kind }) => kind)).toEqual(['resolve', 'note']);
  });

  it('warns of failed integration tests, which hurt nobody', () => {
    const internal = rolloutIn('internal');
    const event = { kind: 'internalFailed', reason: '1 of 3 forced requests failed, 0 allowed' } as const;
    const seen = { ...noEvidence(internal.policy, T0), forced: { requests: 3, errors: 1 } };
    expect(announce(internal, apply(internal, event), happening(event), seen)).toMatchObject([
      {
        kind: 'page',
        severity: 'warning',
        subject: 'internalFailed',
        details: { hurt: '1 of 3 forced requests failed; no other traffic had the canary' },
      },
    ]);
  });

  it.each([
    ['step-1', { kind: 'paused' }, 'payments: v2 paused by ada: “because”'],
    ['step-1', { kind: 'weightSet', canaryBps: 500 }, 'payments: v2 set to 5% by ada: “because”'],
    ['step-1', { kind: 'extended', byMs: 3_600_000 }, 'payments: v2 given 1h more in step-1 by ada: “because”'],
    ['step-1', { kind: 'checkSkipped', check: 'p99' }, 'payments: v2 judged without p99 by ada: “because”'],
    ['step-1', { kind: 'advanced', to: 'step-2' }, 'payments: v2 advanced to step-2 (50%) by ada: “because”'],
    ['step-1', { kind: 'promoted', full: true }, 'payments: v2 promoted to 100% by ada: “because”'],
    [
      'step-1',
      { kind: 'promoted', full: true, repair: true },
      'payments: v2 promoted to 100% as a repair, without the bake, by ada: “because”',
    ],
    ['step-1', { kind: 'aborted' }, 'payments: v2 aborted by ada: “because”'],
    ['step-1', { kind: 'superseded', by: 'v3' }, 'payments: v2 superseded by v3, which was started by ada: “because”'],
    [
      'internal',
      { kind: 'gatePassed', gate: 'integration-tests' },
      'payments: v2 let through gate integration-tests by ada: “because”',
    ],
    ['bake', { kind: 'bakePassed', reason: 'baked for 1m' }, 'payments: v2 promoted to 100%: baked for 1m'],
  ] as const)('says in %s what was done, by whom and why: %j', (stage, event, summary) => {
    expect(told(rolloutIn(stage), event)[0]?.summary).toBe(summary);
  });

  it.each([
    [{ kind: 'advanced', to: 'step-2' }, 'payments: v2 advanced to step-2 (50%) by ada, still paused: “because”'],
    [{ kind: 'weightSet', canaryBps: 500 }, 'payments: v2 set to 5% by ada, still paused: “because”'],
    [{ kind: 'resumed' }, 'payments: v2 resumed by ada: “because”'],
  ] as const)('says whether what was paused still is, after %j', (event, summary) => {
    expect(told(apply(rolloutIn('step-1'), { kind: 'paused' }), event)[0]?.summary).toBe(summary);
  });

  it('carries what the person who was just woken needs', () => {
    const slice = {
      dimension: 'endpoint',
      name: 'POST /pay',
      canary: 0.12,
      stable: 0.001,
      requests: { canary: 900, stable: 8_100 },
      part: 1,
    } as const;
    const where = {
      measure: 'errors',
      slowMs: null,
      slices: [slice],
      status: null,
      worse: 1,
      says: 'worst: POST /pay',
    } as const;
    const errors = { check: 'errors', canary: 0.048, requests: { canary: 1_204, stable: 10_911 } };
    const verdict = { ...verdictOf({ name: 'harmful' }), findings: [errors as unknown as Finding], where };
    const event = { kind: 'canaryJudgedHarmful', reason: 'canary errors', verdict } as const;
    const begun = begin(startedEvent(), T0, { by: { name: 'ada', role: 'operator' }, reason: 'new ledger' });
    const before = { ...rolloutIn('step-1'), ...(begun.started ? { started: begun.started } : {}) };
    const [page] = told(before, event, { environment: 'production', publicUrl: 'https://serin.example/base' });
    expect(page).toMatchObject({
      environment: 'production',
      link: `https://serin.example/base/api/v1/rollouts/${before.id}`,
      summary: '[production] payments protected: v2 rolled back at 10%, v1 serves 100%: canary errors',
      details: {
        startedBy: 'ada',
        startedBecause: '“new ledger”',
        endpoint: 'POST /pay',
        hurt: '58 of 1,204 requests failed on the canary (4.8 %), at 10% of the traffic',
        next: 'serin get payments; once it is mended, serin retry payments',
      },
    });
    expect(page?.id).toBe(`${before.id}-${before.version + 1}-page`);
  });

  it('carries in short what differs, and who met it', () => {
    const many = Array.from({ length: 4 }, (_, at) => ({ ...differenceOf({ logHarm: 9 - at }), seen: SIGHTED }));
    const endless = differenceOf({ logHarm: 99, place: 'pay', says: 'x'.repeat(9_000) });
    const added = differenceOf({ effect: 'compatible', logHarm: 100, says: '/total is new' });
    const findings = [
      differingFinding([added, endless, ...many]),
      differingFinding([differenceOf({ says: 'nobody counts this', logHarm: 200 })], { dryRun: true }),
    ];
    const verdict = { ...verdictOf({ name: 'harmful' }), findings };
    const [page] = told(rolloutIn('step-1'), { kind: 'canaryJudgedHarmful', reason: 'canary differs', verdict });
    const one = 'GET /orders/{id} 2xx: /amount is gone (0 of 412 answers against 3,690 of 3,690)';
    expect(page?.details).toMatchObject({
      differs: `pay: ${'x'.repeat(194)}…; ${one}; ${one}; and 2 more`,
      consumers: 'acme',
    });
  });

  it('says of what a check refused in the internal phase that it hurt nobody', () => {
    const verdict = { ...verdictOf({ name: 'undecided' }), findings: [differingFinding([differenceOf()])] };
    const [page] = told(rolloutIn('internal'), { kind: 'internalFailed', reason: '/amount is gone', verdict });
    expect(page?.details).toMatchObject({
      hurt: 'nobody: no traffic but requests of tests had the canary',
      differs: expect.stringContaining('/amount is gone'),
    });
    const differences = [{ ...differenceOf(), seen: SIGHTED }];
    const refused = (kind: Reservation['kind']) => {
      const reservations: readonly Reservation[] = [{ kind, check: 'responseShape', reason: 'differ', differences }];
      const kept = { ...verdictOf({ name: 'undecided' }), reservations };
      return told(rolloutIn('internal'), { kind: 'internalFailed', reason: 'differ', verdict: kept })[0]?.details;
    };
    expect(refused('refuses')).toMatchObject({ differs: expect.stringContaining('is gone'), consumers: 'acme' });
    expect(refused('holds')).toMatchObject({ differs: expect.stringContaining('is gone') });
    expect(refused('tells')).not.toHaveProperty('differs');
  });

  it('claims nothing that is not known', () => {
    const [page] = told(rolloutIn('step-1'), { kind: 'canaryBraked', reason: 'burst' });
    expect(page).not.toHaveProperty('link');
    expect(page).not.toHaveProperty('environment');
    for (const key of ['hurt', 'endpoint', 'where', 'startedBy', 'differs', 'consumers'])
      expect(page?.details).not.toHaveProperty(key);
  });

  it('gives the same change the same id', () => {
    const before = rolloutIn('step-1');
    const event = { kind: 'canaryBraked', reason: 'burst' } as const;
    expect(told(before, event)[0]?.id).toBe(told(before, event)[0]?.id);
  });
});
