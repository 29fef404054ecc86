import { describe, expect, it } from 'vitest';
import type { RolloutView } from '../../../src/api/view-schemas.ts';
import { rolloutView } from '../../../src/api/views.ts';
import { renderExplanation } from '../../../src/cli/panel/explanation.ts';
import { renderRollout } from '../../../src/cli/panel/panel.ts';
import { widthOf } from '../../../src/cli/text.ts';
import type { Verdict } from '../../../src/judge/verdict.ts';
import type { Difference } from '../../../src/parity/differences/difference.ts';
import { differenceOf, differingFinding, SIGHTED } from '../../support/differences.ts';
import { fakeControl, verdictOf } from '../../support/fake-control.ts';

const ADA = { name: 'ada', role: 'operator' } as const;

describe('what differs', () => {
  const renamed = differenceOf({ kind: 'renamed', to: '/total', path: '/amount', logHarm: 30 });
  const added = differenceOf({ kind: 'added', effect: 'compatible', path: '/total', logHarm: 90 });
  const logged = differenceOf({
    kind: 'new-template',
    place: 'pay.Charge',
    path: 'card <*> \u001b[31mdeclined',
    canary: { count: 9, of: 412, bounds: null },
    stable: { count: 0, of: 3_690, bounds: null },
    logHarm: 20,
    firstSeen: null,
  });
  const viewWith = async (differences: readonly Difference[], parts: Partial<Verdict> = {}) => {
    const control = fakeControl();
    const start = { route: 'payments', canaryUrl: 'http://x/', version: 'v2', reason: 'release 2' };
    const { record } = await control.rollouts.start({ ...start, replace: false, force: false }, ADA);
    const { id } = record.rollout;
    control.happen(id, { kind: 'preflightPassed' });
    const verdict = verdictOf({ name: 'suspect', findings: [differingFinding(differences)], ...parts });
    const looked = {
      look: { agoMs: 3_000, overdueMs: 15_000, failures: 0, trouble: null },
      unrecorded: null,
      acts: [],
    };
    return rolloutView(control.see(id, { verdict }), looked);
  };
  const plain = (view: RolloutView, width: number) => renderRollout(view, { width, colour: false });
  const rowsOf = (text: string) => text.slice(text.indexOf('differs ')).split('\n');

  it('stands in three lines, what breaks clients first, with a way to the others', async () => {
    const view = await viewWith([added, differenceOf(), logged, renamed]);
    expect(rowsOf(plain(view, 80))).toEqual([
      'differs                                                          canary   stable',
      '/amount: renamed to /total, GET /orders/{id} 2xx                     0%     100%',
      'card <*>  [31mdeclined: new line, pay.Charge                      2.18%       0%',
      '/amount: gone, GET /orders/{id} 2xx                                  0%     100%',
      'and 1 more: serin explain payments',
    ]);
    expect(
      rowsOf(plain(view, 140))
        .slice(0, 3)
        .map((row) => row.split(/ {2,}/)),
    ).toEqual([
      ['differs', 'canary', 'stable', 'of', 'first seen'],
      ['/amount: renamed to /total, GET /orders/{id} 2xx', '0%', '100%', '412 / 3,690', '18:54:24'],
      ['card <*>', '[31mdeclined: new line, pay.Charge', '2.18%', '0%', '412 / 3,690', '-'],
    ]);
    expect(rowsOf(plain(await viewWith([renamed]), 80)).at(-1)).toBe(
      'rates, consumers and examples: serin explain payments',
    );
    expect(plain(await viewWith([]), 80)).not.toContain('differs ');
  });

  it('fits into every terminal', async () => {
    const view = await viewWith([differenceOf({ path: `/${'x'.repeat(300)}` }), renamed, added, logged]);
    for (const width of [48, 80, 109, 110, 140]) {
      expect(Math.max(...plain(view, width).split('\n').map(widthOf))).toBeLessThanOrEqual(width);
      expect(Math.max(...renderExplanation(view, width).split('\n').map(widthOf))).toBeLessThanOrEqual(width);
    }
  });

  it('is told whole by explain: both rates with their intervals, when, whom, and examples', async () => {
    const said = { consumers: [], examples: [{ track: 'canary' as const, text: 'card [redacted] declined' }] };
    const saidSo = { ...logged, seen: said };
    const view = await viewWith([added, { ...renamed, seen: SIGHTED }, saidSo]);
    expect(renderExplanation(view, 80).split('\n')).toEqual([
      'payments: v1 -> v2, internal at 0%',
      'suspect: undecided: 800 more canary requests are needed, about 4 minutes',
      '',
      'responseShape  the answers differ',
      '',
      '1.  /amount: renamed to /total, GET /orders/{id} 2xx (breaking)',
      '                  /amount is gone (0 of 412 answers against 3,690 of 3,690)',
      '    canary        0 of 412: 0 %, between 0 % and 1.2 %',
      '    stable        3,690 of 3,690: 100 %, between 99.8 % and 100 %',
      '    first seen    2026-11-30 18:54:24 UTC',
      '    consumers     acme',
      '    canary said   {"id":7,"total":12.5}',
      '    stable said   {"id":9,"amount":3}',
      '',
      '2.  card <*>  [31mdeclined: new line, pay.Charge (breaking)',
      '                  /amount is gone (0 of 412 answers against 3,690 of 3,690)',
      '    canary        9 of 412: 2.2 %',
      '    stable        0 of 3,690: 0 %',
      '    consumers     unknown: log lines do not say whose request it was',
      '    canary said   card [redacted] declined',
      '',
      '3.  /total: new, GET /orders/{id} 2xx (compatible)',
      '                  /amount is gone (0 of 412 answers against 3,690 of 3,690)',
      '    canary        0 of 412: 0 %, between 0 % and 1.2 %',
      '    stable        3,690 of 3,690: 100 %, between 99.8 % and 100 %',
      '    first seen    2026-11-30 18:54:24 UTC',
    ]);
    expect(renderExplanation(await viewWith([renamed]), 80)).toMatch(
      /\nno consumer and no example is known of these: Serin/,
    );
    expect(renderExplanation(await viewWith([logged]), 80)).toMatch(/\nno example is known of these: Serin remembers/);
    expect(renderExplanation(await viewWith([]), 80)).toMatch(/\nno difference is shown between/);
    expect(renderExplanation({ ...view, verdict: null }, 80)).toBe(
      'payments: v1 -> v2, internal at 0%: nothing was judged yet',
    );
  });

  it('of the internal phase is shown like that of traffic, by the panel and by explain', async () => {
    const view = await viewWith([], {
      reservations: [
        { kind: 'refuses', check: 'responseShape', reason: 'forced answers differ', differences: [renamed] },
        { kind: 'waits', check: 'logs', reason: 'logs: lines are waited for' },
      ],
    });
    expect(plain(view, 80)).toMatch(/\/amount: renamed to \/total, GET \/orders\/\{id\} 2xx +0% +100%\n/);
    const told = renderExplanation(view, 100);
    expect(told).toContain('responseShape  internal phase, takes the rollout back: forced answers differ');
    expect(told).toContain('logs           internal phase, waits: logs: lines are waited for');
    expect(told).toMatch(/\n1\. {2}\/amount: renamed to \/total.*\n +canary +0 of 412: 0 %, between 0 % and 1.2 %\n/s);
  });

  it('is told beside what the OpenAPI documents declare', async () => {
    const told = (place: string, says: string) =>
      ({
        told: 'seen-and-not-declared',
        kind: 'removed',
        effect: 'breaking',
        place,
        path: '/id',
        to: null,
        says,
      }) as const;
    const place = 'GET /orders/{id} 2xx';
    const differences = [told(place, '/id is gone'), told(place, `${place} is not declared any more`)];
    const declared = { state: 'compared' as const, says: '2 seen and not declared', differences };
    const view = { ...(await viewWith([renamed])), declared };
    const lines = [
      'OpenAPI: 2 seen and not declared',
      '    seen and not declared  GET /orders/{id} 2xx: /id is gone (breaking)',
      '    seen and not declared  GET /orders/{id} 2xx is not declared any more (breaking)',
    ];
    expect(renderExplanation(view, 100).split('\n').slice(-4)).toEqual(['', ...lines]);
    const unjudged = renderExplanation({ ...view, verdict: null }, 100);
    expect(unjudged.split('\n')).toEqual(['payments: v1 -> v2, internal at 0%: nothing was judged yet', '', ...lines]);
  });
});
