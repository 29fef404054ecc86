import { describe, expect, it } from 'vitest';
import { look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import { forcedLogsCheck } from '../../../src/parity/internal/forced-logs-check.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import type { Block } from '../../../src/stats/block.ts';
import { type LogCounts, type LogPair, MOST_TEMPLATES } from '../../../src/stats/logs/log-counts.ts';
import { forcedEventsFor, forcedThreshold } from '../../../src/stats/rates/forced-share.ts';
import { blockOf, inputOf, tallyOf } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

const INTERNAL: StepContext = { kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 };
const PASSED =
  'logs: no error that the stable never logs is in as many of 20 forced and mirrored requests as hold the canary (10)';
const DECLINED = 'error pay.Charge: card <*> declined';
type Terms = Exclude<NonNullable<Parameters<typeof judgePolicy>[0]>['checks'], undefined>['logs'];

function logsOf(templates: Readonly<Record<string, number>>): LogCounts {
  const lines = Object.values(templates).reduce((sum, count) => sum + count, 0);
  const levels = { error: lines, warn: 0, info: 0, debug: 0 };
  const other = { templates: 0, fields: 0, calls: 0 };
  return { lines, malformed: 0, levels, templates, fields: {}, calls: {}, other };
}

/** The forced requests come in the first block, five in each of four; then `quiet` blocks of five seconds. */
function said(
  logs: readonly LogPair[],
  terms: Terms = {},
  parts: Partial<Parameters<typeof inputOf>[1]> = {},
  first: Partial<Block> = {},
) {
  const policy: Policy = judgePolicy({ checks: { logs: terms } });
  const blocks = logs.map((pair, index) =>
    blockOf({
      startedAt: index * 5_000,
      durationMs: 5_000,
      canaryBps: 0,
      forced: { stable: tallyOf(0), canary: tallyOf(index < 4 ? 5 : 0) },
      logs: pair,
      ...(index < 4 ? first : {}),
    }),
  );
  const { verdict } = look(policy, openJudgement(policy), inputOf(blocks, { step: INTERNAL, ...parts }));
  return verdict.reservations?.filter(({ check }) => check === 'logs');
}

const quiet: LogPair = { stable: logsOf({}), canary: logsOf({}) };
const many = (count: number, pair: LogPair) => Array.from({ length: count }, () => pair);
const declining = { stable: logsOf({}), canary: logsOf({ [DECLINED]: 5 }) };

describe('logs in the internal phase', () => {
  it('hold where the canary logs an error that the stable never logs, and name it', () => {
    expect(said(many(4, declining))).toEqual([
      {
        kind: 'holds',
        check: 'logs',
        reason:
          'canary logs errors that the stable never logs, in 20 forced and mirrored requests: error pay.Charge "card <*> declined" (20)',
        differences: [
          {
            kind: 'new-template',
            effect: 'breaking',
            place: 'pay.Charge',
            path: DECLINED,
            to: null,
            canary: { count: 20, of: 20, bounds: { low: expect.closeTo(0.776, 3), high: 1 } },
            stable: { count: 0, of: 3_600, bounds: { low: 0, high: expect.closeTo(0, 1) } },
            logHarm: expect.any(Number),
            firstSeen: 5_000,
            sighting: `log template ${DECLINED}`,
            says: 'error pay.Charge "card <*> declined" is new: 20 lines in 20 forced and mirrored requests, the stable had none in 3,600',
          },
        ],
      },
    ]);
  });

  it('remember when they came first, also where the clock is set', () => {
    expect(said([quiet, ...many(3, declining)])).toMatchObject([{ differences: [{ firstSeen: 10_000 }] }]);
    const state = {
      requests: { canary: 5, stable: 400 },
      forced: 5,
      canary: { [DECLINED]: 5 },
      stable: {},
      firstSeen: { [DECLINED]: 5_000 },
      askedAt: null,
      until: 5_000,
    };
    expect(forcedLogsCheck.move?.(state, 1_000)).toEqual({ ...state, firstSeen: { [DECLINED]: 6_000 }, until: 6_000 });
  });

  it('only tell where the policy says so', () => {
    expect(said(many(4, declining), { newErrors: 'report' })).toMatchObject([
      { kind: 'tells', differences: [{ effect: 'compatible' }] },
    ]);
    expect(said(many(8, declining), { expect: [{ template: 'declined' }] })).toMatchObject([{ kind: 'tells' }]);
  });

  it('wait for the lines of the last forced requests, and then let it pass', () => {
    expect(said(many(3, quiet))).toMatchObject([
      { kind: 'waits', reason: 'logs: forced requests are waited for, 15 of 20 have come' },
    ]);
    expect(said(many(6, quiet))).toMatchObject([
      { kind: 'waits', reason: 'logs: the lines of the last forced requests are waited for' },
    ]);
    expect(said(many(7, quiet))).toEqual([{ kind: 'tells', check: 'logs', reason: PASSED }]);
  });

  it('say nothing against what the stable has logged, or what came in a few requests', () => {
    const both = { stable: logsOf({ [DECLINED]: 1 }), canary: logsOf({ [DECLINED]: 5 }) };
    expect(said(many(8, both))).toMatchObject([{ kind: 'tells' }]);
    const starting = { stable: logsOf({}), canary: logsOf({ 'error db: connection refused': 3 }) };
    expect(said([starting, ...many(7, quiet)])).toMatchObject([
      { kind: 'tells', reason: `${PASSED}; in fewer: error db "connection refused" (3)` },
    ]);
  });

  it('hold where it is in so many of the requests, which the sentence names', () => {
    const declinedIn = (count: number) => {
      const each = Array.from({ length: 4 }, (_, at) => Math.min(5, Math.max(0, count - at * 5)));
      const blocks = each.map((lines) => ({
        stable: logsOf({}),
        canary: logsOf(lines > 0 ? { [DECLINED]: lines } : {}),
      }));
      return said([...blocks, ...many(4, quiet)]);
    };
    expect(declinedIn(10)).toMatchObject([{ kind: 'holds' }]);
    expect(declinedIn(9)).toMatchObject([
      { kind: 'tells', reason: `${PASSED}; in fewer: error pay.Charge "card <*> declined" (9)` },
    ]);
    expect(
      [4, 5, 22, 100, 500].map((requests) => forcedEventsFor(forcedThreshold(MOST_TEMPLATES), requests, 0)),
    ).toEqual([null, 5, 11, 32, 139]);
  });

  it('say that nothing came, which is not the same as nothing to say', () => {
    expect(said(many(8, { stable: logsOf({}), canary: null }))).toMatchObject([
      { kind: 'tells', reason: 'logs: nothing of the canary has come, so nothing was compared' },
    ]);
  });

  it('are not waited for where nobody ever sent any and the policy does not insist', () => {
    expect(said(many(1, { stable: null, canary: null }), { unsent: 'report' })).toEqual([
      { kind: 'tells', check: 'logs', reason: 'logs: nobody sends those of this route, so nothing was compared' },
    ]);
    expect(said(many(1, { stable: null, canary: null }))).toMatchObject([{ kind: 'waits' }]);
  });

  it('of a start or a loop, which nobody asked for, are of no more requests than there were', () => {
    const looping = (lines: number) => ({ stable: logsOf({}), canary: logsOf({ [DECLINED]: lines }) });
    const idle = logsOf({});
    const none = { stable: idle, canary: idle };
    // 20 lines in one block of five requests, and 50 in those without any.
    expect(said([looping(20), none, none, none, ...many(8, looping(50))])).toMatchObject([
      { kind: 'tells', reason: `${PASSED}; in fewer: error pay.Charge "card <*> declined" (5)` },
    ]);
  });

  it('are left out of blocks whose lines were not all read, and that is said', () => {
    const unread: LogPair = { ...declining, incomplete: true };
    expect(said([...many(4, unread), ...many(3, quiet)])).toEqual([
      {
        kind: 'tells',
        check: 'logs',
        reason: 'logs: nothing was compared; 4 blocks left out, of which not all lines could be read',
      },
    ]);
    expect(said([unread, ...many(3, declining)])).toMatchObject([
      { kind: 'holds', reason: /in 15 forced .* \(15\); 1 block left out, of which not all lines could be read$/ },
    ]);
  });

  it('are not waited for where the clients of forced requests left', () => {
    const left = { forced: { stable: tallyOf(0), canary: { ...tallyOf(0), unanswered: 5 } } };
    expect(said(many(7, quiet), {}, {}, left)).toMatchObject([{ kind: 'tells' }]);
  });

  it('are not looked at where the check is skipped, or nothing is taken', () => {
    expect(said(many(4, declining), {}, { skippedChecks: ['logs'] })).toBeUndefined();
  });
});
