import type { VerdictName } from '../../src/judge/verdict.ts';
import { allNames } from '../../src/parity/each-check.ts';
import { code, table } from './table.ts';

/** Strongest first. */
const VERDICTS: Readonly<Record<VerdictName, readonly [asks: string, look: string]>> = {
  harmful: [
    'Is it the canary? Since when, and where?',
    '`get`: the row with the largest HARM; the line `worst:`; the access log of the canary since then',
  ],
  suspect: [
    'The same; evidence is between the two thresholds',
    'the same. It either grows to `harmful`, or fades and lets the step go on',
  ],
  'shared-fault': [
    'What hurts both versions?',
    'what they share: a database, a dependency, the network, the machine. Serin blames nobody and waits',
  ],
  blind: [
    'Why is nothing seen?',
    'the sentence names the source, the series or the check; `serin validate --online`, `serin doctor`',
  ],
  undecided: [
    'What is still missing?',
    'the sentence: requests and time, or what is wanted of a person; the rows of `get` without parity',
  ],
  'at-parity': ['Why does it not go on?', '`get`: the dwell, the gates, a pause; see below'],
};

export function verdictsTable(): string {
  const rows = Object.entries(VERDICTS).map(([name, cells]) => [code(name), ...cells]);
  return table(['verdict', 'the question', 'where the answer is'], rows);
}

const CHECKS: Readonly<Record<string, readonly [what: string, does: string]>> = {
  errors: [
    'the share of requests that failed: `checks.errors.statuses`, or no complete answer',
    'rolls back; has to show parity',
  ],
  unanswered: [
    'requests that are overdue without an answer, or that clients left before anything of one was sent to them',
    'rolls back',
  ],
  clientErrors: ['the share of 4xx answers', 'holds, and rolls back far more of them; has to show parity'],
  content: [
    'errors in the body, of the answers that were read: `checks.errors.when`',
    'rolls back; has to show parity; only holds where keys are sticky',
  ],
  'content:unfinished': [
    'event streams that ended without their last event: `checks.streams.end`',
    'rolls back; has to show parity; only holds where keys are sticky',
  ],
  'content:partial': ['GraphQL answers with data and errors', 'holds; has to show parity once there was one'],
  'content:unread': [
    'answers that could not be read, of those that should have been',
    'holds; has to show parity once there was one',
  ],
  empty: [
    'the share of 2xx answers without content, but to HEAD',
    'holds, and rolls back where most answers are empty now; has to show parity',
  ],
  redirects: ['the share of redirects', 'as `empty`'],
  unmodified: ['the share of 304 answers', 'as `empty`'],
  withContent: ['the share of 2xx answers with content', 'holds, and rolls back where most answers have content now'],
  otherAnswers: ['the share of answers that are no 2xx, 3xx, 4xx or error', 'as `empty`'],
  p50: ['the median latency', 'rolls back; has to show parity'],
  p95: ['the latency that 95 % of the answers keep', 'rolls back; has to show parity'],
  p99: ['the latency that 99 % of the answers keep', 'rolls back; has to show parity'],
  dominance: ['the whole distribution of latencies', 'rolls back'],
  'slower:MS': ['the share of answers slower than a boundary of a classic histogram', 'rolls back; has to show parity'],
  'query:NAME': ['a value that you query', 'as its `action` says'],
  'guard:NAME': ['an absolute limit of `guards`', 'rolls back'],
  silence: ['a canary that gets requests and reports none', 'blind; paused and paged when it lasts'],
};

/** Every check of the list by the name that a reader knows, so that none is left out. */
export function checksTable(): string {
  const names = allNames().flatMap(({ listed, open }) => [...listed, ...(open === undefined ? [] : [open.form])]);
  for (const name of names.map((listed) => listed.replace(/^guard:.*/, 'guard:NAME'))) {
    if (!Object.hasOwn(CHECKS, name)) throw new Error(`the check ${name} is not described`);
  }
  const rows = Object.entries(CHECKS).map(([name, cells]) => [code(name), ...cells]);
  return table(['CHECK', 'compares', 'what it can do'], rows);
}

/** Beginnings of sentences of the judge, and what to do; a test finds each in the code. */
export const REASONS: readonly (readonly [says: string, todo: string])[] = [
  ['nothing has been measured yet', 'wait for a look, or send traffic; with a source, `serin validate --online`'],
  [
    'only forced requests reach the canary',
    'the internal phase: send `internal.requests` with the force header, pass the gates',
  ],
  ['only listed consumers reach the canary', 'a consumer step: move them, then `serin advance`'],
  ['the canary serves everybody', 'the bake: wait for its dwell'],
  ['the split of this step has not been seen applied yet', '`/readyz` and `splitNotApplied` in the log'],
  ['no canary traffic yet', 'does the route get requests at all? `serin doctor --try URL`'],
  [
    'canary gets no traffic',
    'far fewer than the weight says: sticky keys of few clients, consumer rules, another router',
  ],
  ['not judged while the canary warms up', 'latencies of the first `judge.warmUp` do not count; errors do'],
  [
    'more canary requests',
    'wait; `serin plan` says how long a step takes. A larger weight or a wider parity margin is quicker',
  ],
  [
    'so far outside the parity margin',
    'the canary looks worse, and there is too little evidence to say so: wait, or look at it now',
  ],
  [
    'earlier in this rollout, which still holds it',
    '4xx answers rose before; if they were meant to, `serin skip payments clientErrors`',
  ],
  ['is skipped or reports only: a person ends this step', 'no check is left that could show parity: `serin advance`'],
  ['every check is at parity, and the step lasts at least', 'wait: `judge.minStep`'],
  ['nothing new has been measured for', 'the traffic or the source has stopped'],
  [
    'the evidence was begun anew',
    'this version of Serin cannot read what the one before remembered: wait, the evidence gathers again',
  ],
];

export function reasonsTable(): string {
  return table(
    ['the sentence says', 'what to do'],
    REASONS.map(([says, todo]) => [`… ${says} …`, todo]),
  );
}
