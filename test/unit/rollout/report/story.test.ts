import { describe, expect, it } from 'vitest';
import { whatHappenedIn } from '../../../../src/rollout/report/happened.ts';
import { leadOf, reportTitle } from '../../../../src/rollout/report/lead.ts';
import {
  ANSWERS,
  byAda,
  HARM,
  HARMED,
  IN_STEP,
  type Played,
  PROMOTED,
  played,
  STEP_PASSED,
} from '../../../support/played-rollout.ts';
import { policyOf, T0 } from '../../../support/rollouts.ts';

const told = (plays: readonly Played[], ...more: [Parameters<typeof played>[1]?, 'none'?]) => {
  const parts = played(plays, ...more);
  return [reportTitle(parts), leadOf(parts)];
};
const AT = 'On 1 January 2026 at 00:04:00 UTC';

describe('the first sentence of a report', () => {
  it.each([
    [
      'rolled back by the judge',
      [...IN_STEP, HARMED],
      'payments v2 was rolled back at 10 %',
      `${AT} Serin rolled payments back from v2 to v1 at 10 %: ${HARM}.`,
    ],
    [
      'rolled back by a person',
      [...IN_STEP, byAda({ kind: 'rolledBack' }, 'The carts are empty!')],
      'payments v2 was rolled back at 10 %',
      `${AT} ada rolled payments back from v2 to v1 at 10 %: “The carts are empty!”`,
    ],
    [
      'refused in the internal phase',
      [ANSWERS, { event: { kind: 'internalFailed', reason: '2 of 5 failed' } }],
      'payments v2 was rolled back in the internal phase',
      'On 1 January 2026 at 00:02:00 UTC Serin rolled payments back from v2 to v1 in the internal phase: 2 of 5 failed.',
    ],
    [
      'aborted by a person',
      [...IN_STEP, byAda({ kind: 'aborted' })],
      'payments v2 was aborted at 10 %',
      `${AT} ada aborted the rollout of v2 on payments at 10 %, and nobody is blamed: “lunch”.`,
    ],
    [
      'taken back without blame',
      [...IN_STEP, { event: { kind: 'canaryBraked', reason: 'keys failed', blames: 'nobody' } }],
      'payments v2 was taken back at 10 %, and nobody is blamed',
      `${AT} Serin took v2 of payments back at 10 % and blamed nobody: keys failed.`,
    ],
    [
      'refused before it began',
      [{ event: { kind: 'preflightRefused', reason: 'it does not answer' } }],
      'payments v2 was taken back in preflight, and nobody is blamed',
      'On 1 January 2026 at 00:01:00 UTC Serin took v2 of payments back in preflight and blamed nobody: it does not answer.',
    ],
    [
      'superseded',
      [...IN_STEP, byAda({ kind: 'superseded', by: 'v3' }, 'hotfix')],
      'payments v2 was superseded at 10 %',
      `${AT} the rollout of v2 on payments gave way at 10 % to v3, which ada started: “hotfix”.`,
    ],
    [
      'finalised',
      [...IN_STEP, PROMOTED, { event: { kind: 'rolloutFinalised', reason: 'the canary is the stable now' } }],
      'payments v2 became the stable',
      'On 1 January 2026 at 00:05:00 UTC v2 became the stable of payments in place of v1, finalised by Serin: the canary is the stable now. It was promoted to 100 % on 1 January 2026 at 00:04:00 UTC by ada: “shown”.',
    ],
    [
      'finalised by a person',
      [...IN_STEP, PROMOTED, byAda({ kind: 'finalisedByHand' }, 'kept')],
      'payments v2 became the stable',
      'On 1 January 2026 at 00:05:00 UTC v2 became the stable of payments in place of v1, finalised by ada: “kept”. It was promoted to 100 % on 1 January 2026 at 00:04:00 UTC by ada: “shown”.',
    ],
    [
      'promoted, and not final',
      [...IN_STEP, PROMOTED],
      'payments v2 is promoted',
      'v2 of payments is promoted, and not the stable yet. It was promoted to 100 % on 1 January 2026 at 00:04:00 UTC by ada: “shown”.',
    ],
    [
      'running',
      IN_STEP,
      'payments v2 runs, in the 10 % step',
      'On 1 January 2026 at 00:03:00 UTC the rollout of v2 on payments was in the 10 % step: 5 forced requests, 0 failed.',
    ],
    [
      'paused',
      [...IN_STEP, byAda({ kind: 'paused' })],
      'payments v2 runs, paused by ada, in the 10 % step',
      `${AT} the rollout of v2 on payments was in the 10 % step, paused by ada: “lunch”.`,
    ],
  ] satisfies readonly [string, readonly Played[], string, string][])('of one that is %s', (_, plays, title, lead) => {
    expect(told(plays)).toEqual([title, lead]);
  });

  it('claims nothing where Serin moves no traffic', () => {
    const [title, lead] = told([...IN_STEP, HARMED], policyOf(), 'none');
    expect([title, lead]).toEqual([
      'payments v2 was advised against at 10 %, and its rollout ended',
      `${AT} Serin ended the rollout of v2 on payments at 10 %, and advised to take all traffic off it; Serin does not move the traffic of this route: ${HARM}.`,
    ]);
  });
});

describe('what happened', () => {
  it('is every entry of the audit with the pages that it sent, the oldest first', () => {
    const happened = whatHappenedIn(
      played([...IN_STEP, byAda({ kind: 'weightSet', canaryBps: 500 }), STEP_PASSED, HARMED]),
    );
    expect(happened.map(({ title, says, by }) => [title, by?.name ?? null, says])).toEqual([
      ['started', 'ci', '“release 2”'],
      ['preflight -> internal', 'ci', '“release 2”'],
      ['gate integration-tests passed', 'ada', '“green”'],
      ['internal -> 10 %', 'serin', '5 forced requests, 0 failed'],
      ['10 % -> 5 %, weight set', 'ada', '“lunch”'],
      ['5 % -> 50 %', 'serin', 'errors within 25 %'],
      ['50 % -> 0 %, rolled back', 'serin', HARM],
      ['paged: pager', null, 'taken after 0.4 s'],
    ]);
    expect(happened[0]).toMatchObject({ at: T0, entry: { seq: 4_117, event: 'rolloutStarted' } });
  });

  it('keeps the order of the audit where the clock was set back', () => {
    const parts = played([...IN_STEP, HARMED]);
    const audit = parts.audit.map((entry, index) => (index < 4 ? entry : { ...entry, at: T0 - 5_000 }));
    const messages = parts.messages.map((message) => ({ ...message, at: T0 - 5_000, deliveredAt: T0 - 4_600 }));
    const happened = whatHappenedIn({ ...parts, audit, messages });
    expect(happened.map(({ kind }) => kind)).toEqual([...audit.map(() => 'decision'), 'page']);
    expect(happened.at(-2)?.title).toBe('10 % -> 0 %, rolled back');
  });
});
